"""Addresses of the server: hosts, bases with their tier, and the routes below a base."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pawwork_proxy.facts.table import Fact, Words, WordSet, lazily, rows
from pawwork_proxy.model.request import Protocol, Tier

HOST: str
"""The host whose traffic is recorded."""
KNOWN_HOSTS: Words
"""Hosts that name nobody; all others are pseudonymised."""
HOST_ENDINGS: Words
"""What makes a word with points a host name."""
TRACE: str
"""Path at which the edge says how it sees us."""
CONFIG_SCHEMA: str
MODEL_PROTOCOLS: frozenset[Protocol] = frozenset({"chat", "messages", "responses", "google"})
"""Dialects in which a model is asked."""
BASES: tuple[Base, ...]
ROUTES: tuple[Route, ...]
PROVIDERS: dict[Tier, str]
"""The client's provider id for a tier (zen-facts, section 2)."""


class Hosts(Fact):
    """The server's host, and those that everybody may know."""

    host: str
    known: WordSet
    endings: WordSet
    trace: str
    schema_url: str


class Base(Fact):
    """What the paths of one address begin with."""

    path: str
    tier: Tier
    provider: str
    default: bool = False


class Route(Fact):
    """A path below a base, its protocol, and the template that a record shows."""

    pattern: re.Pattern[str]
    template: str
    protocol: Protocol
    example: str


class Located(NamedTuple):
    """A path taken apart."""

    base: Base
    rest: str


def located(path: str) -> Located | None:
    """The longest known base that a path begins with, and what follows it."""
    match = _pattern().match(path)
    return Located(_bases()[match.group()], path[match.end() :]) if match else None


class Endpoint(NamedTuple):
    """What a path asks for."""

    base: Base
    protocol: Protocol = "other"
    template: str = ""
    """The whole path as a record shows it; empty where the rest of it is not known."""
    model: str | None = None
    """As it stands in the path."""


def endpoint(path: str) -> Endpoint | None:
    """The route of a path below a known base; None below any other."""
    found = located(path)
    if found is None:
        return None
    for route in rows(Route, "addresses", "route"):
        match = route.pattern.fullmatch(found.rest)
        if match:
            groups = match.groupdict()
            verb = f":{groups['verb']}" if groups.get("verb") else ""
            template = f"{found.base.path}{route.template}{verb}"
            return Endpoint(found.base, route.protocol, template, groups.get("model"))
    return Endpoint(found.base)


def default_base(tier: Tier = "zen") -> str:
    """The base that printed and written settings name."""
    named = (base.path for base in _bases().values() if base.tier == tier and base.default)
    return next(named)


@cache
def _bases() -> dict[str, Base]:
    return {base.path: base for base in rows(Base, "addresses", "base")}


@cache
def _pattern() -> re.Pattern[str]:
    paths = sorted(_bases(), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, paths))})(?=/|$)")


@cache
def _hosts() -> Hosts:
    (hosts,) = rows(Hosts, "addresses", "hosts")
    return hosts


__getattr__ = lazily(
    globals(),
    HOST=lambda: _hosts().host,
    KNOWN_HOSTS=lambda: _hosts().known,
    HOST_ENDINGS=lambda: _hosts().endings,
    TRACE=lambda: _hosts().trace,
    CONFIG_SCHEMA=lambda: _hosts().schema_url,
    BASES=lambda: tuple(_bases().values()),
    ROUTES=lambda: rows(Route, "addresses", "route"),
    PROVIDERS=lambda: {
        **{base.tier: base.provider for base in _bases().values()},
        "other": "other",
    },
)
