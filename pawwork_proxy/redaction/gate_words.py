"""What counts as our own words for the taint gate: the vocabularies and the schema's own names.

A record may hold these however often the raw exchange holds them too. Words of fewer than three
letters do not count: they would split a secret into harmless-looking pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from pawwork_proxy.facts.vocabulary import kept_words
from pawwork_proxy.model.capture import Line

_WORD = re.compile(r"[A-Za-z]+(?:_[a-z]+)*")
_SHORTEST = 3


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


def _letters(texts: Iterable[str]) -> Iterator[str]:
    """Each text's words, whole and in their parts."""
    for text in texts:
        for word in _WORD.findall(text):
            for part in (word, *word.split("_")):
                if len(part) >= _SHORTEST:
                    yield part.lower()


SCHEMA_NAMES: frozenset[str] = frozenset(_schema_names(Line, set()))
OWN_WORDS: frozenset[str] = frozenset(_letters((*SCHEMA_NAMES, *kept_words())))
