"""Random worlds: a limiter with a known key, people, traps, and what captures saw of it.

Invariant: a world is a function of its seed; every observation was really answered by its server.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pawwork_proxy.model.observation import ABSENT, Identities, Observation
from scripts.verdict_evaluation.servers import Rules, Who, server_for

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
        self.server = server_for(rules, rng)
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
        ending: list[tuple[float, int, Ask, object]] = []
        while queue:
            ask = heapq.heappop(queue)
            while ending and ending[0][0] <= ask.at:
                at, _, over, place = heapq.heappop(ending)
                self.server.finish(place, at, aborted=over.abort)
            answer, place = self.server.decide(ask.who, ask.at)
            if answer in {"success", "overload"}:
                self.number += 1
                heapq.heappush(ending, (ask.at + ask.takes, self.number, ask, place))
            if answer == "refused" and ask.retries:
                again = Ask(ask.at + 2.0, ask.number, ask.who, ask.capture, ask.takes)
                again.retries = ask.retries - 1
                heapq.heappush(queue, again)
            if ask.capture is not None:
                self._observe(ask, answer)
        for at, _, over, place in sorted(ending, key=lambda one: one[:2]):
            self.server.finish(place, at, aborted=over.abort)

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


def _utc(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
