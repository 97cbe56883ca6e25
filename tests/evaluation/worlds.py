"""Random worlds: a limiter with a known key, people, traps, and what captures saw of it.

Invariant: a world is a function of its seed; its own server really decided about every observation.
"""

import heapq
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pawwork_proxy.model.observation import ABSENT, Identities, Observation
from tests.evaluation.servers import DAY, Finish, Rules, Server, Who, server_for

START = datetime(2026, 6, 1, tzinfo=UTC).timestamp()

PARTS = tuple(name for name in Identities.model_fields if name != "network")
"""What a limiter may be keyed on: every identity but the user's own label of the network."""
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
AGENTS: tuple[Who, ...] = (
    {"client": "cli", "user_agent": "opencode/1.16.2"},
    {"client": "desktop", "user_agent": "opencode/1.18.1"},
    {"client": "desktop", "user_agent": "ai-sdk/2.0"},
)


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
    recorded: dict[str, str | None] = field(compare=False, default_factory=dict)
    """What the record says of it where that is not the truth."""


class World:
    """A server with its counters, and the captures that watch some of its callers."""

    def __init__(self, rules: Rules, rng: random.Random, server: Server | None = None) -> None:
        self.rules = rules
        self.rng = rng
        self.server: Server = server or server_for(rules, rng)
        self.offsets: dict[str, tuple[float, float]] = {}
        self.blind: set[str] = set()
        """Captures without the egress probe."""
        self.labels: dict[str, str | None] = {}
        self.seen: list[Observation] = []
        self.number = 0
        self.who_of: dict[int, Who] = {}
        """Who really asked, by sequence number."""

    def play(self, asks: list[Ask]) -> None:
        """Let requests happen in the order of time; they are counted when their responses end."""
        queue = sorted(asks)
        ending: list[tuple[float, int, bool, Finish]] = []
        while queue:
            ask = heapq.heappop(queue)
            while ending and ending[0][0] <= ask.at:
                at, _, aborted, finish = heapq.heappop(ending)
                finish(at, aborted)
            result, counted = self.server.decide(ask.who, ask.at)
            if counted is not None:
                self.number += 1
                heapq.heappush(ending, (ask.at + ask.takes, self.number, ask.abort, counted))
            if result in REFUSED and ask.retries:
                again = replace(ask, at=ask.at + 2.0, abort=False, retries=ask.retries - 1)
                heapq.heappush(queue, again)
            if ask.capture is not None:
                self._observe(ask, ask.capture, result)
        for at, _, aborted, finish in sorted(ending, key=lambda one: one[:2]):
            finish(at, aborted)

    def _observe(self, ask: Ask, capture: str, result: str) -> None:
        off, error = self.offsets.setdefault(capture, self._clock())
        kind, family, origin, cadence = RESULTS[result]
        ended = ask.at + (ask.takes if result == "success" else 0.4)
        self.number += 1
        self.who_of[self.number] = ask.who
        label = self.labels.get(ask.who["address"])
        who: dict[str, str | None] = {**ask.who, "network": label, **ask.recorded}
        if capture in self.blind:
            who["address"] = who["prefix"] = None
        wait = None
        if cadence == "utc_day":
            wait = self.server.resets_at(ask.who, ask.at + 0.3) - ask.at - 0.3
            cadence = _cadence(ask.at + 0.3, wait)
        self.seen.append(
            Observation(
                capture=capture,
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
                retry_after_s=wait,
                reset_at=None if wait is None else _utc(ask.at + 0.3 + wait),
                ending="aborted" if ask.abort and result == "success" else "complete",
                action=ask.who["request"] if ask.who["request"] != ABSENT else str(ask.number),
                who=Identities.model_validate(
                    {name: who[name] for name in Identities.model_fields}
                ),
            )
        )

    def _clock(self) -> tuple[float, float]:
        """How wrong a capture's corrected clock still is, and the bound it gives for that."""
        error = self.rng.choice((0.5, 1.0, 3.0, 30.0))
        return self.rng.uniform(-error, error), error


RESULTS: dict[str, tuple[str, str, str, str]] = {
    "success": ("success", "ok", "zen", "none"),
    "refused": ("free_usage_limit", "quota", "zen", "utc_day"),
    "relayed": ("free_usage_limit", "quota", "relayed:Console", "none"),
    "overload": ("provider_overload", "overload", "relayed:other", "none"),
    "gate": ("client_gate", "policy", "zen", "none"),
    "gate_in_quota_words": ("free_usage_limit", "quota", "zen", "none"),
    "gate_as_quota": ("free_usage_limit", "quota", "zen", "utc_day"),
}
"""Kind, family, origin and cadence of each result of a server."""
REFUSED = frozenset({"refused", "gate_in_quota_words", "gate_as_quota"})
"""What a client takes for a used-up quota."""


def _cadence(at: float, wait: float) -> str:
    """What a record calls the rhythm of a limit whose refusal at that moment ends after so long."""
    ends_at_midnight = abs((at + wait + DAY / 2) % DAY - DAY / 2) <= 4.0
    return "utc_day" if ends_at_midnight and wait <= DAY else "other"


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
