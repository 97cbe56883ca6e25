"""URL paths as shapes: a known route's template, or known segments with the rest pseudonymised.

Query values are never kept; names are, when they are known words.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from pawwork_proxy.facts import server
from pawwork_proxy.facts.fields import QUERY_CREDENTIALS, QUERY_NAMES
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.model.request import Protocol, Tier
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser

_MOST_SEGMENTS = 10  # the rest of a longer path becomes one pseudonym
_MOST_NAMES = 16
_LONGEST = 4096
_ROUTE_WORDS = word_lists("words")["route_words"]


class RouteMatch(NamedTuple):
    """A request's route: `model` and `query_credentials` are raw, everything else is safe."""

    path: str
    tier: Tier
    protocol: Protocol
    query: tuple[str, ...]
    model: str | None
    query_credentials: tuple[str, ...]
    pseudonymised: int
    query_values: int


class Routes:
    """Matches request targets under one study's pseudonyms."""

    def __init__(self, pseudonyms: Pseudonymiser) -> None:
        self._pseudonyms = pseudonyms
        self._cached = lru_cache(maxsize=256)(self._match)

    def match(self, target: str) -> RouteMatch:
        """The route of a request target (path and query, or an absolute URL)."""
        return self._cached(target) if len(target) <= 512 else self._match(target)

    def _match(self, target: str) -> RouteMatch:
        path, _, query = target.partition("?")
        path = _without_origin(path)
        names, credentials, values, unknown_names = self._query(query)
        found = server.endpoint(path)
        between, unknown = self._segments(found.between)
        shaped = f"{found.base.path if found.base else ''}{between}{found.template}"
        protocol: Protocol = "trace" if path == server.TRACE else found.protocol
        model = unquote(found.model) if found.model else None
        unknown += unknown_names
        return RouteMatch(shaped, found.tier, protocol, names, model, credentials, unknown, values)

    def _segments(self, path: str) -> tuple[str, int]:
        """The path with unknown segments pseudonymised, and how many those were."""
        segments = path.split("/", _MOST_SEGMENTS)
        unknown = 0
        for place, segment in enumerate(segments):
            is_rest = place == _MOST_SEGMENTS
            if is_rest or (segment and segment.lower() not in _ROUTE_WORDS):
                raw = segment if is_rest else unquote(segment)
                segments[place] = self._pseudonyms.of(Namespace.PATH, raw)
                unknown += 1
        return "/".join(segments), unknown

    def _query(self, query: str) -> tuple[tuple[str, ...], tuple[str, ...], int, int]:
        """Safe names, credentials, and counts of values and of unknown names."""
        if not query:
            return (), (), 0, 0
        pairs = [pair.partition("=") for pair in re.split("[&;]", query[:_LONGEST]) if pair]
        fields = [(unquote(name), value) for name, _, value in pairs]
        shown = tuple(
            name if name in QUERY_NAMES else self._pseudonyms.of(Namespace.WORD, name)
            for name, _ in fields[:_MOST_NAMES]
        )
        credentials = tuple(
            unquote(value) for name, value in fields if name.lower() in QUERY_CREDENTIALS
        )
        unknown = sum(name not in QUERY_NAMES for name, _ in fields)
        return shown, credentials, sum(bool(value) for _, value in fields), unknown


def _without_origin(path: str) -> str:
    """The path of an absolute-form target; asterisk and authority forms stay as they are."""
    match = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*", path)
    return path[match.end() :] or "/" if match else path
