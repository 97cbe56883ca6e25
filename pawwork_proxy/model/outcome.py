"""What a response means: its kind, whose it is, when it ends, and what the client makes of it.

Invariant: an outcome is recomputable from the `Signals` of the same record; it holds no text of
the server's, only enums, numbers, times and ids of our own tables.
"""

from enum import StrEnum
from typing import Self

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Count, Factor, Moment, WaitSeconds


class Family(StrEnum):
    """What a reader of many outcomes groups by."""

    OK = "ok"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    LIMIT = "limit"
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
    """What a request can come to, and of which family; docs/outcomes.md says what each means."""

    family: Family

    def __new__(cls, value: str, family: Family = Family.UNKNOWN) -> Self:
        """The member, which is its value as a text."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.family = family
        return kind

    SUCCESS = "success", Family.OK
    FREE_USAGE_LIMIT = "free_usage_limit", Family.QUOTA
    GO_USAGE_LIMIT = "go_usage_limit", Family.QUOTA
    BLACK_USAGE_LIMIT = "black_usage_limit", Family.QUOTA
    KEY_RATE_LIMIT = "key_rate_limit", Family.RATE_LIMIT
    PROVIDER_RATE_LIMIT = "provider_rate_limit", Family.RATE_LIMIT
    ZEN_LIMIT = "zen_limit", Family.LIMIT
    OTHER_SERVICE = "other_service", Family.QUOTA
    PROVIDER_OVERLOAD = "provider_overload", Family.OVERLOAD
    CREDITS_EXHAUSTED = "credits_exhausted", Family.BILLING
    MONTHLY_LIMIT = "monthly_limit", Family.BILLING
    USER_LIMIT = "user_limit", Family.BILLING
    AUTH_MISSING = "auth_missing", Family.AUTH
    AUTH_INVALID = "auth_invalid", Family.AUTH
    AUTH_BLOCKED = "auth_blocked", Family.AUTH
    MODEL_UNAVAILABLE = "model_unavailable", Family.MODEL
    REGION_BLOCKED = "region_blocked", Family.POLICY
    CLIENT_GATE = "client_gate", Family.POLICY
    INVALID_REQUEST = "invalid_request", Family.REQUEST
    CONTEXT_OVERFLOW = "context_overflow", Family.REQUEST
    SERVER_ERROR = "server_error", Family.SERVER
    GATEWAY_ERROR = "gateway_error", Family.NETWORK
    TRANSPORT_ERROR = "transport_error", Family.NETWORK
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Who said so. `relayed`: the response of somebody behind Zen, named in `Outcome.provider`."""

    ZEN = "zen"
    RELAYED = "relayed"
    EDGE = "edge"
    PROXY = "proxy"
    CHAINED_PROXY = "chained_proxy"
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
    """What one range of client releases does with an answer."""

    eras: tuple[texts.Era, ...]
    """Ranges of client releases, or what their ids begin with, such as `C3a` and `C4`."""
    failure_kind: texts.Term
    """The client's name for the failure, or `none`; a range without a name for it has ours."""
    retried: bool
    retries: Count | None = None
    """How often at most, without the first try; None without end."""
    delay_s: WaitSeconds | None = None
    """Wait before the first retry, in seconds, without jitter; None when not retried."""
    growth: Factor = 1.0
    """By what each further wait is longer."""
    jitter: tuple[Factor, Factor] = (1.0, 1.0)
    """By what a wait is multiplied, at least and at most."""
    longest_s: WaitSeconds | None = None
    """No wait is longer."""
    honours_retry_after: bool | None = None
    """Whether the wait is the one that the answer named; None where it named none, or where it
    makes no difference."""
    blocks: bool = False
    """The conversation is closed until the user acts."""
    main_calls: Count | None = None
    """Requests of one prompt until the client gives up, or waits as the answer said; None without
    end."""
    title_calls: Count | None = None
    """Requests beside those for the title of a new conversation."""
    user_sees: texts.Term
    """Id of a row of the table of texts, never a text of the server's."""

    def delay(self, retry: int) -> tuple[float, float]:
        """The wait before a retry (1 is the first), at least and at most, in seconds."""
        plain = (self.delay_s or 0.0) * self.growth ** (retry - 1)
        most = self.longest_s or plain
        low, high = (min(plain, most) * factor for factor in self.jitter)
        return low, min(high, self.longest_s or high)


class Outcome(Noun):
    """What one exchange came to."""

    kind: Kind
    family: Family
    origin: Origin
    provider: texts.Provider | None = None
    """Name of the relayed provider when it is a known one, `other` when it is not."""
    in_stream: bool = False
    """The error came inside an event stream, whatever its HTTP status."""
    error_type: texts.ErrorWord | None = None
    """The server's own type when it is in the vocabulary, else `other`."""
    rule_id: texts.Term
    evidence: tuple[texts.DecidingPlace, ...] = ()
    """Places that decided (`status`, `body.error.type`, …), never values."""
    retry_after_s: WaitSeconds | None = None
    retry_after_from: texts.WaitPlace | None = None
    """`retry-after-ms`, `retry-after`, `retry-after date`, `body`, or `text` (a last resort)."""
    reset_at: Moment | None = None
    """UTC, counted from the server's `date`."""
    reset_cadence: Cadence = Cadence.NONE
    reset_conflicts: tuple[texts.WaitConflict, ...] = ()
    """Other sources that name another wait, as `place=seconds`."""
    client: tuple[ClientBehaviour, ...] = ()

    @property
    def origin_label(self) -> str:
        """The origin in one word or two: `zen`, `edge`, `relayed:Nvidia`."""
        return f"{self.origin}:{self.provider}" if self.provider else str(self.origin)
