"""What counts as our own words for the taint gate: the vocabularies and the schema's own names.

A record may hold these however often the raw exchange holds them too. Words of fewer than three
letters do not count: they would split a secret into harmless-looking pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pawwork_proxy.facts.vocabulary import kept_words
from pawwork_proxy.model.capture import LINE

_WORD = re.compile(r"[A-Za-z]+(?:_[a-z]+)*")
_SHORTEST = 3


def _schema_names(node: object) -> Iterator[str]:
    """Field names and fixed values of a JSON schema."""
    if isinstance(node, list):
        for item in node:
            yield from _schema_names(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "properties" and isinstance(value, dict):
                yield from value
            if name in ("const", "enum"):
                yield from (item for item in _as_list(value) if isinstance(item, str))
            yield from _schema_names(value)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _letters(texts: Iterable[str]) -> Iterator[str]:
    """Each text's words, whole and in their parts."""
    for text in texts:
        for word in _WORD.findall(text):
            for part in (word, *word.split("_")):
                if len(part) >= _SHORTEST:
                    yield part.lower()


SCHEMA_NAMES: frozenset[str] = frozenset(_schema_names(LINE.json_schema()))
OWN_WORDS: frozenset[str] = frozenset(_letters((*SCHEMA_NAMES, *kept_words())))
