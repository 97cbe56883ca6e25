"""The server: its addresses and routes, the models it has served, the periods of its rules."""

import re
from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

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
    serves: Annotated[tuple[Protocol, ...], BeforeValidator(str.split)] = ()
    """The protocols that the server answers below it."""


class KnownPath(Fact):
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
ROUTES = rows(KnownPath, "addresses", "route")
MODEL_PROTOCOLS: frozenset[Protocol] = frozenset({"chat", "messages", "responses", "google"})
"""Dialects in which a model is asked."""
PROVIDERS: dict[Tier, str] = {
    "unknown": "unknown",
    **{base.tier: base.provider for base in BASES.values()},
}
"""The client's provider id for a tier."""
BASE_SETTINGS: dict[Tier, tuple[str, ...]] = {
    tier: ("provider", provider, "options", "baseURL") for tier, provider in PROVIDERS.items()
}
"""Where the client's configuration names the address of a tier."""
_LONGEST_FIRST = sorted(map(re.escape, BASES), key=len, reverse=True)
_BASE = re.compile(f"(?:{'|'.join(_LONGEST_FIRST)})(?=/|$)")
_ENDS = [(route, re.compile(f"(?P<between>.*?){route.pattern.pattern}", re.S)) for route in ROUTES]
_MODELS = word_lists("models")
MODEL_IDS, MODEL_WORDS = _MODELS["model_ids"], _MODELS["model_words"]
_MODEL_NAMES = {row.name: row.pattern for row in rows(ModelName, "models", "names")}
SERVER_ERAS = rows(ServerEra, "server_eras", "era")
"""Earliest first."""
DAILY = frozenset(era.id for era in SERVER_ERAS if era.daily)


class Endpoint(NamedTuple):
    """What a path asks for: `base.path`, `between` and `template` together are the whole path."""

    base: Base | None
    """None below an address that has no row."""
    between: str
    """What stands between the base and the route; mostly nothing."""
    protocol: Protocol = "other"
    template: str = ""
    """The route as a record shows it; empty where none is known, and all the rest is `between`."""
    model: str | None = None
    """As it stands in the path."""

    @property
    def tier(self) -> Tier:
        """The base's; of a route below no known base `unknown`, of anything else `other`."""
        if self.base is not None:
            return self.base.tier
        return "unknown" if self.template else "other"


def endpoint(path: str) -> Endpoint:
    """What a path asks for: its base by how it begins, its protocol by how it ends."""
    begin = _BASE.match(path)
    base = BASES[begin.group()] if begin else None
    rest = path[begin.end() :] if begin else path
    for route, end in _ENDS:
        found = end.fullmatch(rest)
        if found:
            groups = found.groupdict()
            verb = f":{groups['verb']}" if groups.get("verb") else ""
            between, template = groups["between"], f"{route.template}{verb}"
            return Endpoint(base, between, route.protocol, template, groups.get("model"))
    return Endpoint(base, rest)


def todays_base(tier: Tier = "zen", protocol: Protocol = "chat", below: str = "/") -> str:
    """Where the server serves a protocol today: for who does not know the client's own base.

    `below` narrows it to the addresses that begin so.
    """
    return next(
        base.path
        for base in BASES.values()
        if base.tier == tier and protocol in base.serves and base.path.startswith(below)
    )


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
