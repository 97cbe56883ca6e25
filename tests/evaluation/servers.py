"""The limiters of the worlds: the simulator's own where it can, else one written for this.

Both follow the server's source and reports on it, and share no code with the comparison.
Invariant: the rules of a world decide which of the two it gets: equal seeds give equal worlds.
"""

import random
import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol

from pawwork_proxy.model.observation import ABSENT
from pawwork_proxy.simulator.faults import Fault
from pawwork_proxy.simulator.gates import ClientGate, Gate, KeylessGate, UserAgentLimit
from pawwork_proxy.simulator.model_call import QUOTA_DIMENSIONS, ModelCall
from pawwork_proxy.simulator.scenario import FreeLimit, HeaderGate, ModelOffer, Scenario
from pawwork_proxy.simulator.world import World as SimulatedWorld

Who = dict[str, str]
DAY = 86400.0


Dress = Literal["gate", "gate_in_quota_words", "gate_as_quota"]
"""How a gate refuses: by its sentence; in the quota's words without wait; exactly as the quota."""


class ClosedTo(NamedTuple):
    """A gate: whoever has this value is turned away always, whatever was used."""

    part: str
    value: str
    dress: Dress


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
    closed_to: ClosedTo | None = None

    def pool(self, who: Who) -> tuple[str, ...]:
        """The pool a request falls into."""
        parts = who | {
            "bucket": who["model_group"] if who["model"] in self.own_buckets else "default",
            "caller": who["key" if who["auth_kind"] == "user_key" else "address"],
        }
        return tuple(parts[part] for part in self.key)

    def threshold(self, who: Who, new: bool) -> int:
        """How many are admitted to a pool before this caller is refused."""
        if who["user_agent"] in self.gated:
            return self.fallback
        bonus = self.keyed_bonus if who["auth_kind"] == "user_key" else 1
        return self.by_model.get(who["model"], self.limit) * bonus * (2 if new else 1)


def midnight(at: float) -> float:
    """The end of the day of a moment."""
    return (at // DAY + 1) * DAY


Finish = Callable[[float, bool], None]
"""Counts a request when its response ends, at which moment, and whether the client left before."""


class Server(Protocol):
    """What decides about the requests of a world."""

    def decide(self, who: Who, at: float) -> tuple[str, Finish | None]:
        """`success`, `refused`, `relayed`, `overload` or a gate's dress; and how to count it."""
        ...

    def resets_at(self, who: Who, at: float) -> float:
        """Until when a refusal of that moment says that it lasts."""
        ...


class OwnServer:
    """Keys its pools on anything, also on what no simulated server could see."""

    def __init__(self, rules: Rules, rng: random.Random) -> None:
        self.rules = rules
        self.rng = rng
        self.counts: Counter[object] = Counter()
        self.lifetime: Counter[tuple[str, ...]] = Counter()

    def decide(self, who: Who, at: float) -> tuple[str, Finish | None]:
        """See `Server`; counts what was admitted for the day in which it was judged."""
        closed = self.rules.closed_to
        if closed is not None and who[closed.part] == closed.value:
            return closed.dress, None
        pool = self.rules.pool(who)
        day = int((at + 0.3) // DAY)
        new = (
            self.rules.doubling
            and who["user_agent"] not in self.rules.gated
            and self.lifetime[pool] < 7 * self.rules.limit
            and zlib.crc32("|".join(pool).encode()) % 3 != 0
        )
        if self.counts[day, pool] >= self.rules.threshold(who, new):
            return "refused", None
        if self.rules.relayed_for == who["user_agent"]:
            return "relayed", None

        def finish(_: float, aborted: bool) -> None:
            if not aborted or self.rules.counts_aborted:
                self.counts[day, pool] += 1
                self.lifetime[pool] += 1

        return "overload" if self.rng.random() < self.rules.overload else "success", finish

    def resets_at(self, who: Who, at: float) -> float:
        """See `Server`."""
        return midnight(at)


SIMULATED = {"prefix": "ip"} | {
    part: part for part in QUOTA_DIMENSIONS if part not in {"ip", "workspace", "global"}
}
"""What the simulator calls our parts; it sees no device, no family and no workspace of ours."""
KNOWN_CLIENTS = "opencode/"
UNKNOWN_CLIENT = "ai-sdk/2.0"


class SimulatorServer:
    """The scenario core of the simulator, counting for the day a response ends in."""

    def __init__(self, rules: Rules, rng: random.Random) -> None:
        own = rules.own_buckets if "bucket" in rules.key else ()
        free = FreeLimit(
            keyed_by=tuple(SIMULATED[part] for part in rules.key if part != "bucket"),
            limit=rules.limit,
            double_new=rules.doubling,
            header_gate=HeaderGate(headers={"user-agent": KNOWN_CLIENTS}, otherwise=rules.fallback)
            if rules.gated
            else None,
            count_aborted=rules.counts_aborted,
        )
        self.dress = rules.closed_to.dress if rules.closed_to else ""
        gate = None if rules.closed_to is None else _gate(rules.closed_to)
        overload = Fault(kind="overloaded_529", chance=rules.overload or None)
        scenario = Scenario(
            free=free,
            keyless_gate=gate if isinstance(gate, KeylessGate) else None,
            client_gate=gate if isinstance(gate, ClientGate) else None,
            user_agent_limit=UserAgentLimit() if rules.relayed_for else None,
            models=tuple(ModelOffer(id=name, free=True, limit=rules.limit) for name in sorted(own)),
            accept_unknown_models=True,
            faults=(overload,) if rules.overload else (),
        )
        self.world = SimulatedWorld(scenario, seed=rng.randrange(2**32))

    @staticmethod
    def fits(rules: Rules) -> bool:
        """Whether the simulator can play by these rules."""
        return (
            all(part in SIMULATED or part == "bucket" for part in rules.key)
            and rules.gated <= {UNKNOWN_CLIENT}
            and rules.relayed_for in {None, UNKNOWN_CLIENT}
            and not rules.by_model
            and rules.keyed_bonus == 1
            and (rules.closed_to is None or rules.closed_to.part in _GATES)
        )

    def decide(self, who: Who, at: float) -> tuple[str, Finish | None]:
        """See `Server`; counts when the response is over, for the day of that moment."""
        response = self.world.decide(_call(who), datetime.fromtimestamp(at + 0.3, UTC))
        if response.decision in {"free_usage_limit", "client_gate"}:
            own = "refused" if response.decision == "free_usage_limit" else self.dress
            return "relayed" if response.provider else own, None

        def finish(end: float, aborted: bool) -> None:
            self.world.finish(response, datetime.fromtimestamp(end, UTC), aborted=aborted)

        return {"admitted": "success", "fault": "overload"}[response.decision], finish

    def resets_at(self, who: Who, at: float) -> float:
        """See `Server`."""
        return midnight(at)


_DRESSES: dict[Dress, dict[str, object]] = {
    "gate": {"refuses_with": "free_tier"},
    "gate_in_quota_words": {"refuses_with": "free_usage_limit"},
    "gate_as_quota": {"refuses_with": "free_usage_limit", "until_midnight": True},
}
_UNCHECKED = {"session": "", "session_headers": (), "stream": False, "tools": ()}
_GATES: dict[str, Callable[[str], Gate]] = {
    "auth_kind": lambda _: KeylessGate(closed=("",)),
    "user_agent": lambda value: ClientGate.model_validate(
        {**_UNCHECKED, "provider": "", "user_agent": f"(?!{re.escape(value)}$)"}
    ),
}
"""The simulator's gates by our parts; its calls name no address here."""


def _gate(closed: ClosedTo) -> Gate:
    return _GATES[closed.part](closed.value).model_copy(update=_DRESSES[closed.dress])


def _call(who: Who) -> ModelCall:
    sent = {name: value for name, value in who.items() if value != ABSENT}
    address = who["address"]
    if who["family"] == "ipv6":
        prefix, host = (f"{zlib.crc32(who[name].encode()):x}" for name in ("prefix", "address"))
        address = f"2001:db8:{prefix[:4]}:{prefix[4:] or 0}:{host[:4]}::1"
    return ModelCall(
        model=who["model"],
        address=address,
        key=sent.get("key"),
        user_agent=who["user_agent"],
        session=sent.get("session"),
        request=sent.get("request"),
        project=sent.get("project"),
        client=who["client"],
        install=who["install"],
        region=who["region"],
        headers={"user-agent": who["user_agent"]},
    )


def server_for(rules: Rules, rng: random.Random) -> OwnServer | SimulatorServer:
    """The simulator where it can play by the rules, else our own."""
    return SimulatorServer(rules, rng) if SimulatorServer.fits(rules) else OwnServer(rules, rng)
