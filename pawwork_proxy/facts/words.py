"""Words of which the texts are made that a record keeps; `data/words.toml` says what each list is."""

from __future__ import annotations

from pawwork_proxy.facts.table import Words, lazy_words

API_WORDS: Words
ROUTE_WORDS: Words
HEADER_NAME_WORDS: Words
FEATURES: Words
REASONING_EFFORTS: Words
CLIENTS: Words
TOOL_NAMES: Words
ROLES: Words

__getattr__ = lazy_words(
    globals(),
    "words",
    "api_words",
    "route_words",
    "header_name_words",
    "features",
    "reasoning_efforts",
    "clients",
    "tool_names",
    "roles",
)
