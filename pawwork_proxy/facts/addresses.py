"""Addresses of the server: hosts, bases with their tier, and the routes below a base."""

import re
from typing import NamedTuple

from pawwork_proxy.facts.table import Fact, WordSet, rows
from pawwork_proxy.model.request import Protocol, Tier


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


(_HOSTS,) = rows(Hosts, "addresses", "hosts")
HOST = _HOSTS.host
"""The host whose traffic is recorded."""
KNOWN_HOSTS, HOST_ENDINGS = _HOSTS.known, _HOSTS.endings
TRACE, CONFIG_SCHEMA = _HOSTS.trace, _HOSTS.schema_url
BASES = {base.path: base for base in rows(Base, "addresses", "base")}
ROUTES = rows(Route, "addresses", "route")
MODEL_PROTOCOLS: frozenset[Protocol] = frozenset({"chat", "messages", "responses", "google"})
"""Dialects in which a model is asked."""
PROVIDERS: dict[Tier, str] = {"other": "other", **{b.tier: b.provider for b in BASES.values()}}
"""The client's provider id for a tier."""
_LONGEST_FIRST = sorted(map(re.escape, BASES), key=len, reverse=True)
_BASE = re.compile(f"(?:{'|'.join(_LONGEST_FIRST)})(?=/|$)")


class Endpoint(NamedTuple):
    """What a path asks for."""

    base: Base
    rest: str
    """What follows the base."""
    protocol: Protocol = "other"
    template: str = ""
    """The whole path as a record shows it; empty where the rest of it is not known."""
    model: str | None = None
    """As it stands in the path."""


def endpoint(path: str) -> Endpoint | None:
    """What a path below a known base asks for; None below any other."""
    begin = _BASE.match(path)
    if begin is None:
        return None
    base, rest = BASES[begin.group()], path[begin.end() :]
    for route in ROUTES:
        found = route.pattern.fullmatch(rest)
        if found:
            groups = found.groupdict()
            verb = f":{groups['verb']}" if groups.get("verb") else ""
            template = f"{base.path}{route.template}{verb}"
            return Endpoint(base, rest, route.protocol, template, groups.get("model"))
    return Endpoint(base, rest)


def default_base(tier: Tier = "zen") -> str:
    """The base that printed and written settings name."""
    return next(base.path for base in BASES.values() if base.tier == tier and base.default)
