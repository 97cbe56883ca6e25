"""What the server knows about one model call, and the value each quota dimension has for it.

Made from HTTP by `routes.py`, or directly by a test or a random world. Invariant: nothing here
depends on time, so equal calls always fall into the same pool.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pawwork_proxy.simulator.tables import one_of
from pawwork_proxy.wire.client_hello import ClientHello

Tier = Literal["zen", "go"]
Protocol = Literal["chat", "messages", "responses", "google"]


@dataclass(frozen=True, slots=True)
class ModelCall:
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
    base: str = ""
    """The path of the address that was asked."""
    tools: frozenset[str] = frozenset()
    """Names of the tools that the body offers."""
    tool_answered: bool = False
    """Whether the conversation ends with a tool's result."""
    system: str = field(default="", repr=False)
    """The system prompt; only gates look at it."""
    hello: ClientHello | None = None
    """The handshake with which the client came; None without TLS."""
    locale: str = "en"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names; only header gates and faults look at them."""

    @property
    def credential(self) -> str | None:
        """The key, unless it is the shared one that stands for none."""
        return None if self.key in (None, "public") else self.key

    def header_contains(self, name: str, part: str) -> bool:
        """Whether the header was sent with this part in its value, in any case."""
        value = self.headers.get(name.lower())
        return value is not None and part.lower() in value.lower()


def address_key(address: str) -> str:
    """IPv4 whole; IPv6: the first four colon-separated text fields (source `ip-limiter`).

    Text fields, not groups: `2001:db8::1` gives `2001:db8::1`, as the server's own split does.
    """
    return ":".join(address.split(":")[:4]) if ":" in address else address


def derived_workspace(key: str) -> str:
    """The workspace of a key that no account names: one each, always the same."""
    return "wrk_" + hashlib.sha256(key.encode()).hexdigest()[:26].upper()


def _workspace(call: ModelCall, workspaces: Mapping[str, str]) -> str:
    key = call.credential
    return "" if key is None else workspaces.get(key) or derived_workspace(key)


QUOTA_DIMENSIONS: Mapping[str, Callable[[ModelCall, Mapping[str, str]], str]] = {
    "ip": lambda call, _: address_key(call.address),
    "key": lambda call, _: call.credential or "",
    "auth_kind": lambda call, _: "key" if call.credential else "anonymous",
    "workspace": _workspace,
    "session": lambda call, _: call.session or "",
    "install": lambda call, _: call.install or "",
    "project": lambda call, _: call.project or "",
    "request": lambda call, _: call.request or "",
    "user_agent": lambda call, _: call.user_agent or "",
    "client": lambda call, _: call.client or "",
    "model": lambda call, _: call.model,
    "model_group": lambda call, _: call.model[:2],
    "region": lambda call, _: call.region or "",
    "global": lambda *_: "",
}
"""The value of each dimension; the second argument is the workspaces by key. What a client did not
send is one shared, empty value."""
QuotaDimension = Annotated[str, one_of(QUOTA_DIMENSIONS)]


def quota_key(
    dimensions: tuple[QuotaDimension, ...], call: ModelCall, workspaces: Mapping[str, str]
) -> tuple[str, ...]:
    """The pool a call falls into when quotas are kept per `dimensions`."""
    return tuple([QUOTA_DIMENSIONS[name](call, workspaces) for name in dimensions])
