"""URL paths as shapes: a known route's template, or known segments with the rest pseudonymised.

Query values are never kept; names are, when they are known words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from pawwork_proxy.facts.body_fields import QUERY_CREDENTIALS, QUERY_NAMES
from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.facts.words import ROUTE_WORDS
from pawwork_proxy.model.request import Protocol, Tier
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser


class RouteRow(NamedTuple):
    """A known path below `/zen`, its protocol, and the template that a record shows."""

    pattern: re.Pattern[str]
    template: str
    protocol: Protocol
    example: str


_GENERATE = r"(?P<verb>streamGenerateContent|generateContent|countTokens|embedContent)"
ROUTES: tuple[RouteRow, ...] = (
    RouteRow(re.compile(r"/chat/completions"), "/chat/completions", "chat", "/chat/completions"),
    RouteRow(re.compile(r"/messages"), "/messages", "messages", "/messages"),
    RouteRow(re.compile(r"/messages/count_tokens"), "/messages/count_tokens", "messages",
             "/messages/count_tokens"),
    RouteRow(re.compile(r"/responses"), "/responses", "responses", "/responses"),
    RouteRow(re.compile(rf"/models/(?P<model>[^?]{{1,200}}):{_GENERATE}"), "/models/{model}",
             "google", "/models/gemini-3-pro:generateContent"),
    RouteRow(re.compile(r"/models"), "/models", "listing", "/models"),
    RouteRow(re.compile(r"/models/(?P<model>[^:?]{1,200})"), "/models/{model}", "listing",
             "/models/gemini-3-pro"),
    RouteRow(re.compile(r"/usage"), "/usage", "usage", "/usage"),
)  # fmt: skip
_BASE = re.compile(r"/zen(?P<go>/go)?(?P<version>/v1(?:beta)?|/v2)?(?=/|$)")
_TRACE = "/cdn-cgi/trace"
_MOST_SEGMENTS = 10
_MOST_NAMES = 16
_LONGEST = 4096


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
        base = _BASE.match(path)
        rest = path[base.end() :] if base else path
        if base:
            tier: Tier = "go" if base["go"] else "zen"
            for row in ROUTES:
                found = row.pattern.fullmatch(rest)
                if found:
                    groups = found.groupdict()
                    verb = groups.get("verb")
                    template = base.group() + row.template + (f":{verb}" if verb else "")
                    model = groups.get("model")
                    return RouteMatch(
                        template, tier, row.protocol, names,
                        unquote(model) if model else None, credentials, unknown_names, values,
                    )  # fmt: skip
        else:
            tier = "other"
        shaped, unknown = self._segments(path)
        protocol: Protocol = "trace" if path == _TRACE else "other"
        return RouteMatch(
            shaped, tier, protocol, names, None, credentials, unknown + unknown_names, values
        )

    def _segments(self, path: str) -> tuple[str, int]:
        """The path with unknown segments pseudonymised, and how many those were."""
        segments = path.split("/")
        shaped: list[str] = []
        unknown = 0
        for segment in segments[:_MOST_SEGMENTS]:
            if segment == "" or segment.lower() in ROUTE_WORDS:
                shaped.append(segment)
            else:
                shaped.append(self._pseudonyms.of(Kind.PATH, unquote(segment)))
                unknown += 1
        if len(segments) > _MOST_SEGMENTS:
            rest = "/".join(segments[_MOST_SEGMENTS:])
            shaped.append(self._pseudonyms.of(Kind.PATH, rest))
            unknown += 1
        return "/".join(shaped), unknown

    def _query(self, query: str) -> tuple[tuple[str, ...], tuple[str, ...], int, int]:
        """Safe names, credentials, and counts of values and of unknown names."""
        if not query:
            return (), (), 0, 0
        pairs = [pair.partition("=") for pair in re.split("[&;]", query[:_LONGEST]) if pair]
        names: list[str] = []
        credentials: list[str] = []
        unknown = 0
        for raw_name, _, value in pairs:
            name = unquote(raw_name)
            if name.lower() in QUERY_CREDENTIALS:
                credentials.append(unquote(value))
            known = name in QUERY_NAMES
            unknown += not known
            if len(names) < _MOST_NAMES:
                names.append(name if known else self._pseudonyms.of(Kind.WORD, name))
        return tuple(names), tuple(credentials), sum(bool(pair[2]) for pair in pairs), unknown


def _without_origin(path: str) -> str:
    """The path of an absolute-form target; asterisk and authority forms stay as they are."""
    match = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*", path)
    return path[match.end() :] or "/" if match else path
