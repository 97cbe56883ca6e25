"""What could be known: every hypothesis is tried against every constraint, by brute force.

A hypothesis is a set of parts that the quota may be keyed on. Written apart from
`pawwork_proxy.comparison`: sets of rows are bits of a number, all refusals and all pairs are looked
at, and thresholds are solved for. A hypothesis is possible if thresholds, others' use and unclear
requests can be chosen so that everything observed comes out. Odds play no part.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, reduce
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from operator import and_, or_
from typing import NamedTuple, TypeVar

from pawwork_proxy.model.observation import ABSENT, PUBLIC, Observation
from tests.evaluation.servers import DAY
from tests.evaluation.worlds import IMPLIES, PARTS

PRIVATE = frozenset({"key", "device", "install", "session", "request", "caller"})
NOBODYS = frozenset({None, ABSENT, PUBLIC})
Hypothesis = frozenset[str]
Value = TypeVar("Value", bound=Hashable)
ClientKind = tuple[str | None, ...]
"""What a server may grant another threshold for: kind of key, model, client, headers sent."""


@dataclass
class Demands:
    """What thresholds must satisfy if a hypothesis is the truth."""

    least: dict[tuple[int, ClientKind], int] = field(default_factory=dict)
    """Certainly counted on a day before an admission."""
    most: dict[tuple[int, ClientKind], int] = field(default_factory=dict)
    """At most counted on a day before a refusal that only own use can explain."""
    below: dict[ClientKind, set[ClientKind]] = field(default_factory=dict)
    """Which kinds of client are allowed less than a kind."""


class Part(NamedTuple):
    """What the values of one part say about each row, as sets of rows."""

    sure: list[int]
    """Those that must have the same value."""
    may: list[int]
    """Those that may have it."""
    private: int
    """Rows whose value is theirs alone."""


class Observed:
    """Everything about the observations that no hypothesis changes, as sets of rows."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        # What a gate turned away by its own word reached no quota.
        reached = (seen for seen in observations if seen.kind != "client_gate")
        usable = [seen for seen in reached if seen.answered_at is not None]
        refused = [_days(seen) for seen in usable if _result(seen) == "refused"]
        days = {min(some) for some in refused if len(some) == 1}
        judged = [
            (seen, day)
            for seen in usable
            for day in sorted({*_days(seen), _day(seen.ended_at, seen.clock_error_s)} & days)
        ]
        self.rows = [seen for seen, _ in judged]
        self.day = [day for _, day in judged]
        self.in_day = _grouped(self.day)
        results = _grouped(_result(seen) if _days(seen) == {day} else "" for seen, day in judged)
        self.refused, self.admitted = results["refused"], results["admitted"]
        self.counted = self.admitted & _grouped(row.ending for row in self.rows)["complete"]
        self.kinds = [_client_kind(seen) for seen in self.rows]
        self.same_kind = _grouped(self.kinds)
        self.before = self._earlier(_head)
        self.over = self._earlier(lambda seen: max(_head(seen), seen.ended_at))
        everyone = range(len(self.rows))
        self.after = [_bits(earlier >> n & 1 for earlier in self.before) for n in everyone]
        self.everything = _bits(True for _ in everyone)
        self.having = {
            part: _grouped(_value(row, part) for row in self.rows) for part in (*PARTS, "caller")
        }
        """The rows of each value of a part."""
        self.parts = {part: self._part(part) for part in self.having}
        anything = [self.everything] * len(self.rows)
        self.parts["bucket"] = Part(self.parts["model"].sure, anything, 0)
        self.varied = {
            name for name, part in self.parts.items() if part != Part(anything, anything, 0)
        }
        """Parts that can make a difference at all here."""
        self._known: dict[Hypothesis, Demands | None] = {}

    def _earlier(self, moment: Callable[[Observation], datetime]) -> list[int]:
        """Per row, those of which a moment surely lies before its request."""
        moments = [(row, moment(row)) for row in self.rows]
        return [_bits(_precedes(one, at, row) for one, at in moments) for row in self.rows]

    def _part(self, part: str) -> Part:
        having, unknown = self.having[part], self.having[part][None]
        values = [(row, _value(row, part)) for row in self.rows]
        own = "key" if part == "caller" else part
        private = _bits(getattr(row.who, own) not in NOBODYS for row in self.rows)
        return Part(
            [having[one] if one is not None else self._implied(row, part) for row, one in values],
            [having[one] | unknown if one is not None else self.everything for _, one in values],
            private if part in PRIVATE else 0,
        )

    def _implied(self, row: Observation, part: str) -> int:
        """Those that share with a row what fixes a part."""
        wholes = (name for name, fixed in IMPLIES.items() if part in fixed)
        values = ((name, getattr(row.who, name)) for name in wholes)
        same = (self.having[name][value] for name, value in values if value not in NOBODYS)
        return reduce(or_, same, 0)

    def shows(self, part: str) -> bool:
        """Whether somebody was admitted after a refusal of somebody else, by this part."""
        return any(
            earlier & ~self.having[name][value] & ~self.having[name][None]
            for n, row in enumerate(self.rows)
            if self.admitted >> n & 1
            and (earlier := self.before[n] & self.refused & self.in_day[self.day[n]])
            for name in (("address", "prefix") if part == "network" else (part,))
            if (value := getattr(row.who, name)) is not None
        )

    def demands(self, hypothesis: Hypothesis) -> Demands | None:
        """What a hypothesis asks of the thresholds; None if it cannot be the truth at all."""
        busy = hypothesis & self.varied
        if busy not in self._known:
            self._known[busy] = self._demands([self.parts[name] for name in busy])
        return self._known[busy]

    def _demands(self, parts: list[Part]) -> Demands | None:
        found = Demands()
        for n, kind in enumerate(self.kinds):
            if kind is None or not (self.admitted | self.refused) >> n & 1:
                continue
            place, in_day = (self.day[n], kind), self.in_day[self.day[n]]
            sure = reduce(and_, (part.sure[n] for part in parts), in_day)
            if self.admitted >> n & 1:
                earlier = sure & self.before[n] & self.refused
                if earlier & self.same_kind[kind]:
                    return None
                lower = {low for low, rows in self.same_kind.items() if low and rows & earlier}
                found.below.setdefault(kind, set()).update(lower)
                if sure:
                    done = (sure & self.over[n] & self.counted).bit_count()
                    found.least[place] = max(found.least.get(place, 0), done)
            elif sure and any(part.private >> n & 1 for part in parts):
                may = reduce(and_, (part.may[n] for part in parts), in_day)
                own = (may & ~self.after[n] & ~self.refused).bit_count()
                found.most[place] = min(found.most.get(place, own), own)
        return found


def fits(several: Sequence[Observed], hypothesis: Hypothesis) -> bool:
    """Whether it can be the truth of several observations with no day in common.

    Thresholds of each day have to be found; their order is the same on all days.
    """
    below: defaultdict[ClientKind, set[ClientKind]] = defaultdict(set)
    least: dict[tuple[int, ClientKind], int] = {}
    most: dict[tuple[int, ClientKind], int] = {}
    for observed in several:
        if (asked := observed.demands(hypothesis)) is None:
            return False
        least |= asked.least
        most |= asked.most
        for kind, lower in asked.below.items():
            below[kind] |= lower
    try:
        order = [*TopologicalSorter(below).static_order()]
    except CycleError:
        return False
    for day in {day for day, _ in most}:
        floor = {kind: (done + 2) // 2 for (when, kind), done in least.items() if when == day}
        for kind in order:
            floor[kind] = max([floor.get(kind, 0), *(floor[low] + 1 for low in below[kind])])
        if any(floor.get(kind, 0) > own for (when, kind), own in most.items() if when == day):
            return False
    return True


def _bits(flags: Iterable[bool | int]) -> int:
    """The set of the rows whose flag is set."""
    return sum(1 << n for n, flag in enumerate(flags) if flag)


def _grouped(values: Iterable[Value]) -> defaultdict[Value, int]:
    """The rows of each value."""
    found: defaultdict[Value, int] = defaultdict(int)
    for n, value in enumerate(values):
        found[value] |= 1 << n
    return found


def _precedes(one: Observation, moment: datetime, other: Observation) -> bool:
    """Whether a moment of one request surely came before the other was sent."""
    if one.capture == other.capture:
        return one.seq < other.seq and moment < other.started_at
    slack = one.clock_error_s + other.clock_error_s
    return moment.timestamp() + slack < other.started_at.timestamp()


def _value(seen: Observation, part: str) -> str | None:
    """Its value of a part; of `caller` the key where it has one of its own, else the address."""
    if part == "caller":
        part = "address" if seen.who.key in {ABSENT, PUBLIC} else "key"
    found: str | None = getattr(seen.who, part)
    return found


def _result(seen: Observation) -> str:
    if seen.kind == "free_usage_limit" and seen.origin == "zen":
        return "refused"
    return "admitted" if seen.family == "ok" else "unclear"


def _head(seen: Observation) -> datetime:
    return seen.answered_at or seen.ended_at


def _day(moment: datetime, error: float) -> int:
    return int((moment.timestamp() + error) // DAY)


def _days(seen: Observation) -> set[int]:
    """Of its first and its last possible moment of judgement."""
    return {_day(seen.started_at, -seen.clock_error_s), _day(_head(seen), seen.clock_error_s)}


def _client_kind(seen: Observation) -> ClientKind | None:
    who = seen.who
    sent = tuple(
        None if value is None else str(value != ABSENT)
        for value in (who.session, who.request, who.project)
    )
    kind = (who.auth_kind, who.model, who.client, who.user_agent, who.instrument, *sent)
    return None if None in kind else kind


def candidates(several: Sequence[Observed]) -> list[Hypothesis]:
    """Hypotheses of up to three parts, none of which another fixes.

    For IPv4 the prefix is the address, and so is the caller where keys tell nobody apart.
    """
    rows = [row for observed in several for row in observed.rows]
    parts = [part for part in (*PARTS, "bucket") if part != "prefix" or has_ipv6(rows)]
    if {row.who.key for row in rows} not in ({ABSENT}, {PUBLIC}):
        parts.append("caller")
    lacking = {
        name
        for name in ("request", "session", "install")
        if any(getattr(row.who, name) == ABSENT for row in rows)
    }
    implies = {name: fixed for name, fixed in IMPLIES.items() if name not in lacking} | {
        "bucket": ("model", "model_group"),
        "caller": ("key", "address", "workspace", "auth_kind"),
    }
    return [
        frozenset(some)
        for size in range(4)
        for some in combinations(parts, size)
        if not any(one in implies.get(other, ()) for one in some for other in some)
    ]


def has_ipv6(rows: Iterable[Observation]) -> bool:
    """Whether any request came from an IPv6 address."""
    return any(row.who.family == "ipv6" for row in rows)


def possible(
    several: Sequence[Observed], among: Iterable[Hypothesis] | None = None
) -> list[Hypothesis]:
    """All hypotheses that may be the truth."""
    some = candidates(several) if among is None else among
    return [hypothesis for hypothesis in some if fits(several, hypothesis)]


@cache
def follows(key: Hypothesis, dimension: str, ipv6: bool) -> bool:
    """Whether a quota with this key follows a dimension; for IPv4 the prefix is the address."""
    parts = {own for part in key for own in {"caller": ("key", "address")}.get(part, (part,))}
    if dimension == "global":
        return not parts
    wider = dimension == "network" or (dimension == "address" and not ipv6)
    return bool(parts & ({"address", "prefix"} if wider else {dimension}))


def decidable(several: Sequence[Observed], alive: Sequence[Hypothesis]) -> dict[str, str]:
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
            hypothesis - {"bucket"} | {*other} in every
            for other in ((), ("model",), ("model_group",))
        )
    ]
    found: dict[str, str] = {}
    if not plain or not any(observed.refused for observed in several):
        return found
    ipv6 = any(has_ipv6(observed.rows) for observed in several)
    out_of_question = set() if ipv6 else {"prefix"}
    if any("bucket" in hypothesis for hypothesis in plain):
        out_of_question |= {"model", "model_group"}
    for dimension in (*PARTS, "global", "network"):
        if dimension in out_of_question:
            continue
        says = {follows(hypothesis, dimension, ipv6) for hypothesis in plain}
        if says == {False}:
            found[dimension] = "does_not_follow"
        elif says == {True} and any(observed.shows(dimension) for observed in several):
            found[dimension] = "follows"
    return found
