"""The counters: free pools, the key limiter, Go's dollars. Pure; `now` is an argument (aware UTC).

Checking and counting are apart because the server counts after the answer: requests in parallel
can therefore overshoot a threshold. Invariant: `check` changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pawwork_proxy.simulator.facts import QuotaDimension, RequestFacts, quota_key
from pawwork_proxy.simulator.scenario import (
    NEW_ADDRESS_FACTOR,
    FreeLimit,
    GoPlan,
    ModelOffer,
    RelayedLimit,
)
from pawwork_proxy.simulator.windows import ROLLING_5H, WindowName, seconds_until, window_of

Pool = tuple[str, ...]
KEPT_WINDOWS = 3
"""Older windows are forgotten, so that a long run does not grow."""


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

    def add(self, pool: Pool, now: datetime, amount: int = 1) -> None:
        """Count `amount` more in the window of `now`."""
        start = self.span(now)[0]
        counts = self._by_window.get(start)
        if counts is None:
            counts = self._by_window[start] = {}
            while len(self._by_window) > KEPT_WINDOWS:
                del self._by_window[min(self._by_window)]
        counts[pool] = counts.get(pool, self.already_used) + amount


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


class FreeLimiter:
    """The IP limiter of zen-facts 7.2 and 7.3, keyed by whatever the scenario says."""

    def __init__(self, rule: FreeLimit, workspaces: Mapping[str, str]) -> None:
        self._rule = rule
        self._workspaces = workspaces
        self._counts = WindowedCounts(rule.window, rule.already_used)
        self._lifetime: dict[Pool, int] = {}

    def check(self, facts: RequestFacts, offer: ModelOffer, now: datetime) -> Hold:
        """Where the request stands; changes nothing."""
        rule = self._rule
        pool = quota_key(rule.keyed_by, facts, self._workspaces)
        gated = rule.header_gate is not None and not _passes(rule.header_gate.headers, facts)
        threshold = rule.limit if offer.limit is None else offer.limit
        new = False
        if gated:
            assert rule.header_gate is not None
            threshold = rule.header_gate.otherwise
        elif offer.limit is None and rule.double_new:
            new = self._lifetime.get(pool, 0) < NEW_ADDRESS_FACTOR * threshold
        if offer.limit is not None:
            pool = (*pool, offer.id[:2])
        return Hold(
            pool=pool,
            used=self._counts.used(pool, now),
            threshold=threshold * 2 if new else threshold,
            retry_after=seconds_until(self._counts.span(now)[1], now),
            new=new,
        )

    def count(self, hold: Hold, now: datetime) -> None:
        """One more request of this pool has been answered."""
        self._counts.add(hold.pool, now)
        if hold.new:
            self._lifetime[hold.pool] = self._lifetime.get(hold.pool, 0) + 1

    def consume(self, facts: RequestFacts, offer: ModelOffer, amount: int, now: datetime) -> None:
        """Other people use `amount` of the pool this request would fall into."""
        self._counts.add(self.check(facts, offer, now).pool, now, amount)


class RelayedLimiter:
    """A limit of the closed service: one pool per key, counted for admitted requests only."""

    def __init__(self, rule: RelayedLimit, workspaces: Mapping[str, str]) -> None:
        self._keyed_by: tuple[QuotaDimension, ...] = rule.keyed_by
        self._limit = rule.limit
        self._workspaces = workspaces
        self._counts = WindowedCounts(rule.window)

    def check(self, facts: RequestFacts, now: datetime) -> Hold:
        """Where the request stands; changes nothing."""
        pool = quota_key(self._keyed_by, facts, self._workspaces)
        end = self._counts.span(now)[1]
        return Hold(pool, self._counts.used(pool, now), self._limit, seconds_until(end, now))

    def count(self, hold: Hold, now: datetime) -> None:
        """One more request of this pool has been answered."""
        self._counts.add(hold.pool, now)


class KeyLimiter:
    """Requests per key, model (27 characters) and UTC minute (zen-facts 7.5)."""

    RETRY_AFTER_S = 60
    MODEL_CHARACTERS = 27

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._counts = WindowedCounts("minute")

    def check(self, key: str, model: str, now: datetime) -> Hold:
        """Where the request stands; `retry-after` is always a minute."""
        pool = (key, model[: self.MODEL_CHARACTERS])
        used = self._counts.used(pool, now)
        return Hold(pool, used, self._per_minute, self.RETRY_AFTER_S)

    def count(self, hold: Hold, now: datetime) -> None:
        """One more request of this key and model has been made."""
        self._counts.add(hold.pool, now)


GoLimitName = Literal["5 hour", "weekly", "monthly"]


@dataclass(frozen=True, slots=True)
class GoUse:
    """Use of one of Go's three limits."""

    name: GoLimitName
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
        self._limits = {
            "5 hour": _micro(plan.five_hours),
            "weekly": _micro(plan.weekly),
            "monthly": _micro(plan.monthly),
        }
        self._cost = _micro(plan.dollars_per_request)
        self._weekly = WindowedCounts("week")
        self._monthly = WindowedCounts("month")
        self._rolling: dict[Pool, tuple[datetime, int]] = {}

    def uses(self, pool: Pool, now: datetime) -> tuple[GoUse, GoUse, GoUse]:
        """The three limits as they stand at `now`."""
        start, used = self._rolling.get(pool, (now, 0))
        if not start <= now < start + ROLLING_5H:
            start, used = now, 0
        return (
            GoUse("5 hour", used, self._limits["5 hour"], start + ROLLING_5H),
            GoUse(
                "weekly",
                self._weekly.used(pool, now),
                self._limits["weekly"],
                self._weekly.span(now)[1],
            ),
            GoUse(
                "monthly",
                self._monthly.used(pool, now),
                self._limits["monthly"],
                self._monthly.span(now)[1],
            ),
        )

    def count(self, pool: Pool, now: datetime) -> None:
        """One more request has been paid from the plan."""
        start, used = self._rolling.get(pool, (now, 0))
        if not start <= now < start + ROLLING_5H:
            start, used = now, 0
        self._rolling[pool] = (start, used + self._cost)
        self._weekly.add(pool, now, self._cost)
        self._monthly.add(pool, now, self._cost)


def _passes(wanted: Mapping[str, str], facts: RequestFacts) -> bool:
    for name, part in wanted.items():
        value = facts.headers.get(name.lower())
        if value is None or part.lower() not in value.lower():
            return False
    return True


def _micro(dollars: float) -> int:
    return round(dollars * 1_000_000)
