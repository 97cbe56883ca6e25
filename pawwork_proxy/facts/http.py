"""Words of HTTP (`data/http.toml`)."""

from __future__ import annotations

from pawwork_proxy.facts.table import word_lists

_LISTS = word_lists("http")
METHODS = _LISTS["methods"]
PROTOCOL_VERSIONS = _LISTS["protocol_versions"]
CODINGS = _LISTS["codings"]
CONNECTION_OPTIONS = _LISTS["connection_options"]
MEDIA_TYPES = _LISTS["media_types"]
CHARSETS = _LISTS["charsets"]
SERVERS = _LISTS["servers"]
CACHE_DIRECTIVES = _LISTS["cache_directives"]
FETCH_WORDS = _LISTS["fetch_words"]
LANGUAGES = _LISTS["languages"]
SCRIPTS = _LISTS["scripts"]
EDGE_WORDS = _LISTS["edge_words"]
