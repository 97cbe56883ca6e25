"""What the comparison reads: one request with its identities and what the limiter did with it.

Self-contained, so that it can be made from an exchange, by SQL over many, or by a simulated world.
Every identity is an opaque text compared for equality only. Invariant: None means *not known*
and never equals anything; what is known not to have been sent is `ABSENT`, a value like others.
Times are the server's: the clock of the machine has been corrected, `clock_error_s` says how well.
"""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from pawwork_proxy.model.base import Noun

ABSENT = "(not sent)"
PUBLIC = "(public)"
"""The shared key `public`; the server treats it as no key."""

SEVERAL = "(several)"
"""A user action other than any that was refused, in a row that stands for many requests."""

DimensionName = Literal[
    "network",
    "address",
    "prefix",
    "family",
    "region",
    "key",
    "auth_kind",
    "workspace",
    "device",
    "install",
    "session",
    "request",
    "project",
    "model",
    "model_group",
    "client",
    "user_agent",
    "instrument",
    "global",
]
"""What a quota could follow; `global` is the pool that everybody shares."""

UNTOUCHED, INTERCEPTING = "untouched", "intercepting"
"""Values of the instrument: whose handshake the server saw, the client's own or ours."""

ResponseEnd = Literal["complete", "aborted", "cut", "none"]
"""How the response ended: whole, left by the client, cut by the upstream, never began."""


class Identities(Noun):
    """The value of each dimension for one request; `global` has none."""

    network: str | None = None
    """The user's label; a claim, never evidence."""
    address: str | None = None
    """Egress address as the edge sees it."""
    prefix: str | None = None
    """First four groups of an IPv6 address; for IPv4 the address again."""
    family: str | None = None
    region: str | None = None
    """Edge location, or country where that is all there is."""
    key: str | None = None
    auth_kind: str | None = None
    workspace: str | None = None
    device: str | None = None
    install: str | None = None
    session: str | None = None
    request: str | None = None
    """Id of the user action; in a row that stands for several, `SEVERAL`."""
    project: str | None = None
    model: str | None = None
    model_group: str | None = None
    """First two characters of the model id."""
    client: str | None = None
    user_agent: str | None = None
    instrument: str | None = None


class Observation(Noun):
    """One request, or a run of `count` admitted ones that agree in everything but time."""

    capture: str
    seq: int
    study: str = ""
    """Pseudonyms are comparable within one study only."""
    simulated: bool = False
    started_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    """When the answer's head arrived; None when none came."""
    ended_at: AwareDatetime
    clock_error_s: float = Field(default=0.0, ge=0.0)
    """Half width of the interval that holds the true server time; compare captures with care."""
    server_era: str = "unknown"
    client_era: str = "unknown"
    steady: bool = True
    """Whether no step of the machine's clock was seen in its capture."""
    tier: str = "zen"
    model_call: bool = True
    """Whether a model was asked, or something else (a listing, the usage)."""
    free: bool | None = True
    """Whether the model is a free one; None where that is not known."""
    kind: str = "success"
    family: str = "ok"
    recorded_kind: str = ""
    """What the record says where `kind` is what it counts as: an answer that began and broke off
    counts as admitted. Empty where both are the same."""
    origin: str = "zen"
    """Who answered, as `Outcome.origin_label`: `zen`, `relayed:NAME`, `edge`, `proxy`, `client`."""
    retry_after_s: float | None = None
    reset_at: datetime | None = None
    cadence: str = "none"
    ending: ResponseEnd = "complete"
    action: str = ""
    """Pseudonym of the user action (request id); retries, rounds and title calls share it."""
    answer_id: str = ""
    """What the edge, else the provider, named the answer by; equal for one exchange, whoever
    recorded it."""
    exclusive: bool = False
    """The user vouches that nobody else used this address."""
    chained_proxy: bool = False
    answered_here: bool = False
    """This proxy answered in place of the server, which knows nothing of the request."""
    in_part: bool = False
    """Whether the recorder saw only part of it (`Signals.unobserved`)."""
    count: int = Field(default=1, ge=1)
    who: Identities = Identities()
