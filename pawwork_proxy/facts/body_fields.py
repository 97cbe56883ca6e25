"""Names in request bodies and queries: which are known, and which hold what may identify."""

from __future__ import annotations

from pawwork_proxy.facts import words
from pawwork_proxy.facts.fields import FieldFact
from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.facts.table import Words, lazily, read, rows, word_lists

BODY_FIELDS: Words
IDENTITY_FIELDS: dict[str, Kind]
"""Top-level fields whose value, or whose members if it is an object, become pseudonyms."""
METADATA_NAMES: Words
QUERY_NAMES: Words
QUERY_CREDENTIALS: Words
TOOL_NAMES: Words
ROLES: Words

__getattr__ = lazily(
    globals(),
    BODY_FIELDS=lambda: word_lists("fields")["body_fields"],
    IDENTITY_FIELDS=lambda: {
        row.name: row.namespace for row in rows(FieldFact, "fields", "body") if row.namespace
    },
    METADATA_NAMES=lambda: word_lists("fields")["metadata_names"],
    QUERY_NAMES=lambda: frozenset(read("fields")["query"]),
    QUERY_CREDENTIALS=lambda: frozenset(read("fields")["query_credentials"]),
    TOOL_NAMES=lambda: words.TOOL_NAMES,
    ROLES=lambda: words.ROLES,
)
