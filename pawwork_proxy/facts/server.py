"""The server: its addresses and routes, the models it has served, the periods of its rules."""

import re
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from pawwork_proxy.facts.table import Fact, WordSet, rows, word_lists
from pawwork_proxy.model.request import Protocol, Tier

BEFORE = "before V1"


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


class ModelName(Fact):
    """What the ids of models of one sort look like."""

    name: str
    what: str
    pattern: re.Pattern[str]


class ServerEra(Fact):
    """A period of the server's rules; without `since` it cannot be told by time."""

    id: str = Field(alias="name")
    since: datetime | None = None
    enforced: str
    """Who enforces the free limit, and how."""
    daily: bool
    """Whether the server's own free limit is known to be a daily one."""


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
_MODELS = word_lists("models")
MODEL_IDS, MODEL_WORDS = _MODELS["model_ids"], _MODELS["model_words"]
_MODEL_NAMES = {row.name: row.pattern for row in rows(ModelName, "models", "names")}
SERVER_ERAS = rows(ServerEra, "server_eras", "era")
"""Earliest first."""
DAILY = frozenset(era.id for era in SERVER_ERAS if era.daily)


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


def is_free(model: str) -> bool:
    """Whether the id is that of a free model; they change monthly, so False proves nothing."""
    return model in _MODELS["free_models"] or _MODEL_NAMES["free"].fullmatch(model) is not None


def is_title_model(model: str) -> bool:
    """Whether the id is that of the paid model which the client takes for titles."""
    return _MODEL_NAMES["title"].fullmatch(model) is not None


def server_era(moment: datetime) -> str:
    """Id of the era that holds at a moment by the server's clock."""
    begun = [era.id for era in SERVER_ERAS if era.since is not None and era.since <= moment]
    return begun[-1] if begun else BEFORE
