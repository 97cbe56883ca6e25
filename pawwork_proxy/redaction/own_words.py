"""What counts as our own words for the taint gate: the closed lists and the schema's own names.

A record may hold these however often the raw exchange holds them too. Words of fewer than three
letters do not count: they would split a secret into harmless-looking pieces.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.facts.vocabulary import kept_words
from pawwork_proxy.model.capture import Line

_SHORTEST = 3
_WORD = re.compile(r"[0-9a-z]+")


def _schema_names(of: object, seen: set[type]) -> Iterator[str]:
    """Field names and fixed values of a type of the record, and of all that it is made of."""
    if isinstance(of, type) and issubclass(of, BaseModel):
        if of not in seen:
            seen.add(of)
            for name, field in of.model_fields.items():
                yield name
                yield from _schema_names(field.annotation, seen)
    elif isinstance(of, type) and issubclass(of, Enum):
        yield from (str(member.value) for member in of)
    elif get_origin(of) is Literal:
        yield from (value for value in get_args(of) if isinstance(value, str))
    else:
        for part in get_args(of):
            yield from _schema_names(part, seen)


SCHEMA_NAMES: frozenset[str] = frozenset(_schema_names(Line, set()))
OWN_WORDS: frozenset[str] = frozenset(
    word
    for text in (*SCHEMA_NAMES, *kept_words())
    for word in _WORD.findall(text.lower())
    if len(word) >= _SHORTEST and not word.isdigit()
)
HARMLESS = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)"
    r"|20[12]\d-?[01]\d-?[0-3]\d(?:[0-2]\d[0-5]\d)?"
    r"|(?<=;)q=[01](?:\.\d{1,3})?"
    r")(?![0-9A-Za-z])"
)
"""Times and quality values."""
_HTTP = word_lists("http")
_SHORT = "|".join(map(re.escape, [*_HTTP["codings"], *_HTTP["connection_options"], "*/*"]))
_ITEM = (
    rf"(?:{_SHORT}|(?:{'|'.join(_HTTP['languages'])})(?:-(?:{'|'.join(_HTTP['scripts'])}))?"
    r"(?:-(?:[a-z]{2}|001|150|419))?)"
    r"(?:;q=[01](?:\.\d{1,3})?)*"
)
LISTED = re.compile(rf"(?i){_ITEM}(?:, {_ITEM})*")
"""Lists of languages, codings and the like: each item is known, but too short for a word."""
