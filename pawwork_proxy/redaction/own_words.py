"""What counts as our own words for the taint gate: the closed lists and the schema's own names.

A record may hold these however often the raw exchange holds them too. Words of fewer than three
letters do not count: they would split a secret into harmless-looking pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pawwork_proxy.facts.http import CODINGS, CONNECTION_OPTIONS, LANGUAGES, SCRIPTS
from pawwork_proxy.facts.vocabulary import kept_words
from pawwork_proxy.model.capture import LINE

_SHORTEST = 3
_WORD = re.compile(r"[0-9a-z]+")


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
                values = value if isinstance(value, list) else [value]
                yield from (item for item in values if isinstance(item, str))
            yield from _schema_names(value)


SCHEMA_NAMES: frozenset[str] = frozenset(_schema_names(LINE.json_schema()))
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
_SHORT = "|".join(map(re.escape, [*CODINGS, *CONNECTION_OPTIONS, "*/*"]))
_ITEM = (
    rf"(?:{_SHORT}|(?:{'|'.join(LANGUAGES)})(?:-(?:{'|'.join(SCRIPTS)}))?(?:-(?:[a-z]{{2}}|001|150|419))?)"
    r"(?:;q=[01](?:\.\d{1,3})?)*"
)
LISTED = re.compile(rf"(?i){_ITEM}(?:, {_ITEM})*")
"""Lists of languages, codings and the like: each item is known, but too short for a word."""
