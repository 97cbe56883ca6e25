"""Words of HTTP; `data/http.toml` says what each list is."""

from __future__ import annotations

from pawwork_proxy.facts.table import Words, lazy_words

METHODS: Words
PROTOCOL_VERSIONS: Words
CODINGS: Words
CONNECTION_OPTIONS: Words
MEDIA_TYPES: Words
CHARSETS: Words
SERVERS: Words
CACHE_DIRECTIVES: Words
FETCH_WORDS: Words
LANGUAGES: Words
SCRIPTS: Words
EDGE_WORDS: Words

__getattr__ = lazy_words(
    globals(),
    "http",
    "methods",
    "protocol_versions",
    "codings",
    "connection_options",
    "media_types",
    "charsets",
    "servers",
    "cache_directives",
    "fetch_words",
    "languages",
    "scripts",
    "edge_words",
)
