"""Words that a record is made of: the schema's own names and the vocabularies.

The scan uses them for one question only: does this text contain words that are in no list?
"""

import re
from collections.abc import Iterable, Iterator

from pawwork_proxy.facts.client_behaviour import FAILURES
from pawwork_proxy.facts.vocabulary import known_words
from pawwork_proxy.model.capture import LINE
from pawwork_proxy.model.manifest import MANIFEST, README, SUMMARY, Manifest, Summary
from pawwork_proxy.outcomes.rules import RULES

_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUN = re.compile(r"[0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*")


def _of_schema(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _of_schema(item)
    elif isinstance(node, dict):
        yield from (*node.get("properties", ()), *node.get("enum", ()))
        yield from [node["const"]] if "const" in node else []
        for value in node.values():
            yield from _of_schema(value)


def _words(texts: Iterable[object]) -> Iterator[str]:
    """Each text's runs of letters and digits, and the words of letters in them."""
    for text in map(str, texts):
        yield from (run.lower() for run in _RUN.findall(text))
        yield from (word.lower() for word in _LETTERS.findall(text))


SCHEMA_WORDS: frozenset[str] = frozenset(
    name
    for schema in (LINE.json_schema(), Manifest.model_json_schema(), Summary.model_json_schema())
    for name in map(str, _of_schema(schema))
)
_RULES_AND_PLACES = """
    credential drop address identity content not kept unknown field features charset cut managed
    config file env dsh place
"""
"""What records call the rules that dropped a value, and the places of keys; redaction's own lists
are out of bounds for a verifier."""
PLAIN_WORDS: frozenset[str] = frozenset(
    _words(
        (
            *SCHEMA_WORDS,
            *known_words(),
            *(MANIFEST, README, SUMMARY, "captures/.jsonl"),
            *(word for rule in RULES for word in (rule.id, *rule.when.places)),
            *(word for row in FAILURES for word in (row.kind, row.user_sees)),
            *_RULES_AND_PLACES.split(),
        )
    )
)
