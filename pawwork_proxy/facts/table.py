"""Reads the data files in `data/`: each row becomes a frozen value that knows where it comes from.

A file begins with `source`, `date` and `confidence`; they hold for every row that does not say
otherwise. A table is a list of rows (`[[table]]`) or has a name for each row (`[table.name]`, or
`name = { ... }` below `[table]`). A file is read when the
module of its noun is imported, so a command loads the tables that it needs and no others.
"""

import datetime
import pkgutil
import re
import tomllib
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, ValidationError

from pawwork_proxy.model.base import Noun

Confidence = Literal["S", "W", "D", "R", "I"]
"""Read in source, measured by us, documented by its makers, reported by others, inferred."""
Words = frozenset[str]


def _words(value: object) -> object:
    return value.split() if isinstance(value, str) else value


def _any_case(value: object) -> object:
    """A row may write one expression, or a list of which one has to match."""
    expression = "|".join(value) if isinstance(value, list) else value
    return re.compile(expression, re.IGNORECASE) if isinstance(expression, str) else value


WordSet = Annotated[Words, BeforeValidator(_words)]
"""Words between spaces and line ends."""
InOrder = Annotated[tuple[str, ...], BeforeValidator(lambda text: tuple(text.split()))]
"""Words between spaces, of which the first counts most."""
AnyCase = Annotated[re.Pattern[str], BeforeValidator(_any_case)]
"""A regular expression that matches in any case."""


class Fact(Noun):
    """One row of a data file."""

    source: tuple[str, ...]
    """Ids in `sources.toml`."""
    date: datetime.date
    """When the statement was last looked at."""
    confidence: Confidence


class WordList(Fact):
    """Words of one sort."""

    name: str
    what: str
    own: bool = False
    """Whether the taint gate counts them as our own words."""
    words: WordSet


FactRow = TypeVar("FactRow", bound=Fact)


@cache
def read(file: str, package: str = __package__, folder: str = "data") -> dict[str, Any]:
    """The content of a data file of this package, or of another that has such a folder."""
    data = pkgutil.get_data(package, f"{folder}/{file}.toml")
    assert data is not None
    return tomllib.loads(data.decode("utf-8"))


def rows(of: type[FactRow], file: str, table: str) -> tuple[FactRow, ...]:
    """The rows of a table, in order; ValueError says in words what is wrong with which row."""
    return rows_in(of, read(file), table, f"{file}.toml")


def rows_in(
    of: type[FactRow], content: dict[str, Any], table: str, where: str
) -> tuple[FactRow, ...]:
    """The rows of a table in the content of a file that is called `where`."""
    origin = {name: content[name] for name in ("source", "date", "confidence") if name in content}
    raw = content.get(table, {})
    named = raw.items() if isinstance(raw, dict) else enumerate(raw, 1)
    found = []
    for name, row in named:
        own = {"name": name} if isinstance(raw, dict) else {}
        try:
            found.append(of.model_validate({**origin, **own, **row}))
        except ValidationError as error:
            raise ValueError(f"{where}, row {name} of '{table}': {_in_words(error)}") from None
    return tuple(found)


def _in_words(error: ValidationError) -> str:
    return "; ".join(
        f"'{'.'.join(map(str, one['loc']))}': {_PLAIN.get(one['type'], one['msg'])}"
        for one in error.errors(include_input=False)
    )


_PLAIN = {"missing": "is missing", "extra_forbidden": "is not a column of this table"}


@cache
def word_lists(file: str) -> dict[str, Words]:
    """The word lists of a file by name."""
    return {row.name: row.words for row in rows(WordList, file, "words")}
