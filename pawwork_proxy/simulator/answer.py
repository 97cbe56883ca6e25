"""The answer of a simulated world to one request, before any bytes are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pawwork_proxy.simulator.faults import Fault
from pawwork_proxy.simulator.limits import Hold, Pool
from pawwork_proxy.simulator.scenario import AccountState

AnswerKind = Literal[
    "admitted",
    "free_usage_limit",
    "key_rate_limit",
    "go_usage_limit",
    "client_gate",
    "region_blocked",
    "auth_missing",
    "auth_invalid",
    "auth_blocked",
    "billing",
    "model_unavailable",
    "no_provider",
    "fault",
]
"""`fault`: no rule refused, but provider, edge or transport failed; see `Answer.fault`."""


@dataclass(frozen=True, slots=True)
class ToCount:
    """What is to be counted when the answer is over."""

    free: Hold | None = None
    relayed: Hold | None = None
    keyed: Hold | None = None
    plan: Pool | None = None


NOTHING = ToCount()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says to one request, and why."""

    kind: AnswerKind
    status: int
    """HTTP status; 0: there is none, the connection is reset."""
    sequence: int
    """Number of the model call, from 1."""
    error_type: str = ""
    message: str = ""
    retry_after: int | None = None
    provider: str = ""
    """Name of the closed service that refused; empty: the answer is Zen's own."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Of Go's refusals."""
    fault: Fault | None = None
    hold: Hold | None = None
    """Place in the pool that decided, or would have."""
    to_count: ToCount = NOTHING

    @property
    def admitted(self) -> bool:
        """The request got past every rule: a provider answered, well or badly."""
        return self.kind == "admitted" or (
            self.kind == "fault" and self.fault is not None and self.fault.stage != "edge"
        )


BILLING_REFUSALS: dict[AccountState, tuple[str, str]] = {
    "no_payment_method": ("CreditsError", "no_payment_method"),
    "no_balance": ("CreditsError", "insufficient_balance"),
    "monthly_limit": ("MonthlyLimitError", "monthly_limit"),
    "user_limit": ("UserLimitError", "user_limit"),
}
"""Account states that billing refuses with 401: error type and message id (zen-facts 8)."""
