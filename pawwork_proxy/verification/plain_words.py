"""Words that a record is made of: the schema's own names and the vocabularies.

The scan uses them for one question only: is this text made of words nobody taught us?
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pawwork_proxy.facts import (
    answers,
    body_fields,
    errors,
    finish_reasons,
    forms,
    headers,
    http,
    kinds,
    models,
    pages,
    phrases,
    providers,
    user_agents,
    words,
)
from pawwork_proxy.model.capture import LINE
from pawwork_proxy.model.manifest import MANIFEST, README, SUMMARY, Manifest, Summary
from pawwork_proxy.outcomes.client_behaviour import FAILURES
from pawwork_proxy.outcomes.rules import RULES

_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _of_schema(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _of_schema(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "properties" and isinstance(value, dict):
                yield from value
            if name in ("const", "enum"):
                yield from value if isinstance(value, list) else [value]
            yield from _of_schema(value)


def _words(texts: Iterable[object]) -> Iterator[str]:
    for text in texts:
        yield from (word.lower() for word in _LETTERS.findall(str(text)))


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
    word
    for vocabulary in (
        SCHEMA_WORDS,
        words.API_WORDS,
        words.ROUTE_WORDS,
        models.MODEL_IDS,
        models.MODEL_WORDS,
        user_agents.PRODUCTS,
        user_agents.PRERELEASES,
        headers.HEADERS,
        headers.HEADER_WORDS,
        headers.FEATURES,
        user_agents.PLATFORMS,
        http.MEDIA_TYPES,
        http.SERVERS,
        http.CACHE_DIRECTIVES,
        http.CODINGS,
        http.KNOWN_HOSTS,
        answers.CLIENTS,
        answers.REASONING_EFFORTS,
        body_fields.BODY_FIELDS,
        body_fields.IDENTITY_FIELDS,
        body_fields.METADATA_NAMES,
        body_fields.QUERY_NAMES,
        body_fields.ROLES,
        body_fields.TOOL_NAMES,
        errors.ZEN_TYPES,
        errors.VENDOR_TYPES,
        errors.GOOGLE_STATUSES,
        finish_reasons.FINISHED,
        finish_reasons.FAILED,
        providers.PROVIDERS,
        http.CHARSETS,
        http.CONNECTION_OPTIONS,
        http.LANGUAGES,
        http.SCRIPTS,
        http.FETCH_WORDS,
        http.EDGE_WORDS,
        http.METHODS,
        http.PROTOCOL_VERSIONS,
        [MANIFEST, README, SUMMARY, "captures/.jsonl"],
        [row.kind for row in kinds.KINDS],
        [rule.id for rule in RULES],
        [place for rule in RULES for place in rule.places],
        [word for row in FAILURES for word in (row.kind, row.user_sees)],
        [mark for mark, _ in pages.EDGE_MARKS],
        errors.Sense,
        _RULES_AND_PLACES.split(),
        forms.FORMS,
        [phrase.id for phrase in phrases.PHRASES],
    )
    for word in _words(vocabulary)
)
