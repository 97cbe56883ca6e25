"""The words that a kept text may consist of (`data/words.toml`)."""

from __future__ import annotations

from pawwork_proxy.facts.table import word_lists

_LISTS = word_lists("words")
API_WORDS = _LISTS["api_words"]
ROUTE_WORDS = _LISTS["route_words"]
HEADER_NAME_WORDS = _LISTS["header_name_words"]
FEATURES = _LISTS["features"]
REASONING_EFFORTS = _LISTS["reasoning_efforts"]
CLIENTS = _LISTS["clients"]
TOOL_NAMES = _LISTS["tool_names"]
ROLES = _LISTS["roles"]
FORMS = _LISTS["forms"]
