"""What could be known: every hypothesis is tried against every constraint, by brute force.

A hypothesis is a set of parts that the quota may be keyed on. Written apart from
`pawwork_proxy.comparison`: sets of rows are bits of a number, all refusals and all pairs are looked
at, and thresholds are solved for. A hypothesis is possible if thresholds, others' use and unclear
requests can be chosen so that everything observed comes out. Odds play no part.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple, TypeVar

from pawwork_proxy.model.observation import ABSENT, PUBLIC, Observation
from scripts.verdict_evaluation.servers import DAY
from scripts.verdict_evaluation.worlds import IMPLIES, PARTS

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
    above: set[tuple[ClientKind, ClientKind]] = field(default_factory=set)
    """Which kind of client is allowed more than which."""


class PartRows(NamedTuple):
    """What the values of one part say about the rows, as sets of rows."""

    equal: list[int]
    """Per row, those with the same value."""
    unknown: int
    """Those whose value is not known."""
    implied: list[int]
    """Per row whose value is not known, those that must have the same one."""
    private: int
    """Those whose value is theirs alone."""


class Observed:
    """Everything about the observations that no hypothesis changes, as sets of rows."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        usable = [seen for seen in observations if seen.answered_at is not None]
        days = {day for seen in usable if _refused(seen) and (day := _day(seen)) is not None}
        self.rows: list[Observation] = []
        self.day: list[int] = []
        self.result: list[str] = []
        """`refused`, `admitted` or `unclear`."""
        for seen in usable:
            for day in sorted({*_days(seen), int(_last_moment(seen) // DAY)} & days):
                self.rows.append(seen)
                self.day.append(day)
                self.result.append(_result(seen) if day == _day(seen) else "unclear")
        count = len(self.rows)
        results = _grouped(self.result)
        self.refused, self.admitted = results.get("refused", 0), results.get("admitted", 0)
        self.counted = self.admitted & _bits(
            n for n, row in enumerate(self.rows) if row.ending == "complete"
        )
        self.kinds = [_client_kind(seen) for seen in self.rows]
        self.same_kind = _grouped(self.kinds)
        self.in_day = _grouped(self.day)
        self.before = [self._earlier(n, "head") for n in range(count)]
        self.over = [self._earlier(n, "end") for n in range(count)]
        self.after = [
            _bits(m for m in range(count) if self.before[m] >> n & 1) for n in range(count)
        ]
        self.parts = {part: self._part_rows(part) for part in (*PARTS, "caller")}
        everything = (1 << count) - 1
        self.varied = {
            name
            for name, part in self.parts.items()
            if part.unknown or part.private or any(equal != everything for equal in part.equal)
        }
        """Parts that can make a difference at all here."""
        if "model" in self.varied:
            self.varied.add("bucket")
        self._known: dict[Hypothesis, Demands | None] = {}

    def _earlier(self, n: int, what: str) -> int:
        row = self.rows[n]
        return _bits(m for m, other in enumerate(self.rows) if _precedes(other, row, what))

    def _part_rows(self, part: str) -> PartRows:
        values = [_value(row, part) for row in self.rows]
        by_value = _grouped(values)
        own = "key" if part == "caller" else part
        private = (n for n, row in enumerate(self.rows) if getattr(row.who, own) not in NOBODYS)
        return PartRows(
            equal=[by_value[value] for value in values],
            unknown=by_value.get(None, 0),
            implied=self._implied(part),
            private=_bits(private) if part in PRIVATE else 0,
        )

    def _implied(self, part: str) -> list[int]:
        found = [0] * len(self.rows)
        for whole in (name for name, fixed in IMPLIES.items() if part in fixed):
            wholes = [getattr(row.who, whole) for row in self.rows]
            together = _grouped(wholes)
            for n, row in enumerate(self.rows):
                if getattr(row.who, part) is None and wholes[n] not in NOBODYS:
                    found[n] |= together[wholes[n]]
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

    def demands(self, hypothesis: Hypothesis) -> Demands | None:
        """What a hypothesis asks of the thresholds; None if it cannot be the truth at all."""
        busy = hypothesis & self.varied
        if busy not in self._known:
            self._known[busy] = self._demands(busy)
        return self._known[busy]

    def _demands(self, hypothesis: Hypothesis) -> Demands | None:
        parts = [self.parts[name] for name in hypothesis if name != "bucket"]
        found = Demands()
        for n, result in enumerate(self.result):
            kind = self.kinds[n]
            if result == "unclear" or kind is None:
                continue
            sure = may = self.in_day[self.day[n]]
            private = 0
            for part in parts:
                known = not part.unknown >> n & 1
                sure &= part.equal[n] if known else part.implied[n]
                may &= part.equal[n] | part.unknown if known else -1
                private |= part.private >> n & 1
            if "bucket" in hypothesis:
                sure &= self.parts["model"].equal[n]
            place = self.day[n], kind
            if result == "admitted":
                earlier = sure & self.before[n] & self.refused
                if earlier & self.same_kind[kind]:
                    return None
                found.above.update(
                    (kind, low)
                    for low, rows in self.same_kind.items()
                    if low is not None and rows & earlier
                )
                if sure:
                    done = (sure & self.over[n] & self.counted).bit_count()
                    found.least[place] = max(found.least.get(place, 0), done)
            elif private and sure:
                own = (may & ~self.after[n] & ~self.refused).bit_count()
                found.most[place] = min(found.most.get(place, own), own)
        return found


def fits(several: Sequence[Observed], hypothesis: Hypothesis) -> bool:
    """Whether it can be the truth of several observations with no day in common."""
    demands = [observed.demands(hypothesis) for observed in several]
    asked = [one for one in demands if one is not None]
    if len(asked) < len(demands):
        return False
    above = {pair for one in asked for pair in one.above}
    least = {place: done for one in asked for place, done in one.least.items()}
    most = {place: own for one in asked for place, own in one.most.items()}
    days = {day for day, _ in (*least, *most)} or {0}
    return all(_solvable(_on(day, least), _on(day, most), above) for day in days)


def _on(day: int, counts: dict[tuple[int, ClientKind], int]) -> dict[ClientKind, int]:
    return {kind: count for (when, kind), count in counts.items() if when == day}


def _solvable(
    least: dict[ClientKind, int],
    most: dict[ClientKind, int],
    above: set[tuple[ClientKind, ClientKind]],
) -> bool:
    """Whether thresholds of one day can be chosen; their order is the same on all days."""
    floor = {kind: (done + 2) // 2 for kind, done in least.items()}
    for _ in range(len(above) + 1):
        changed = False
        for high, low in above:
            need = floor.get(low, 0) + 1
            if floor.get(high, 0) < need:
                floor[high] = need
                changed = True
        if not changed:
            return all(floor.get(kind, 0) <= own for kind, own in most.items())
    return False


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def _grouped(values: Iterable[Value]) -> dict[Value, int]:
    """The rows of each value."""
    found: dict[Value, int] = {}
    for n, value in enumerate(values):
        found[value] = found.get(value, 0) | 1 << n
    return found


def _precedes(one: Observation, other: Observation, what: str) -> bool:
    """Whether the head, or the end, of one response surely came before the other request."""
    slack = one.clock_error_s + other.clock_error_s
    if one.capture == other.capture:
        if one.seq >= other.seq:
            return False
        slack = 0.0
    answered = one.answered_at or one.ended_at
    moment = answered if what == "head" else max(answered, one.ended_at)
    return moment.timestamp() + slack < other.started_at.timestamp()


def _value(seen: Observation, part: str) -> str | None:
    """Its value of a part; of `caller` the key where it has one of its own, else the address."""
    if part == "caller":
        part = "address" if seen.who.key in {ABSENT, PUBLIC} else "key"
    found: str | None = getattr(seen.who, part)
    return found


def _refused(seen: Observation) -> bool:
    return seen.kind == "free_usage_limit" and seen.origin == "zen"


def _result(seen: Observation) -> str:
    if _refused(seen):
        return "refused"
    return "admitted" if seen.family == "ok" else "unclear"


def _days(seen: Observation) -> set[int]:
    """Of its first and its last possible moment of judgement."""
    answered = seen.answered_at or seen.ended_at
    first = seen.started_at.timestamp() - seen.clock_error_s
    return {int(at // DAY) for at in (first, answered.timestamp() + seen.clock_error_s)}


def _last_moment(seen: Observation) -> float:
    """When the server may have counted it at the latest."""
    return seen.ended_at.timestamp() + seen.clock_error_s


def _day(seen: Observation) -> int | None:
    days = _days(seen)
    return days.pop() if len(days) == 1 else None


def _client_kind(seen: Observation) -> ClientKind | None:
    who = seen.who
    sent = tuple(
        None if value is None else str(value != ABSENT)
        for value in (who.session, who.request, who.project)
    )
    kind = (who.auth_kind, who.model, who.client, who.user_agent, *sent)
    return None if None in kind else kind


def as_candidate(key: Iterable[str], observed: Observed) -> Hypothesis:
    """A key as `candidates` has it: `address` for `caller` where keys tell nobody apart."""
    told_apart = _keys_tell(observed.rows)
    return frozenset("address" if part == "caller" and not told_apart else part for part in key)


def _keys_tell(rows: Iterable[Observation]) -> bool:
    """Whether keys can tell these callers apart from each other or from strangers."""
    return {row.who.key for row in rows} not in ({ABSENT}, {PUBLIC})


def candidates(several: Sequence[Observed]) -> list[Hypothesis]:
    """Hypotheses of up to three parts, none of which another fixes."""
    rows = [row for observed in several for row in observed.rows]
    parts = [part for part in (*PARTS, "bucket") if part != "prefix" or has_ipv6(rows)]
    if _keys_tell(rows):
        parts.append("caller")
    implies: dict[str, tuple[str, ...]] = {
        "bucket": ("model", "model_group"),
        "caller": ("key", "address", "workspace", "auth_kind"),
    }
    for name, fixed in IMPLIES.items():
        may_lack = name in {"request", "session", "install"}
        if not may_lack or all(getattr(row.who, name) != ABSENT for row in rows):
            implies[name] = fixed
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
            hypothesis - {"bucket"} | other in every
            for other in (set[str](), {"model"}, {"model_group"})
        )
    ]
    found: dict[str, str] = {}
    if not plain or not any(observed.refused for observed in several):
        return found
    out_of_question = set()
    if not any(has_ipv6(observed.rows) for observed in several):
        out_of_question.add("prefix")
    if any("bucket" in hypothesis for hypothesis in plain):
        out_of_question |= {"model", "model_group"}
    for part in (*PARTS, "global", "network"):
        if part in out_of_question:
            continue
        wanted = {"address", "prefix"} if part == "network" else {part}
        if part in {"network", "address", "key"}:
            wanted = wanted | {"caller"}
        says = {not one if part == "global" else bool(one & wanted) for one in plain}
        if says == {False}:
            found[part] = "does_not_follow"
        elif says == {True} and any(observed.shows(part) for observed in several):
            found[part] = "follows"
    return found
