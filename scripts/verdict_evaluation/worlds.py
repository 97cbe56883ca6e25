"""Random worlds: a limiter with a known key, people, traps, and what captures saw of it.

The limiter is written from zen-facts 7.2-7.3 and shares no code with the comparison. Invariant: a
world is a function of its seed; every observation was really answered by its limiter.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pawwork_proxy.model.observation import ABSENT, Identities, Observation

Who = dict[str, str]
DAY = 86400.0
START = datetime(2026, 6, 1, tzinfo=UTC).timestamp()

PARTS = (
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
)
IMPLIES: dict[str, tuple[str, ...]] = {
    "address": ("prefix", "family"),
    "prefix": ("family",),
    "key": ("workspace", "auth_kind"),
    "install": ("device",),
    "session": ("install", "device", "project"),
    "request": ("session", "install", "device", "project"),
    "model": ("model_group",),
}
MODELS = ("big-pickle", "bigger-free", "nemotron-free", "north-free", "mimo-free", "ling-free")
AGENTS = (("opencode/1.16.2", "cli"), ("opencode/1.18.1", "desktop"), ("ai-sdk/2.0", "desktop"))


@dataclass(frozen=True)
class Rules:
    """What the server does; the truth that verdicts are held against."""

    key: tuple[str, ...]
    own_buckets: frozenset[str]
    """Models with a bucket of their group's own; only where the truth says `bucket`."""
    limit: int
    fallback: int
    gated: frozenset[str]
    """User agents that only get the fallback."""
    by_model: dict[str, int]
    keyed_bonus: int
    doubling: bool
    counts_aborted: bool
    overload: float
    relayed_for: str | None
    """User agent that a relayed service turns away."""

    def pool(self, who: Who) -> tuple[str, ...]:
        """The pool a request falls into."""
        return tuple(self._part(part, who) for part in self.key)

    def _part(self, part: str, who: Who) -> str:
        if part == "bucket":
            return who["model_group"] if who["model"] in self.own_buckets else "default"
        return who[part]

    def threshold(self, who: Who, new: bool) -> int:
        """How many are admitted to a pool before this caller is refused."""
        if who["user_agent"] in self.gated:
            return self.fallback
        bonus = self.keyed_bonus if who["auth_kind"] == "user_key" else 1
        return self.by_model.get(who["model"], self.limit) * bonus * (2 if new else 1)


@dataclass(order=True)
class Ask:
    """A request to come."""

    at: float
    number: int
    who: Who = field(compare=False)
    capture: str | None = field(compare=False, default=None)
    """None: somebody else, whom nobody observes."""
    takes: float = field(compare=False, default=1.0)
    abort: bool = field(compare=False, default=False)
    retries: int = field(compare=False, default=0)


class World:
    """A server with its counters, and the captures that watch some of its callers."""

    def __init__(self, rules: Rules, rng: random.Random) -> None:
        self.rules = rules
        self.rng = rng
        self.counts: Counter[tuple[object, ...]] = Counter()
        self.lifetime: Counter[tuple[str, ...]] = Counter()
        self.offsets: dict[str, tuple[float, float]] = {}
        self.blind: set[str] = set()
        """Captures without the egress probe."""
        self.labels: dict[str, str | None] = {}
        self.seen: list[Observation] = []
        self.number = 0
        self.who_of: dict[int, Who] = {}
        """Who really asked, by sequence number."""

    def play(self, asks: list[Ask]) -> None:
        """Let requests happen in the order of time; answers are counted when they end."""
        queue: list[Ask] = list(asks)
        heapq.heapify(queue)
        ending: list[tuple[float, tuple[object, ...]]] = []
        while queue:
            ask = heapq.heappop(queue)
            while ending and ending[0][0] <= ask.at:
                self._count(heapq.heappop(ending)[1])
            answer = self._answer(ask)
            if answer in {"success", "overload"} and (not ask.abort or self.rules.counts_aborted):
                heapq.heappush(ending, (ask.at + ask.takes, self._cell(ask)))
            if answer == "refused" and ask.retries:
                again = Ask(ask.at + 2.0, ask.number, ask.who, ask.capture, ask.takes)
                again.retries = ask.retries - 1
                heapq.heappush(queue, again)
            if ask.capture is not None:
                self._observe(ask, answer)
        for _, cell in sorted(ending, key=lambda one: one[0]):
            self._count(cell)

    def _cell(self, ask: Ask) -> tuple[object, ...]:
        return (int((ask.at + 0.3) // DAY), *self.rules.pool(ask.who))

    def _count(self, cell: tuple[object, ...]) -> None:
        self.counts[cell] += 1
        self.lifetime[tuple(str(part) for part in cell[1:])] += 1

    def _answer(self, ask: Ask) -> str:
        pool = self.rules.pool(ask.who)
        new = (
            self.rules.doubling
            and ask.who["user_agent"] not in self.rules.gated
            and self.lifetime[pool] < 7 * self.rules.limit
            and hash_of(pool) % 3 != 0
        )
        if self.counts[self._cell(ask)] >= self.rules.threshold(ask.who, new):
            return "refused"
        if self.rules.relayed_for == ask.who["user_agent"]:
            return "relayed"
        return "overload" if self.rng.random() < self.rules.overload else "success"

    def _observe(self, ask: Ask, answer: str) -> None:
        assert ask.capture is not None
        off, error = self.offsets.setdefault(ask.capture, self._clock())
        kind, family, origin, cadence = ANSWERS[answer]
        ended = ask.at + (ask.takes if answer == "success" else 0.4)
        self.number += 1
        self.who_of[self.number] = ask.who
        who: dict[str, str | None] = dict(ask.who)
        who["network"] = self.labels.get(ask.who["address"])
        if ask.capture in self.blind:
            who["address"] = who["prefix"] = None
        self.seen.append(
            Observation(
                capture=ask.capture,
                seq=self.number,
                simulated=True,
                started_at=_utc(ask.at + off),
                answered_at=_utc(ask.at + 0.3 + off),
                ended_at=_utc(ended + off),
                clock_error_s=error,
                kind=kind,
                family=family,
                origin=origin,
                cadence=cadence,
                ending="aborted" if ask.abort and answer == "success" else "complete",
                action=ask.who["request"] if ask.who["request"] != ABSENT else str(ask.number),
                who=Identities.model_validate(who),
            )
        )

    def _clock(self) -> tuple[float, float]:
        """How wrong a capture's corrected clock still is, and the bound it gives for that."""
        error = self.rng.choice((0.5, 1.0, 3.0, 30.0))
        return self.rng.uniform(-error, error), error


ANSWERS: dict[str, tuple[str, str, str, str]] = {
    "success": ("success", "ok", "zen", "none"),
    "refused": ("free_usage_limit", "quota", "zen", "utc_day"),
    "relayed": ("free_usage_limit", "quota", "relayed:Console", "none"),
    "overload": ("provider_overload", "overload", "relayed:other", "none"),
}


def hash_of(pool: tuple[str, ...]) -> int:
    """Which pools count as new is random but fixed."""
    return sum(ord(letter) * (n + 1) for n, letter in enumerate("|".join(pool)))


def _utc(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
