"""Reads the simulator's data files in `data/`, and makes closed lists of words from them."""

from collections.abc import Iterable
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from pawwork_proxy.facts.table import read


def read_table(name: str) -> dict[str, Any]:
    """The content of `data/NAME.toml`."""
    return read(name, __package__)


class OneOf:
    """In `Annotated[str, OneOf(table)]`: validates as a `Literal` of the table's keys would.

    The table is the only list of its words: there is no `Literal` to keep in step with it.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = list(words)

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        """Called by pydantic."""
        return core_schema.literal_schema(self._words)
