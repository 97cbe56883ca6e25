"""What could be known: every hypothesis is tried against every constraint, by brute force.

Written apart from `pawwork_proxy.comparison`: sets of rows are bits of a number, all refusals and
all pairs are looked at, and thresholds are solved for. A hypothesis is possible if thresholds,
others' use and unclear requests can be chosen so that everything observed comes out. Odds play no
part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pawwork_proxy.model.observation import ABSENT, PUBLIC, Observation
from scripts.verdict_evaluation.servers import DAY
from scripts.verdict_evaluation.worlds import IMPLIES, PARTS

PRIVATE = frozenset({"key", "device", "install", "session", "request", "caller"})
NOBODYS = frozenset({None, ABSENT, PUBLIC})
Gate = tuple[str | None, ...]


@dataclass
class Demands:
    """What thresholds must satisfy if a hypothesis is the truth."""

    least: dict[tuple[int, Gate], int] = field(default_factory=dict)
    """Certainly counted on a day before an admission."""
    most: dict[tuple[int, Gate], int] = field(default_factory=dict)
    """At most counted on a day before a refusal that only own use can explain."""
    above: set[tuple[Gate, Gate]] = field(default_factory=set)
    """Which kind of client is allowed more than which."""


class Facts:
    """Everything about the observations that no hypothesis changes, as sets of rows."""

    def __init__(self, observations: Iterable[Observation], origin: str = "zen") -> None:
        usable = [seen for seen in observations if seen.answered_at is not None]
        days = {
            day for seen in usable if _refused(seen, origin) and (day := _day(seen)) is not None
        }
        self.rows: list[Observation] = []
        self.day: list[int] = []
        self.part: list[str] = []
        for seen in usable:
            day = _day(seen)
            for one in sorted({*_days(seen), int(_last_moment(seen) // DAY)}):
                if one in days:
                    self.rows.append(seen)
                    self.day.append(one)
                    self.part.append(_part(seen, origin) if one == day else "unclear")
        count = len(self.rows)
        self.refused = _bits(n for n in range(count) if self.part[n] == "refused")
        self.admitted = _bits(n for n in range(count) if self.part[n] == "admitted")
        self.counted = _bits(
            n for n in range(count) if self.part[n] == "admitted" and self._counts(n)
        )
        self.gates: list[Gate | None] = [_gate(seen) for seen in self.rows]
        self.same_gate: dict[Gate | None, int] = {}
        for n, gate in enumerate(self.gates):
            self.same_gate[gate] = self.same_gate.get(gate, 0) | 1 << n
        self.before = [self._earlier(n, "head") for n in range(count)]
        self.over = [self._earlier(n, "end") for n in range(count)]
        self.after = [
            _bits(m for m in range(count) if self.before[m] >> n & 1) for n in range(count)
        ]
        self.in_day: dict[int, int] = {}
        for n, one in enumerate(self.day):
            self.in_day[one] = self.in_day.get(one, 0) | 1 << n
        self.equal: dict[str, list[int]] = {}
        self.unknown: dict[str, int] = {}
        self.implied: dict[str, list[int]] = {}
        self.private: dict[str, int] = {}
        for part in (*PARTS, "caller"):
            self._index(part)
        everything = (1 << count) - 1
        self.varied: set[str] = {
            part
            for part in (*PARTS, "caller")
            if self.unknown[part]
            or self.private[part]
            or any(equal != everything for equal in self.equal[part])
        }
        """Parts that can make a difference at all here."""
        if "model" in self.varied:
            self.varied.add("bucket")
        self.known: dict[frozenset[str], Demands | None] = {}

    def _counts(self, n: int) -> bool:
        return self.rows[n].ending == "complete"

    def _earlier(self, n: int, what: str) -> int:
        row = self.rows[n]
        found = 0
        for m, other in enumerate(self.rows):
            slack = row.clock_error_s + other.clock_error_s
            if other.capture == row.capture:
                if other.seq >= row.seq:
                    continue
                slack = 0.0
            answered = other.answered_at or other.ended_at
            moment = answered if what == "head" else max(answered, other.ended_at)
            if moment.timestamp() + slack < row.started_at.timestamp():
                found |= 1 << m
        return found

    def _index(self, part: str) -> None:
        by_value: dict[str | None, int] = {}
        for n, row in enumerate(self.rows):
            value = _value(row, part)
            by_value[value] = by_value.get(value, 0) | 1 << n
        self.unknown[part] = by_value.get(None, 0)
        self.implied[part] = self._implied(part)
        self.equal[part] = [by_value[_value(row, part)] for row in self.rows]
        self.private[part] = (
            _bits(
                n
                for n, row in enumerate(self.rows)
                if getattr(row.who, "key" if part == "caller" else part) not in NOBODYS
            )
            if part in PRIVATE
            else 0
        )

    def _implied(self, part: str) -> list[int]:
        """Per row whose value is not known, the rows that must have the same one."""
        found = [0] * len(self.rows)
        for whole in (name for name, fixed in IMPLIES.items() if part in fixed):
            together: dict[str, int] = {}
            for n, row in enumerate(self.rows):
                value = getattr(row.who, whole)
                if value not in NOBODYS:
                    together[value] = together.get(value, 0) | 1 << n
            for n, row in enumerate(self.rows):
                if getattr(row.who, part) is None:
                    found[n] |= together.get(getattr(row.who, whole), 0)
        return found

    def shows(self, part: str) -> bool:
        """Whether somebody was admitted after a refusal of somebody else, by this part."""
        parts = ("address", "prefix") if part == "network" else (part,)
        return any(
            None not in (one, other) and one != other
            for n in range(len(self.rows))
            if self.admitted >> n & 1
            for m in range(len(self.rows))
            if (self.before[n] & self.refused & self.in_day[self.day[n]]) >> m & 1
            for name in parts
            for one, other in [(getattr(self.rows[n].who, name), getattr(self.rows[m].who, name))]
        )

    def demands(self, hypothesis: frozenset[str]) -> Demands | None:
        """What a hypothesis asks of the thresholds; None if it cannot be the truth at all."""
        busy = hypothesis & self.varied
        if busy not in self.known:
            self.known[busy] = self._demands(busy)
        return self.known[busy]

    def _demands(self, hypothesis: frozenset[str]) -> Demands | None:
        parts = [part for part in hypothesis if part != "bucket"]
        found = Demands()
        least, most = found.least, found.most
        for n, part in enumerate(self.part):
            gate = self.gates[n]
            if part == "unclear" or gate is None:
                continue
            sure = may = self.in_day[self.day[n]]
            private = 0
            for name in parts:
                known = not self.unknown[name] >> n & 1
                sure &= self.equal[name][n] if known else self.implied[name][n]
                may &= self.equal[name][n] | self.unknown[name] if known else -1
                private |= self.private[name] >> n & 1
            if "bucket" in hypothesis:
                sure &= self.equal["model"][n]
            if part == "admitted":
                earlier = sure & self.before[n] & self.refused
                if earlier & self.same_gate[gate]:
                    return None
                found.above.update(
                    (gate, low)
                    for low, rows in self.same_gate.items()
                    if low is not None and rows & earlier
                )
                if sure:
                    done = (sure & self.over[n] & self.counted).bit_count()
                    least[self.day[n], gate] = max(least.get((self.day[n], gate), 0), done)
            elif private and sure:
                own = (may & ~self.after[n] & ~self.refused).bit_count()
                most[self.day[n], gate] = min(most.get((self.day[n], gate), own), own)
        return found


def fits(several: Sequence[Facts], hypothesis: frozenset[str]) -> bool:
    """Whether a hypothesis can be the truth of several sets of facts with no day in common."""
    demands = [facts.demands(hypothesis) for facts in several]
    asked = [one for one in demands if one is not None]
    if len(asked) < len(demands):
        return False
    above = {pair for one in asked for pair in one.above}
    days = {day for one in asked for day, _ in (*one.least, *one.most)} or {0}
    return all(_solvable(asked, above, day) for day in days)


def _solvable(asked: Sequence[Demands], above: set[tuple[Gate, Gate]], day: int) -> bool:
    """Whether thresholds of one day can be chosen; their order is the same on all days."""
    floor: dict[Gate, int] = {}
    most: dict[Gate, int] = {}
    for one in asked:
        for (when, gate), done in one.least.items():
            if when == day:
                floor[gate] = max(floor.get(gate, 0), (done + 2) // 2)
        for (when, gate), own in one.most.items():
            if when == day:
                most[gate] = min(most.get(gate, own), own)
    for _ in range(len(above) + 1):
        changed = False
        for high, low in above:
            need = floor.get(low, 0) + 1
            if floor.get(high, 0) < need:
                floor[high] = need
                changed = True
        if not changed:
            return all(floor.get(gate, 0) <= own for gate, own in most.items())
    return False


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def _value(seen: Observation, part: str) -> str | None:
    """Its value of a part; of `caller` the key where it has one of its own, else the address."""
    if part != "caller":
        found: str | None = getattr(seen.who, part)
        return found
    return seen.who.address if seen.who.key in {ABSENT, PUBLIC} else seen.who.key


def _refused(seen: Observation, origin: str) -> bool:
    return seen.kind == "free_usage_limit" and seen.origin == origin


def _part(seen: Observation, origin: str) -> str:
    if _refused(seen, origin):
        return "refused"
    return "admitted" if seen.family == "ok" else "unclear"


def _days(seen: Observation) -> tuple[int, ...]:
    answered = seen.answered_at or seen.ended_at
    first = int((seen.started_at.timestamp() - seen.clock_error_s) // DAY)
    last = int((answered.timestamp() + seen.clock_error_s) // DAY)
    return (first,) if first == last else (first, last)


def _last_moment(seen: Observation) -> float:
    """When the server may have counted it at the latest."""
    return seen.ended_at.timestamp() + seen.clock_error_s


def _day(seen: Observation) -> int | None:
    days = _days(seen)
    return days[0] if len(days) == 1 else None


def _gate(seen: Observation) -> Gate | None:
    who = seen.who
    sent = tuple(
        None if value is None else str(value != ABSENT)
        for value in (who.session, who.request, who.project)
    )
    gate = (who.auth_kind, who.model, who.client, who.user_agent, *sent)
    return None if None in gate else gate


def as_candidate(key: Iterable[str], facts: Facts) -> frozenset[str]:
    """A key as `candidates` has it: where all have keys, or none, `caller` is one of its parts."""
    kinds = {row.who.key in NOBODYS for row in facts.rows}
    one = "key" if kinds == {False} else "address"
    return frozenset(one if part == "caller" and len(kinds) < 2 else part for part in key)


def candidates(several: Sequence[Facts]) -> list[frozenset[str]]:
    """Hypotheses of up to three parts, none of which another fixes."""
    rows = [row for facts in several for row in facts.rows]
    extra = (
        ("bucket", "caller") if len({row.who.key in NOBODYS for row in rows}) > 1 else ("bucket",)
    )
    parts = [part for part in (*PARTS, *extra) if part != "prefix" or _ipv6(several)]
    implies = dict(IMPLIES)
    for name in ("request", "session", "install"):
        if any(getattr(row.who, name) == ABSENT for row in rows):
            implies.pop(name)
    return [
        frozenset(some)
        for size in range(4)
        for some in combinations(parts, size)
        if not any(one in implies.get(other, ()) for one in some for other in some)
        and not ("bucket" in some and {"model", "model_group"} & set(some))
        and not ("caller" in some and {"key", "address", "workspace", "auth_kind"} & set(some))
    ]


def _ipv6(several: Sequence[Facts]) -> bool:
    return any(row.who.family == "ipv6" for facts in several for row in facts.rows)


def possible(
    several: Sequence[Facts], among: Iterable[frozenset[str]] | None = None
) -> list[frozenset[str]]:
    """All hypotheses that may be the truth."""
    some = candidates(several) if among is None else among
    return [hypothesis for hypothesis in some if fits(several, hypothesis)]


def decidable(several: Sequence[Facts], alive: Sequence[frozenset[str]]) -> dict[str, str]:
    """Per dimension what follows from the observations: follows, does_not_follow or nothing.

    To follow takes rows that show it; that nothing else is left is no proof. A vague grouping of
    models stands for itself only where no plain one will do.
    """
    every = set(alive)
    plain = [
        hypothesis
        for hypothesis in alive
        if "bucket" not in hypothesis
        or not any(
            hypothesis - {"bucket"} | other in every
            for other in (set[str](), {"model"}, {"model_group"})
        )
    ]
    found: dict[str, str] = {}
    if not plain or not any(facts.refused for facts in several):
        return found
    vague = any("bucket" in hypothesis for hypothesis in plain)
    for part in (*PARTS, "global", "network"):
        if (part == "prefix" and not _ipv6(several)) or (
            vague and part in {"model", "model_group"}
        ):
            continue
        wanted = {"address", "prefix"} if part == "network" else {part}
        if part in {"network", "address", "key"}:
            wanted = wanted | {"caller"}
        says = {
            not hypothesis if part == "global" else bool(hypothesis & wanted)
            for hypothesis in plain
        }
        if says == {False}:
            found[part] = "does_not_follow"
        elif says == {True} and any(facts.shows(part) for facts in several):
            found[part] = "follows"
    return found
