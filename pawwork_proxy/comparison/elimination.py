"""Which keyings contradict the evidence, each with the rows that prove it.

A keying divides the rows of a window into pools. The server counts admitted answers per pool and
refuses while the count is at or above a threshold, so within a window and a pool
- whoever is refused stays refused (`separate`: admitted afterwards, so it was another pool);
- a threshold may depend on what the client sends; then one is above the other on every pool alike
  (`opposed`: each was admitted after the other had been refused);
- a pool that nobody else can use is not refused before its owner has used it up
  (`shared`); any other pool others may have used up at any time, so that it proves nothing.
Counting is taken at its most favourable for the keying: aborted, parallel and unclear requests
count only where that helps it. So a keying that is the truth is never ruled out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import Literal

from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.keyings import Columns, Keying, keyings
from pawwork_proxy.comparison.selection import Row, Stratum

Gate = tuple[str, ...]
"""What a threshold may depend on."""

DOUBLING = 2
"""A new address may be allowed this many times the usual (zen-facts 7.2)."""
CONFLICTS_KEPT = 40


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Rows that cannot all be true under a keying, in the order of time."""

    shows: Literal["separate", "shared", "opposed"]
    rows: tuple[Row, ...]
    own: int = 0
    """`shared`: the most that can have been counted before the refusal."""
    elsewhere: int = 0
    """`shared`: what was certainly counted before an admission of the same kind of client."""

    @property
    def deciding(self) -> Row:
        """The row without which there would be no conflict."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How a keying stands: what speaks against it, and what it would make of more evidence."""

    conflicts: tuple[Conflict, ...]
    above: frozenset[tuple[Gate, Gate]]
    """Which kind of client must be allowed more than which, if it is the truth."""
    admitted: frozenset[Gate]
    """Kinds of client that were admitted, so that their threshold is something."""
    strain: int
    """How many rows it can only explain by other people or by thresholds that differ."""


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What is left of all keyings, and why the others are not."""

    alive: dict[Keying, Standing]
    ruled_out: dict[Keying, tuple[Conflict, ...]]


def eliminate(stratum: Stratum) -> Findings:
    """Try every keying on a stratum."""
    columns = Columns(stratum.rows)
    known: dict[object, Standing] = {}
    alive: dict[Keying, Standing] = {}
    ruled_out: dict[Keying, tuple[Conflict, ...]] = {}
    signatures: dict[Keying, object] = {}
    for keying in keyings(columns):
        busy = frozenset(name for name in keying if not columns.idle(name))
        if busy not in signatures:
            signatures[busy] = _signature(busy, columns)
        signature = signatures[busy]
        if signature not in known:
            known[signature] = standing(keying, columns)
        if known[signature].conflicts:
            ruled_out[keying] = known[signature].conflicts
        else:
            alive[keying] = known[signature]
    return Findings(alive, ruled_out)


def _signature(keying: Keying, columns: Columns) -> object:
    """Equal for keyings that divide these rows in the same way with the same privacy."""
    busy = sorted(keying)
    if BUCKET in busy or any(min(columns.codes[name], default=0) < 0 for name in busy):
        return tuple(busy)
    flags = [columns.private[name] for name in busy]
    numbers: dict[tuple[int, ...], int] = {}
    keys = zip(*(columns.codes[name] for name in busy), strict=True) if busy else ()
    pools = [numbers.setdefault(key, len(numbers)) for key in keys]
    return (tuple(pools), tuple(map(any, zip(*flags, strict=True))))


Place = tuple[str, *tuple[int, ...]]
"""Window, then a code for each part of the keying."""


def _may_meet(one: Place, other: Place) -> bool:
    """Whether rows of two places may share a pool."""
    return one[0] == other[0] and all(
        ours == theirs or ours < 0 or theirs < 0
        for ours, theirs in zip(one[1:], other[1:], strict=True)
    )


class _Pools:
    """The rows of a stratum divided by one keying."""

    def __init__(self, keying: Keying, columns: Columns) -> None:
        self.columns = columns
        self.names = sorted(keying)
        self.keyed = [columns.codes[name] for name in self.names if name != BUCKET]
        self.sure: dict[tuple[object, ...], list[int]] = defaultdict(list)
        """Rows that are certainly in one pool: of one model, where models are grouped somehow."""
        self.company: dict[Place, list[int]] = defaultdict(list)
        """Rows that agree in all but the model, where models are grouped somehow."""
        self.loose: dict[Place, list[int]] = defaultdict(list)
        """Rows whose pool is not known, so that they may belong to several: by what is known."""
        models = columns.codes[BUCKET] if BUCKET in keying else [0] * len(columns.rows)
        for number in range(len(columns.rows)):
            place = self._place(number)
            if any(code < 0 for code in place[1:]):
                self.loose[place].append(number)
            if -1 not in place:
                self.company[place].append(number)
                self.sure[(*place, models[number])].append(number)

    def _place(self, number: int) -> Place:
        window = self.columns.rows[number].window
        return (window, *(codes[number] for codes in self.keyed))

    def private(self, members: Sequence[int]) -> bool:
        """Whether nobody else can be in this pool."""
        return any(
            all(self.columns.private[name][number] for number in members) for name in self.names
        )

    def possible(self, number: int) -> Sequence[int]:
        """Every row that may share the pool of `number`, whose pool is known."""
        place = self._place(number)
        if any(code < 0 for code in place[1:]):
            others = chain(self.company.items(), self.loose.items())
            return list({n for other, rows in others if _may_meet(place, other) for n in rows})
        found = list(self.company[place])
        for other, rows in self.loose.items():
            if _may_meet(place, other):
                found.extend(rows)
        return found


@dataclass(slots=True)
class _Bounds:
    """What is known so far about the thresholds of one kind of client."""

    least: int = -1
    """Certainly counted before an admission; -1: never admitted, the threshold may be nothing."""
    least_row: Row | None = None
    refusals: list[tuple[int, Row]] = field(default_factory=list)
    """Possibly counted before a refusal that only own use can explain: the first of each pool."""

    def too_few(self, own: int) -> bool:
        """Whether so few cannot have reached a threshold that elsewhere more did not reach."""
        return DOUBLING * own < self.least + 1


def standing(keying: Keying, columns: Columns) -> Standing:
    """Hold a keying against the rows; without a conflict it may be the truth."""
    pools = _Pools(keying, columns)
    rows = columns.rows
    found: list[Conflict] = []
    above: dict[tuple[Gate, Gate], Conflict] = {}
    # Per window: a limit may change overnight (zen-facts 10, rule 6).
    bounds: dict[tuple[Gate, str], _Bounds] = defaultdict(_Bounds)
    by_others: list[tuple[tuple[Gate, str], int]] = []
    for members in pools.sure.values():
        window = rows[members[0]].window
        refused = _first_refusals(rows[n] for n in members)
        _order_conflicts(rows, members, refused, found, above)
        _raise_bounds(rows, members, bounds, window, whole="request" not in keying)
        private = pools.private(members)
        for gate, first in _first_of_each_gate(rows, members).items():
            row = rows[first]
            own = _possible_count(row, (rows[n] for n in pools.possible(first)))
            if private:
                bounds[gate, window].refusals.append((own, row))
            else:
                by_others.append(((gate, window), own))
    found.extend(_opposed(above))
    found.extend(_bound_conflicts(bounds))
    return Standing(
        conflicts=tuple(found[:CONFLICTS_KEPT]),
        above=frozenset(above),
        admitted=frozenset(gate for (gate, _), bound in bounds.items() if bound.least >= 0),
        strain=len(above) + sum(bounds[place].too_few(own) for place, own in by_others),
    )


def _first_refusals(members: Iterable[Row]) -> dict[Gate, dict[str, Row]]:
    """Per kind of client and capture (one clock each), the refusal answered first."""
    first: dict[Gate, dict[str, Row]] = {}
    for row in members:
        if row.part == "refused" and row.threshold is not None:
            by_capture = first.setdefault(row.threshold, {})
            held = by_capture.get(row.seen.capture)
            if held is None or row.head < held.head:
                by_capture[row.seen.capture] = row
    return first


def _order_conflicts(
    rows: Sequence[Row],
    members: Sequence[int],
    refused: dict[Gate, dict[str, Row]],
    found: list[Conflict],
    above: dict[tuple[Gate, Gate], Conflict],
) -> None:
    """Admissions after a refusal: of the same kind of client a conflict, of another an order."""
    for number in members if refused else ():
        row = rows[number]
        if row.part != "admitted" or row.threshold is None:
            continue
        for gate, by_capture in refused.items():
            earlier = next((x for x in by_capture.values() if x.surely_before(row)), None)
            if earlier is None:
                continue
            if gate == row.threshold:
                found.append(Conflict("separate", (earlier, row)))
            else:
                above.setdefault((row.threshold, gate), Conflict("separate", (earlier, row)))


def _opposed(above: dict[tuple[Gate, Gate], Conflict]) -> list[Conflict]:
    """Chains of 'allows more than' that bite their tail."""
    over: dict[Gate, list[Gate]] = defaultdict(list)
    for high, low in above:
        over[high].append(low)
    found = []
    for (high, low), conflict in above.items():
        chain = way_down(over, low, high)
        if chain is not None:
            back = [row for step in pairwise(chain) for row in above[step].rows]
            found.append(Conflict("opposed", (*back, *conflict.rows)))
    return found


def way_down(over: Mapping[Gate, Sequence[Gate]], start: Gate, goal: Gate) -> list[Gate] | None:
    """A way from one kind of client down to another, if there is one."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == goal:
            return way
        for low in over.get(way[-1], ()):
            if low not in seen:
                seen.add(low)
                ways.append([*way, low])
    return None


def _raise_bounds(
    rows: Sequence[Row],
    members: Sequence[int],
    bounds: dict[tuple[Gate, str], _Bounds],
    window: str,
    *,
    whole: bool,
) -> None:
    """How many of the pool were certainly counted before its latest admissions.

    `whole`: a row that stands for several user actions lies in one pool as a whole.
    """
    latest: dict[tuple[Gate, str], Row] = {}
    ends: dict[str, list[tuple[float, int, float]]] = defaultdict(list)
    for number in members:
        row = rows[number]
        if row.counts and (whole or row.seen.count == 1):
            ends[row.seen.capture].append((row.end, row.seen.count, row.error))
        if row.part == "admitted" and row.threshold is not None:
            latest[(row.threshold, row.seen.capture)] = row
    # An end in another capture, whose clock may be wrong as well, is late by that clock's error.
    errors = {capture: max(error for _, _, error in ended) for capture, ended in ends.items()}
    late = {
        capture: _Counted((end + errors[capture], count) for end, count, _ in ended)
        for capture, ended in ends.items()
    }
    exact = {
        capture: _Counted((end, count) for end, count, _ in ended)
        for capture, ended in ends.items()
    }
    everywhere = _Counted(
        (end + errors[capture], count) for capture, ended in ends.items() for end, count, _ in ended
    )
    for (gate, capture), row in latest.items():
        counted = everywhere.before(row.start - row.error)
        if row.seen.steady and capture in ends:
            counted += exact[capture].before(row.start)
            counted -= late[capture].before(row.start - row.error)
        bound = bounds[gate, window]
        if counted > bound.least:
            bound.least, bound.least_row = counted, row


class _Counted:
    """How many requests were over before a moment."""

    def __init__(self, ended: Iterable[tuple[float, int]]) -> None:
        """The ends of rows, and how many requests each stands for."""
        ordered = sorted(ended)
        self._ends = [end for end, _ in ordered]
        self._total = [0, *accumulate(count for _, count in ordered)]

    def before(self, moment: float) -> int:
        """The number."""
        return self._total[bisect_left(self._ends, moment)]


def _first_of_each_gate(rows: Sequence[Row], members: Sequence[int]) -> dict[Gate, int]:
    """The refusal answered first, for each kind of client."""
    first: dict[Gate, int] = {}
    for number in members:
        row = rows[number]
        if row.part == "refused" and row.threshold is not None:
            held = first.get(row.threshold)
            if held is None or row.head < rows[held].head:
                first[row.threshold] = number
    return first


def _possible_count(refusal: Row, company: Iterable[Row]) -> int:
    """The most that may have been counted in its pool before a refusal."""
    return sum(
        row.seen.count
        for row in company
        if row.part != "refused" and not refusal.surely_before(row)
    )


def _bound_conflicts(bounds: dict[tuple[Gate, str], _Bounds]) -> list[Conflict]:
    """Pools that were refused after far fewer than another had admitted, the fewest first."""
    return [
        Conflict("shared", (bound.least_row, row), own, bound.least)
        for bound in bounds.values()
        if bound.least_row is not None
        for own, row in sorted(bound.refusals, key=lambda refusal: refusal[0])
        if bound.too_few(own)
    ]
