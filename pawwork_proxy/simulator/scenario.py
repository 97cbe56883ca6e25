"""A scenario: every rule of a simulated Zen, as one frozen value that JSON and TOML can hold.

The rules and their defaults follow the server's source where it is public, and reports where it is
not. Each can be changed or left out, so that a world can be keyed by any dimension. Invariant: a
scenario holds no counters and no clock.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pawwork_proxy.facts.server import BASES, todays_base
from pawwork_proxy.model.base import Noun
from pawwork_proxy.simulator.faults import Fault
from pawwork_proxy.simulator.gates import (
    ClientGate,
    Gate,
    KeylessGate,
    UserAgentLimit,
    VersionFloor,
)
from pawwork_proxy.simulator.model_call import ModelCall, Protocol, QuotaDimension
from pawwork_proxy.simulator.refusals import LOCALES
from pawwork_proxy.simulator.tables import one_of, read_table

ROOTS = sorted({f"/{path.split('/')[1]}" for path in BASES})
"""What the addresses of the server begin with."""
WindowName = Literal["utc_day", "hour", "minute", "week", "month"]


class HeaderGate(Noun):
    """A client that lacks one of these headers has another threshold, which is never doubled.

    Source: `server-history`.
    """

    headers: dict[str, str]
    """Lower-case name to substring; the value is compared in lower case, all must match."""
    otherwise: int = Field(ge=0)
    """`dailyRequestsFallback`: the threshold of everybody else. The counter stays the same one."""


class FreeLimit(Noun):
    """The limiter of free models; its counter grows after the response (source `ip-limiter`)."""

    keyed_by: tuple[QuotaDimension, ...] = ("ip",)
    """Empty or `global` is one pool for all."""
    limit: int = Field(default=200, ge=0)
    window: WindowName = "utc_day"
    double_new: bool = True
    header_gate: HeaderGate | None = None
    count_aborted: bool = True
    """Whether a stream that the client left is counted: uncertain on the real server."""
    already_used: int = Field(default=0, ge=0)
    """What other people have used of each pool when its window begins."""


class RelayedLimit(Noun):
    """A limit of the closed service behind Zen: prefixed, without `retry-after`."""

    keyed_by: tuple[QuotaDimension, ...] = ("ip",)
    limit: int = Field(default=200, ge=0)
    window: WindowName = "utc_day"
    provider: str = "Console"


class GoPlan(Noun):
    """Limits of Go, in dollars per workspace and user (source `handler`)."""

    five_hours: float = Field(default=12, gt=0)
    weekly: float = Field(default=30, gt=0)
    monthly: float = Field(default=60, gt=0)
    dollars_per_request: float = Field(default=0.05, ge=0)
    session_required: bool = False
    """400 `MissingSessionID` without `x-opencode-session`, as from 2026-09-06."""
    error_type: Literal[
        "GoUsageLimitError", "BlackUsageLimitError", "SubscriptionUsageLimitError"
    ] = "GoUsageLimitError"


AccountState = Literal[
    "good", "no_payment_method", "no_balance", "monthly_limit", "user_limit", "blocked"
]


class Account(Noun):
    """An API key that the server knows."""

    key: str = Field(min_length=1, repr=False)
    workspace: str
    user: str = "usr_1"
    state: AccountState = "good"
    go: bool = True
    """Subscribed to Go."""


class ModelOffer(Noun):
    """A model of the server's secret table."""

    id: str = Field(min_length=1)
    protocol: Protocol = "chat"
    free: bool = False
    limit: int | None = Field(default=None, ge=0)
    """Own daily figure of a free model: then its pool is date + first two characters."""
    state: Literal["offered", "promotion_ended", "no_provider"] = "offered"


DEFAULT_MODELS: tuple[ModelOffer, ...] = tuple(
    ModelOffer(id=name, **row["terms"])
    for row in read_table("models")["offers"]
    for name in row["ids"].split()
)


class Scenario(Noun):
    """Every rule of one simulated server."""

    name: str = "custom"
    summary: str = ""
    free: FreeLimit | None = FreeLimit()
    """None: no open-source limiter, as in era V6 for keyless callers."""
    relayed: RelayedLimit | None = None
    keyless_gate: KeylessGate | None = None
    """Comes before everything else."""
    version_floor: VersionFloor | None = None
    client_gate: ClientGate | None = None
    user_agent_limit: UserAgentLimit | None = None
    key_per_minute: int = Field(default=1000, ge=0)
    """Per key, model and UTC minute, paid models only."""
    go: GoPlan = GoPlan()
    accounts: tuple[Account, ...] = ()
    accept_unknown_keys: bool = True
    """A key without account: a good one with a workspace of its own, or an invalid one."""
    models: tuple[ModelOffer, ...] = DEFAULT_MODELS
    accept_unknown_models: bool = False
    """Treat unlisted models as free chat models instead of refusing them."""
    blocked_regions: tuple[str, ...] = ()
    """403 `RegionError` there, for paid models."""
    regions: dict[str, str] = Field(default_factory=dict)
    """Country code by address; where nothing is said: `US`."""
    install_header: str = "x-simulated-install"
    """Where the `install` dimension is read from; no real client sends one."""
    catalogue_below: Annotated[str, one_of(ROOTS)] = "/zen"
    """Where the catalogue's addresses lie; all addresses are served, whatever it says."""
    locale: Annotated[str, one_of(sorted(LOCALES))] | None = None
    """Language of own messages; None: as the request asks."""
    faults: tuple[Fault, ...] = ()
    """The first that strikes wins."""

    def gate_against(self, call: ModelCall, *, relayed: bool) -> Gate | None:
        """The first gate that turns a call away, among Zen's own or those of closed services."""
        gates = (self.version_floor, self.client_gate, self.user_agent_limit)
        mine = (gate for gate in gates if gate is not None and bool(gate.provider) is relayed)
        return next((gate for gate in mine if not gate.admits(call)), None)

    def base_of(self, protocol: Protocol) -> str:
        """The path of the address at which the catalogue says that a dialect is served."""
        return todays_base("zen", protocol, below=self.catalogue_below)

    @model_validator(mode="after")
    def _nothing_is_listed_twice(self) -> Self:
        for what, names in (
            ("models", [offer.id for offer in self.models]),
            ("accounts", [account.key for account in self.accounts]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"{what}: an entry appears twice")
        return self
