"""The counters: pools in calendar windows, the free limiter, Go's dollars.

Pure; `now` is an argument (aware UTC). Checking and counting are apart because the server counts
after the response: requests in parallel can therefore overshoot a threshold. Invariant: checking
changes nothing. The windows are apart from the comparison's on purpose: the simulator is what the
comparison is tested against.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pawwork_proxy.simulator.model_call import ModelCall, quota_key
from pawwork_proxy.simulator.scenario import FreeLimit, GoPlan, ModelOffer, WindowName

Pool = tuple[str, ...]
KEPT_WINDOWS = 3
"""Older windows are forgotten, so that a long run does not grow."""
NEW_ADDRESS_FACTOR = 7
"""A pool counts as new while its lifetime count is below 7 x threshold (source `ip-limiter`)."""
ROLLING_5H = timedelta(hours=5)
"""Go's first limit is no calendar window: it starts with its first use."""
_LENGTHS: Mapping[WindowName, timedelta] = {
    "utc_day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "week": timedelta(weeks=1),
}
_A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def window_of(name: WindowName, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the calendar window; weeks begin on Monday 00:00 UTC."""
    if name == "month":
        start = datetime(now.year, now.month, 1, tzinfo=UTC)
        return start, (start + timedelta(days=32)).replace(day=1)
    length = _LENGTHS[name]
    start = now - (now - _A_MONDAY) % length
    return start, start + length


def seconds_until(end: datetime, now: datetime) -> int:
    """Whole seconds, rounded up and at least 1, as `retry-after` carries them."""
    return max(1, math.ceil((end - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Hold:
    """A request's place in a pool: what was used when it came, and what the threshold was."""

    pool: Pool
    used: int
    threshold: int
    retry_after: int
    new: bool = False
    """The pool counts as new: doubled, and its lifetime count still grows."""

    @property
    def refused(self) -> bool:
        """The threshold is reached."""
        return self.used >= self.threshold


@dataclass(slots=True)
class WindowedCounts:
    """Counts by pool within calendar windows of one kind."""

    window: WindowName
    already_used: int = 0
    _by_window: dict[datetime, dict[Pool, int]] = field(default_factory=dict)
    _current: tuple[datetime, datetime] | None = None

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Start and end of the window that holds `now`."""
        span = self._current
        if span is None or not span[0] <= now < span[1]:
            span = self._current = window_of(self.window, now)
        return span

    def used(self, pool: Pool, now: datetime) -> int:
        """How much of the pool is used in the window of `now`."""
        counts = self._by_window.get(self.span(now)[0])
        return self.already_used if counts is None else counts.get(pool, self.already_used)

    def hold(self, pool: Pool, threshold: int, now: datetime, *, new: bool = False) -> Hold:
        """Where a request of this pool stands at `now`; changes nothing."""
        wait = seconds_until(self.span(now)[1], now)
        return Hold(pool, self.used(pool, now), threshold, wait, new)

    def add(self, pool: Pool, now: datetime, amount: int = 1) -> None:
        """Count `amount` more in the window of `now`."""
        start = self.span(now)[0]
        counts = self._by_window.setdefault(start, {})
        while len(self._by_window) > KEPT_WINDOWS:
            del self._by_window[min(self._by_window)]
        counts[pool] = counts.get(pool, self.already_used) + amount


class FreeLimiter:
    """The limiter of free models (source `ip-limiter`), keyed by whatever the scenario says."""

    def __init__(self, rule: FreeLimit, workspaces: Mapping[str, str]) -> None:
        self._rule = rule
        self._workspaces = workspaces
        self._counts = WindowedCounts(rule.window, rule.already_used)
        self._lifetime: dict[Pool, int] = {}

    def check(self, call: ModelCall, offer: ModelOffer, now: datetime) -> Hold:
        """Where the call stands; changes nothing."""
        rule, gate = self._rule, self._rule.header_gate
        pool = quota_key(rule.keyed_by, call, self._workspaces)
        threshold = rule.limit if offer.limit is None else offer.limit
        new = False
        if gate is not None and not all(
            call.header_contains(name, part) for name, part in gate.headers.items()
        ):
            threshold = gate.otherwise
        elif offer.limit is None and rule.double_new:
            new = self._lifetime.get(pool, 0) < NEW_ADDRESS_FACTOR * threshold
        if offer.limit is not None:
            pool = (*pool, offer.id[:2])
        return self._counts.hold(pool, threshold * 2 if new else threshold, now, new=new)

    def count(self, hold: Hold, now: datetime) -> None:
        """One more request of this pool is over."""
        self._counts.add(hold.pool, now)
        if hold.new:
            self._lifetime[hold.pool] = self._lifetime.get(hold.pool, 0) + 1

    def consume(self, call: ModelCall, offer: ModelOffer, amount: int, now: datetime) -> None:
        """Other people use `amount` of the pool this call would fall into."""
        self._counts.add(self.check(call, offer, now).pool, now, amount)


def limit_that_lasts(seconds: int) -> str:
    """The limit of Go that is reset in so many seconds, as a refusal names it."""
    if seconds <= ROLLING_5H.total_seconds():
        return "5 hour"
    return "weekly" if seconds <= _LENGTHS["week"].total_seconds() else "monthly"


@dataclass(frozen=True, slots=True)
class GoUse:
    """Use of one of Go's three limits."""

    name: str
    """`5 hour`, `weekly` or `monthly`, as a refusal names it."""
    used: int
    """Micro-dollars."""
    limit: int
    resets_at: datetime

    @property
    def exhausted(self) -> bool:
        """Nothing is left of it."""
        return self.used >= self.limit

    @property
    def percent(self) -> int:
        """Use in per cent of the limit, at most 100."""
        return min(100, self.used * 100 // self.limit)


class GoLimiter:
    """Dollars per five hours (from the first use), week and month, by workspace and user."""

    def __init__(self, plan: GoPlan) -> None:
        self._cost = _micro(plan.dollars_per_request)
        self._five_hours = _micro(plan.five_hours)
        self._calendar = (
            ("weekly", _micro(plan.weekly), WindowedCounts("week")),
            ("monthly", _micro(plan.monthly), WindowedCounts("month")),
        )
        self._rolling: dict[Pool, tuple[datetime, int]] = {}

    def uses(self, pool: Pool, now: datetime) -> tuple[GoUse, ...]:
        """The three limits as they stand at `now`."""
        start, used = self._rolling_use(pool, now)
        return (
            GoUse("5 hour", used, self._five_hours, start + ROLLING_5H),
            *[
                GoUse(name, counts.used(pool, now), limit, counts.span(now)[1])
                for name, limit, counts in self._calendar
            ],
        )

    def count(self, pool: Pool, now: datetime) -> None:
        """One more request has been paid from the plan."""
        start, used = self._rolling_use(pool, now)
        self._rolling[pool] = (start, used + self._cost)
        for _, _, counts in self._calendar:
            counts.add(pool, now, self._cost)

    def _rolling_use(self, pool: Pool, now: datetime) -> tuple[datetime, int]:
        start, used = self._rolling.get(pool, (now, 0))
        return (start, used) if start <= now < start + ROLLING_5H else (now, 0)


def _micro(dollars: float) -> int:
    return round(dollars * 1_000_000)
