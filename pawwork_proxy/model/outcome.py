"""What a response means: its kind, whose it is, when it ends, and what the client makes of it.

Invariant: an outcome is recomputable from the `Signals` of the same record; it holds no text of
the server's, only enums, numbers, times and ids of our own tables.
"""

from __future__ import annotations

from enum import StrEnum

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Moment, WaitSeconds
from pawwork_proxy.model.texts import (
    DecidingPlace,
    Era,
    ErrorWord,
    Provider,
    Term,
    WaitConflict,
    WaitPlace,
)


class Family(StrEnum):
    """What a reader of many outcomes groups by."""

    OK = "ok"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    OVERLOAD = "overload"
    BILLING = "billing"
    AUTH = "auth"
    MODEL = "model"
    POLICY = "policy"
    REQUEST = "request"
    SERVER = "server"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a request can come to; docs/outcomes.md says what each kind means."""

    SUCCESS = "success"
    FREE_USAGE_LIMIT = "free_usage_limit"
    GO_USAGE_LIMIT = "go_usage_limit"
    BLACK_USAGE_LIMIT = "black_usage_limit"
    KEY_RATE_LIMIT = "key_rate_limit"
    PROVIDER_RATE_LIMIT = "provider_rate_limit"
    PROVIDER_OVERLOAD = "provider_overload"
    CREDITS_EXHAUSTED = "credits_exhausted"
    MONTHLY_LIMIT = "monthly_limit"
    USER_LIMIT = "user_limit"
    AUTH_MISSING = "auth_missing"
    AUTH_INVALID = "auth_invalid"
    AUTH_BLOCKED = "auth_blocked"
    MODEL_UNAVAILABLE = "model_unavailable"
    REGION_BLOCKED = "region_blocked"
    CLIENT_GATE = "client_gate"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_OVERFLOW = "context_overflow"
    SERVER_ERROR = "server_error"
    GATEWAY_ERROR = "gateway_error"
    TRANSPORT_ERROR = "transport_error"
    UNKNOWN = "unknown"

    @property
    def family(self) -> Family:
        """The family of this kind."""
        return FAMILIES[self]


FAMILIES: dict[Kind, Family] = {
    Kind.SUCCESS: Family.OK,
    Kind.FREE_USAGE_LIMIT: Family.QUOTA,
    Kind.GO_USAGE_LIMIT: Family.QUOTA,
    Kind.BLACK_USAGE_LIMIT: Family.QUOTA,
    Kind.KEY_RATE_LIMIT: Family.RATE_LIMIT,
    Kind.PROVIDER_RATE_LIMIT: Family.RATE_LIMIT,
    Kind.PROVIDER_OVERLOAD: Family.OVERLOAD,
    Kind.CREDITS_EXHAUSTED: Family.BILLING,
    Kind.MONTHLY_LIMIT: Family.BILLING,
    Kind.USER_LIMIT: Family.BILLING,
    Kind.AUTH_MISSING: Family.AUTH,
    Kind.AUTH_INVALID: Family.AUTH,
    Kind.AUTH_BLOCKED: Family.AUTH,
    Kind.MODEL_UNAVAILABLE: Family.MODEL,
    Kind.REGION_BLOCKED: Family.POLICY,
    Kind.CLIENT_GATE: Family.POLICY,
    Kind.INVALID_REQUEST: Family.REQUEST,
    Kind.CONTEXT_OVERFLOW: Family.REQUEST,
    Kind.SERVER_ERROR: Family.SERVER,
    Kind.GATEWAY_ERROR: Family.NETWORK,
    Kind.TRANSPORT_ERROR: Family.NETWORK,
    Kind.UNKNOWN: Family.UNKNOWN,
}


class Origin(StrEnum):
    """Who said so. `relayed`: the response of somebody behind Zen, named in `Outcome.provider`."""

    ZEN = "zen"
    RELAYED = "relayed"
    EDGE = "edge"
    PROXY = "proxy"
    CLIENT = "client"
    UNKNOWN = "unknown"


class Cadence(StrEnum):
    """How often the limit that was hit starts anew."""

    UTC_DAY = "utc_day"
    MINUTE = "minute"
    WEEK = "week"
    ROLLING_5H = "rolling_5h"
    MONTH = "month"
    OTHER = "other"
    NONE = "none"


class ClientBehaviour(Noun):
    """What one generation of the client does with the response."""

    eras: tuple[Era, ...]
    """Ranges of client releases, or what their ids begin with, such as `C1`."""
    failure_kind: Term
    """The client's own `ProviderFailureKind`, or `none`."""
    retried: bool
    delay_s: WaitSeconds | None = None
    """Wait before the first retry, in seconds, without jitter; None when not retried."""
    user_sees: Term
    """Id of a row of the table of texts, never a text of the server's."""


class Outcome(Noun):
    """What one exchange came to."""

    kind: Kind
    family: Family
    origin: Origin
    provider: Provider | None = None
    """Name of the relayed provider when it is a known one, `other` when it is not."""
    in_stream: bool = False
    """The error came inside an event stream, whatever its HTTP status."""
    error_type: ErrorWord | None = None
    """The server's own type when it is in the vocabulary, else `other`."""
    rule_id: Term
    evidence: tuple[DecidingPlace, ...] = ()
    """Places that decided (`status`, `body.error.type`, …), never values."""
    retry_after_s: WaitSeconds | None = None
    retry_after_from: WaitPlace | None = None
    """`retry-after-ms`, `retry-after`, `retry-after date`, `body`, or `text` (a last resort)."""
    reset_at: Moment | None = None
    """UTC, counted from the server's `date`."""
    reset_cadence: Cadence = Cadence.NONE
    reset_conflicts: tuple[WaitConflict, ...] = ()
    """Other sources that name another wait, as `place=seconds`."""
    client: tuple[ClientBehaviour, ...] = ()

    @property
    def origin_label(self) -> str:
        """The origin in one word or two: `zen`, `edge`, `relayed:Nvidia`."""
        return f"{self.origin}:{self.provider}" if self.provider else str(self.origin)
