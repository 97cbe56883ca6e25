"""What could be known: every hypothesis is tried against every constraint, by brute force.

A hypothesis is a set of parts that the quota may be keyed on. Written apart from
`pawwork_proxy.comparison`: sets of rows are bits of a number, all refusals and all pairs are looked
at, and thresholds are solved for. A hypothesis is possible if thresholds, others' use and unclear
requests can be chosen so that everything observed comes out. Odds play no part.

One observation is none. So what could be *known* is what every hypothesis says that is possible,
also of those that need one *slip*: one row that is not what it seems, or one moment at which
something changed that no row shows. Rows far apart in time rule nothing out, and a change explains
no admission after which the refused one was soon refused again.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
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
CLOSE_S = 900.0
"""So near in time an admission after a refusal says something."""
FEW = 2
"""So few requests use up no pool that was full of more before."""
PROMPTS = frozenset({"request", "session"})
"""What changes all the time explains everything, so that it is never the only explanation."""
PLACES = frozenset({"address", "prefix", "caller"})
"""New ones may be allowed twice as much."""
ClientKind = tuple[str | None, ...]
"""What a server may grant another threshold for: kind of key, model, client, headers sent."""
Place = tuple[int, int, ClientKind]
"""A day, how many moments of change came before, and a kind of client."""


@dataclass
class Demands:
    """What thresholds must satisfy if a hypothesis is the truth."""

    least: dict[Place, int] = field(default_factory=dict)
    """Certainly counted on a day before an admission."""
    most: dict[Place, int] = field(default_factory=dict)
    """At most counted on a day before a refusal that only own use can explain."""
    below: dict[ClientKind, set[ClientKind]] = field(default_factory=dict)
    """Which kinds of client are allowed less than a kind."""


class Slip(NamedTuple):
    """What went wrong: the results of rows, or everything that nobody records, at some moments."""

    rows: int = 0
    moments: tuple[float, ...] = ()


NONE = Slip()


class Clash(NamedTuple):
    """A refusal and an admission that cannot both be in one pool."""

    refused: int
    admitted: int
    held: bool
    """Whether a change in between explains it no more."""


class Part(NamedTuple):
    """What the values of one part say about each row, as sets of rows."""

    sure: tuple[int, ...]
    """Those that must have the same value."""
    may: tuple[int, ...]
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
        anything = (self.everything,) * len(self.rows)
        self.parts["bucket"] = Part(self.parts["model"].sure, anything, 0)
        self.varied = {
            name for name, part in self.parts.items() if part != Part(anything, anything, 0)
        }
        """Parts that can make a difference at all here."""
        self.starts = [row.started_at.timestamp() for row in self.rows]
        self.close = [
            _bits(_gap(one, row) <= CLOSE_S and _gap(row, one) <= CLOSE_S for one in self.rows)
            for row in self.rows
        ]
        self._pools: dict[Hypothesis, Part] = {}
        self._known: dict[tuple[Part, Slip], Demands | Clash] = {}

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
            tuple(self._implied(row, part) if v is None else having[v] for row, v in values),
            tuple(self.everything if v is None else having[v] | unknown for _, v in values),
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

    def pools(self, hypothesis: Hypothesis) -> Part:
        """What a hypothesis says about which rows share a pool; equal for those that say the same.

        The pool is somebody's own if one of the parts is.
        """
        names = hypothesis & self.varied
        if names not in self._pools:
            self._pools[names] = self._shared([self.parts[name] for name in sorted(names)])
        return self._pools[names]

    def merged(self, rest: Hypothesis, name: str, pair: tuple[str, str]) -> Part:
        """The same with one part more, of which two values are taken for one."""
        having, own = self.having[name], self.parts[name]
        both = having[pair[0]] | having[pair[1]]

        def joined(rows: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(some | both if both >> n & 1 else some for n, some in enumerate(rows))

        part = Part(joined(own.sure), joined(own.may), own.private)
        return self._shared([*(self.parts[one] for one in sorted(rest & self.varied)), part])

    def _shared(self, busy: list[Part]) -> Part:
        in_day = [self.in_day[day] for day in self.day]
        return Part(
            tuple(reduce(and_, some) for some in zip(in_day, *(p.sure for p in busy), strict=True)),
            tuple(reduce(and_, some) for some in zip(in_day, *(p.may for p in busy), strict=True)),
            reduce(or_, (part.private for part in busy), 0),
        )

    def demands(self, pools: Part, slip: Slip = NONE) -> Demands | Clash:
        """What a hypothesis asks of the thresholds, or why it cannot be the truth at all."""
        if (pools, slip) not in self._known:
            self._known[pools, slip] = self._demands(pools, slip)
        return self._known[pools, slip]

    def suspects(self, clash: Clash | None) -> tuple[list[int], list[float]]:
        """The rows and the moments that may explain a clash, or something else."""
        moments = sorted(set(self.starts))
        if clash is None:
            return [*_numbers(self.admitted | self.refused)], moments
        first, last = self.starts[clash.refused], self.starts[clash.admitted]
        between = [] if clash.held else [one for one in moments if first < one <= last]
        return [clash.refused, clash.admitted], between

    def _demands(self, pools: Part, slip: Slip) -> Demands | Clash:
        found = Demands()
        admitted, refused = self.admitted & ~slip.rows, self.refused & ~slip.rows
        part_of = [bisect_right(slip.moments, start) for start in self.starts]
        sides = _grouped(part_of)
        for n, kind in enumerate(self.kinds):
            if kind is None or not (admitted | refused) >> n & 1:
                continue
            side, sure = sides[part_of[n]], pools.sure[n]
            place = (self.day[n], part_of[n], kind)
            if admitted >> n & 1:
                before = sure & self.before[n] & refused
                for one in _numbers(before & self.close[n] & self.same_kind[kind]):
                    held = self._held(one, n, sure, refused)
                    if held or side >> one & 1:
                        return Clash(one, n, held)
                near = before & side & self.close[n]
                lower = {low for low, rows in self.same_kind.items() if low and rows & near}
                found.below.setdefault(kind, set()).update(lower - {kind})
                if sure:
                    done = (sure & side & self.over[n] & self.counted & ~slip.rows).bit_count()
                    found.least[place] = max(found.least.get(place, 0), done)
            elif sure and pools.private >> n & 1:
                own = (pools.may[n] & ~self.after[n] & ~refused).bit_count()
                found.most[place] = min(found.most.get(place, own), own)
        return found

    def _held(self, refused: int, admitted: int, pool: int, refusals: int) -> bool:
        """Whether the refused one was refused again soon, after too few to use up a pool."""
        same = self.same_kind[self.kinds[refused]]
        for again in _numbers(pool & refusals & same & self.after[admitted] & self.close[refused]):
            used = pool & ~refusals
            before = (used & self.before[refused]).bit_count()
            between = (used & ~self.before[refused] & ~self.after[again]).bit_count()
            if between <= max(FEW, before // 2):
                return True
        return False


def fits(several: Sequence[Observed], hypothesis: Hypothesis) -> bool:
    """Whether it can be the truth of several observations with no day in common."""
    pools = [observed.pools(hypothesis) for observed in several]
    return _fits(
        [one.demands(some) for one, some in zip(several, pools, strict=True)],
        doubles=not hypothesis.isdisjoint(PLACES),
    )


def _fits_nearly(several: Sequence[Observed], pools: Sequence[Part], *, doubles: bool) -> bool:
    """Whether a hypothesis can be the truth if one thing went wrong."""
    plain = [one.demands(some) for one, some in zip(several, pools, strict=True)]
    clashes = [one if isinstance(one, Clash) else None for one in plain]
    if sum(clash is not None for clash in clashes) > 1:
        return False
    if _fits(plain, doubles=doubles):
        return True
    for n, observed in enumerate(several):
        if clashes[n] is None and any(clashes):
            continue

        def explain(slip: Slip, n: int = n, observed: Observed = observed) -> bool:
            changed = observed.demands(pools[n], slip)
            return _fits([*plain[:n], changed, *plain[n + 1 :]], doubles=doubles)

        rows, moments = observed.suspects(clashes[n])
        if _any(rows, lambda some: explain(Slip(rows=sum(1 << one for one in some)))) or _any(
            moments, lambda some: explain(Slip(moments=tuple(some)))
        ):
            return True
    return False


def _any(suspects: Sequence[Value], explain: Callable[[Sequence[Value]], bool]) -> bool:
    """Whether one suspect alone explains it; where several do not together, none of them does."""
    if not suspects or not explain(suspects):
        return False
    half = len(suspects) // 2
    return not half or _any(suspects[:half], explain) or _any(suspects[half:], explain)


def _fits(demands: Sequence[Demands | Clash], *, doubles: bool) -> bool:
    """Whether thresholds can be found for each day; their order is the same on all days."""
    below: defaultdict[ClientKind, set[ClientKind]] = defaultdict(set)
    least: dict[Place, int] = {}
    most: dict[Place, int] = {}
    for asked in demands:
        if isinstance(asked, Clash):
            return False
        least |= asked.least
        most |= asked.most
        for kind, lower in asked.below.items():
            below[kind] |= lower
    try:
        order = [*TopologicalSorter(below).static_order()]
    except CycleError:
        return False
    twice = 2 if doubles else 1
    for day, part in {place[:2] for place in most}:
        # Something that changes may let more through, or let counters begin anew; never less.
        floor: dict[ClientKind, int] = {}
        for (when, since, kind), done in least.items():
            if when == day:
                needed = done // twice + 1 if since <= part else 1
                floor[kind] = max(floor.get(kind, 0), needed)
        for kind in order:
            floor[kind] = max([floor.get(kind, 0), *(floor[low] + 1 for low in below[kind])])
        if any(floor.get(kind, 0) > own for (*at, kind), own in most.items() if at == [day, part]):
            return False
    return True


def _numbers(rows: int) -> Iterator[int]:
    """The numbers of a set of rows."""
    while rows:
        yield (rows & -rows).bit_length() - 1
        rows &= rows - 1


def _gap(one: Observation, other: Observation) -> float:
    """Seconds from the answer of one to the other."""
    return (other.started_at - _head(one)).total_seconds()


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
    """All hypotheses that may be the truth, also if one thing went wrong."""
    known: dict[object, bool] = {}
    found = []
    for hypothesis in candidates(several) if among is None else among:
        pools = tuple(observed.pools(hypothesis) for observed in several)
        doubles = not hypothesis.isdisjoint(PLACES)
        if (pools, doubles) not in known:
            known[pools, doubles] = _fits_nearly(several, pools, doubles=doubles)
        if known[pools, doubles]:
            found.append(hypothesis)
    return found


@cache
def follows(key: Hypothesis, dimension: str, ipv6: bool) -> bool:
    """Whether a quota with this key follows a dimension; for IPv4 the prefix is the address."""
    parts = {own for part in key for own in {"caller": ("key", "address")}.get(part, (part,))}
    if dimension == "global":
        return not parts
    wider = dimension == "network" or (dimension == "address" and not ipv6)
    return bool(parts & ({"address", "prefix"} if wider else {dimension}))


def _grouped_somehow(several: Sequence[Observed], rest: Hypothesis, alive: set[Hypothesis]) -> bool:
    """Whether a grouping of models says something that no plain explanation says."""
    plain = [name for name in ("model", "model_group") if rest | {name} in alive]
    if rest in alive or len(plain) > 1:
        return False
    doubles = not rest.isdisjoint(PLACES)
    for name in plain:
        values = sorted({str(getattr(row.who, name)) for one in several for row in one.rows})
        for pair in combinations(values, 2):
            pools = [one.merged(rest, name, pair) for one in several]
            if _fits_nearly(several, pools, doubles=doubles):
                return True
    return not plain


def decidable(several: Sequence[Observed], alive: Sequence[Hypothesis]) -> dict[str, str]:
    """Per dimension what follows from the observations: follows, does_not_follow or nothing.

    To follow takes rows that show it; that nothing else is left is no proof. A vague grouping of
    models stands for itself where no plain one will do, or where two models may share a pool.
    """
    every = set(alive)
    plain = [
        hypothesis
        for hypothesis in alive
        if "bucket" not in hypothesis or _grouped_somehow(several, hypothesis - {"bucket"}, every)
    ]
    found: dict[str, str] = {}
    if not plain or not any(observed.refused for observed in several):
        return found
    if not any(PROMPTS.isdisjoint(hypothesis) for hypothesis in plain):
        return found  # rather something changed that no row shows
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
