"""Why an observation is no evidence on a quota, as a table, and by which rhythm one counts.

Invariant: the first row that applies is the one given; `may_count` errs towards counting, since a
request that was counted unseen is what makes a verdict wrong.
"""

from collections.abc import Callable
from typing import NamedTuple

from pawwork_proxy.comparison.windows import FIXED_CADENCES
from pawwork_proxy.facts.server import DAILY
from pawwork_proxy.model.observation import Observation


class ExclusionRow(NamedTuple):
    """A reason to leave an observation out; the first that applies is the one given."""

    id: str
    may_count: bool
    """Whether the server may still have counted it towards the quota."""
    applies: Callable[[Observation], bool]


BEFORE_LIMITER = frozenset({"billing", "auth", "model", "policy"})
OTHER_LIMITS = frozenset({"go_usage_limit", "black_usage_limit", "key_rate_limit"})
FREE_TIERS = frozenset({"zen", "unknown"})
"""An address that is not known may be where the free tier is served next."""
NOT_SERVERS = frozenset({"edge", "proxy", "chained_proxy", "client", "unknown"})


DAILY_BY_SOURCE = DAILY | {"simulated", "unknown"}
"""Server eras whose own free limit is known to be a daily one, also where it does not say so."""


def says_how_long(refusal: Observation) -> bool:
    """Whether it is known until when a pool is used up, or by which rhythm.

    A relayed limit that announces no reset may have any rhythm (source `server-reports`).
    """
    named = refusal.reset_at is not None or refusal.retry_after_s is not None
    own = refusal.origin == "zen" and refusal.server_era in DAILY_BY_SOURCE
    daily = own and refusal.cadence == "none"
    return named or daily or refusal.cadence in FIXED_CADENCES


def is_refusal(seen: Observation) -> bool:
    """Whether a free quota refused it."""
    return seen.kind == "free_usage_limit"


def is_admission(seen: Observation) -> bool:
    """Whether the limiter let it through."""
    return seen.family == "ok"


EXCLUSIONS: tuple[ExclusionRow, ...] = (
    ExclusionRow("other_tier", False, lambda seen: seen.tier not in FREE_TIERS),
    ExclusionRow("no_model_call", False, lambda seen: not seen.model_call),
    ExclusionRow("observed_in_part", True, lambda seen: seen.in_part),
    ExclusionRow("other_limit", False, lambda seen: seen.kind in OTHER_LIMITS),
    ExclusionRow(
        "before_limiter",
        False,
        # A provider's response shows that Zen's limiter let the request through, whatever it says.
        lambda seen: seen.family in BEFORE_LIMITER and seen.origin == "zen",
    ),
    ExclusionRow(
        "not_from_server", True, lambda seen: is_refusal(seen) and seen.origin in NOT_SERVERS
    ),
    ExclusionRow("no_fixed_reset", True, lambda seen: is_refusal(seen) and not says_how_long(seen)),
    ExclusionRow("not_quota", True, lambda seen: not is_refusal(seen) and not is_admission(seen)),
    ExclusionRow("no_answer", True, lambda seen: seen.answered_at is None),
    ExclusionRow("unknown_model", True, lambda seen: seen.who.model is None),
    ExclusionRow("paid_model", False, lambda seen: is_admission(seen) and seen.free is False),
    ExclusionRow("not_known_free", True, lambda seen: is_admission(seen) and seen.free is None),
)

CONTEXT_EXCLUSIONS = (
    "not_recorded",
    "other_study",
    "simulated",
    "answered_here",
    "seen_twice",
    "perhaps_twice",
    "instrument_disturbs",
    "near_reset",
    "no_refusal_in_window",
)
"""Reasons that take more than the observation itself; in the order in which they are listed."""
