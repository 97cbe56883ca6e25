"""Names in request bodies and queries: which are known, and which hold what may identify."""

from __future__ import annotations

from pawwork_proxy.facts.fields import FIELD_FACTS
from pawwork_proxy.facts.table import Words, read, word_lists

_LISTS = word_lists("fields")
BODY_FIELDS = _LISTS["body_fields"]
METADATA_NAMES = _LISTS["metadata_names"]
IDENTITY_FIELDS = {row.name: row.namespace for row in FIELD_FACTS["body"] if row.namespace}
"""Top-level fields whose value, or whose members if it is an object, become pseudonyms."""
QUERY_NAMES: Words = frozenset(row.name for row in FIELD_FACTS["query"])
QUERY_CREDENTIALS: Words = frozenset(read("fields")["query_credentials"])
TOOL_NAMES, ROLES = (word_lists("words")[name] for name in ("tool_names", "roles"))
