"""What the server knows about one request, and the value each quota dimension has for it.

Built from HTTP by `requests.py` or directly by a test or a random world. Invariant: nothing here
depends on time, so equal facts always fall into the same pool.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Tier = Literal["zen", "go"]
Protocol = Literal["chat", "messages", "responses", "google"]
AuthKind = Literal["none", "public", "key", "oc_sk"]

QuotaDimension = Literal[
    "ip",
    "key",
    "auth_kind",
    "workspace",
    "session",
    "install",
    "project",
    "request",
    "user_agent",
    "client",
    "model",
    "model_group",
    "region",
    "global",
]

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One model call as the server sees it; None means not sent."""

    model: str = "big-pickle"
    address: str = "203.0.113.7"
    """Egress address as the edge reports it in `x-real-ip`."""
    key: str | None = None
    """API key as sent; None and `public` are the same to the limiters."""
    protocol: Protocol = "chat"
    tier: Tier = "zen"
    stream: bool = True
    user_agent: str | None = None
    session: str | None = None
    request: str | None = None
    project: str | None = None
    client: str | None = None
    install: str | None = None
    region: str | None = None
    tools: int = 0
    """How many of OpenCode's core tools the body offers."""
    locale: str = "en"
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    """Lower-case names; only header gates and faults look at them."""

    @property
    def auth_kind(self) -> AuthKind:
        """Which kind of credential was sent."""
        if self.key is None:
            return "none"
        if self.key == "public":
            return "public"
        return "oc_sk" if self.key.startswith("oc_sk_") else "key"

    @property
    def credential(self) -> str | None:
        """The key, unless it is the shared one that stands for none."""
        return None if self.key in (None, "public") else self.key


def address_key(address: str) -> str:
    """IPv4 whole; IPv6: the first four colon-separated text fields (zen-facts 7.2).

    Text fields, not groups: `2001:db8::1` gives `2001:db8::1`, as the server's own split does.
    """
    return ":".join(address.split(":")[:4]) if ":" in address else address


def derived_workspace(key: str) -> str:
    """The workspace of a key that no account names: one each, always the same."""
    return "wrk_" + hashlib.sha256(key.encode()).hexdigest()[:26].upper()


def _workspace(facts: RequestFacts, workspaces: Mapping[str, str]) -> str:
    key = facts.credential
    if key is None:
        return ""
    return workspaces.get(key) or derived_workspace(key)


DimensionValue = Callable[[RequestFacts, Mapping[str, str]], str]

DIMENSION_VALUES: Mapping[QuotaDimension, DimensionValue] = MappingProxyType(
    {
        "ip": lambda facts, _: address_key(facts.address),
        "key": lambda facts, _: facts.credential or "",
        "auth_kind": lambda facts, _: "key" if facts.credential else "anonymous",
        "workspace": _workspace,
        "session": lambda facts, _: facts.session or "",
        "install": lambda facts, _: facts.install or "",
        "project": lambda facts, _: facts.project or "",
        "request": lambda facts, _: facts.request or "",
        "user_agent": lambda facts, _: facts.user_agent or "",
        "client": lambda facts, _: facts.client or "",
        "model": lambda facts, _: facts.model,
        "model_group": lambda facts, _: facts.model[:2],
        "region": lambda facts, _: facts.region or "",
        "global": lambda *_: "",
    }
)
"""Second argument: workspaces by key. What was not sent is one shared, empty value."""


def quota_key(
    dimensions: tuple[QuotaDimension, ...], facts: RequestFacts, workspaces: Mapping[str, str]
) -> tuple[str, ...]:
    """The pool a request falls into when quotas are kept per `dimensions`."""
    return tuple([DIMENSION_VALUES[name](facts, workspaces) for name in dimensions])
