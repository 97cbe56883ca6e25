"""Reads the simulator's data files in `data/`, and makes closed lists of words from them."""

from collections.abc import Iterable
from functools import partial

from pydantic import GetPydanticSchema
from pydantic_core import core_schema

from pawwork_proxy.facts.table import read

read_table = partial(read, package=__package__)
"""The content of `data/NAME.toml`, by its name."""


def one_of(words: Iterable[str]) -> GetPydanticSchema:
    """In `Annotated[str, one_of(table)]`: validates as a `Literal` of the table's keys would.

    The table is the only list of its words: there is no `Literal` to keep in step with it.
    """
    schema = core_schema.literal_schema(list(words))
    return GetPydanticSchema(lambda _, __: schema)
