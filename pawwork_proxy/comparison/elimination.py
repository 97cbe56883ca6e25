"""Which hypotheses contradict the evidence, each with the rows that prove it.

A hypothesis divides the rows of a window into pools. The server counts admitted requests per pool
and refuses while the count is at or above a threshold, so within a window and a pool
- whoever is refused stays refused (`separate`: admitted afterwards, so it was another pool);
- a threshold may depend on what the client sends; then one is above the other on every pool alike
  (`opposed`: each was admitted after the other had been refused);
- a pool that nobody else can use is not refused before its owner has used it up
  (`shared`); any other pool others may have used up at any time, so that it proves nothing.
Counting is taken at its most favourable for the hypothesis: aborted, parallel and unclear requests
count only where that helps it. So a hypothesis that is the truth is never ruled out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import Literal

from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.hypotheses import UNKNOWN, Columns, Hypothesis, hypotheses
from pawwork_proxy.comparison.places import Place, Places
from pawwork_proxy.comparison.requests import PlacedRequest
from pawwork_proxy.comparison.selection import Limiter

ClientKind = tuple[str, ...]
"""What a threshold may depend on."""

DOUBLING = 2
"""How many times the usual a new address may be allowed (source `ip-limiter`)."""
CONFLICTS_KEPT = 40


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Rows that cannot all be true under a hypothesis, in the order of time."""

    shows: Literal["separate", "shared", "opposed"]
    rows: tuple[PlacedRequest, ...]
    own: int = 0
    """`shared`: the most that can have been counted before the refusal."""
    elsewhere: int = 0
    """`shared`: what was certainly counted before an admission of the same kind of client."""

    @property
    def deciding(self) -> PlacedRequest:
        """The row without which there would be no conflict."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """How a hypothesis stands: what speaks against it, and what it would make of more evidence."""

    conflicts: tuple[Conflict, ...]
    above: frozenset[tuple[ClientKind, ClientKind]]
    """Which kind of client must be allowed more than which, if it is the truth."""
    admitted: frozenset[ClientKind]
    """Kinds of client that were admitted, so that their threshold is something."""
    excuses: int
    """How many rows it can only explain by other people or by thresholds that differ."""


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What is left of all hypotheses, and why the others are not."""

    possible: dict[Hypothesis, Assessment]
    ruled_out: dict[Hypothesis, tuple[Conflict, ...]]


def eliminate(limiter: Limiter) -> Findings:
    """Try every hypothesis on a limiter."""
    columns = Columns(limiter.rows)
    known: dict[object, Assessment] = {}
    possible: dict[Hypothesis, Assessment] = {}
    ruled_out: dict[Hypothesis, tuple[Conflict, ...]] = {}
    signatures: dict[Hypothesis, object] = {}
    for hypothesis in hypotheses(columns):
        busy = frozenset(name for name in hypothesis if not columns.idle(name))
        if busy not in signatures:
            signatures[busy] = _signature(busy, columns)
        signature = signatures[busy]
        if signature not in known:
            known[signature] = assess(hypothesis, columns)
        if known[signature].conflicts:
            ruled_out[hypothesis] = known[signature].conflicts
        else:
            possible[hypothesis] = known[signature]
    return Findings(possible, ruled_out)


def _signature(hypothesis: Hypothesis, columns: Columns) -> object:
    """Equal for hypotheses that divide these rows in the same way with the same privacy."""
    busy = sorted(hypothesis)
    if BUCKET in busy or any(min(columns.codes[name]) < 0 for name in busy):
        return tuple(busy)
    flags = [columns.private[name] for name in busy]
    numbers: dict[tuple[int, ...], int] = {}
    keys = zip(*(columns.codes[name] for name in busy), strict=True) if busy else ()
    pools = [numbers.setdefault(key, len(numbers)) for key in keys]
    return (tuple(pools), tuple(map(any, zip(*flags, strict=True))))


class _Pools:
    """The rows of a limiter divided by one hypothesis."""

    def __init__(self, hypothesis: Hypothesis, columns: Columns) -> None:
        self.columns = columns
        self.names = sorted(hypothesis)
        windows = [row.window for row in columns.rows]
        # Models that are grouped somehow: rows of one model are certainly in one pool, rows of
        # two models may be.
        exact = [columns.codes[name] for name in self.names]
        loose = [columns.codes[name] for name in self.names if name != BUCKET]
        self.certain: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
        """Rows that are certainly in one pool, by its window and codes."""
        for number, (window, *codes) in enumerate(zip(windows, *exact, strict=True)):
            if UNKNOWN not in codes:
                self.certain[window, tuple(codes)].append(number)
        self._places: list[Place] = [
            (window, *(None if code < 0 else code for code in codes))
            for window, *codes in zip(windows, *loose, strict=True)
        ]
        self._everywhere = Places(self._places)

    def private(self, members: Sequence[int]) -> bool:
        """Whether nobody else can be in this pool."""
        return any(
            all(self.columns.private[name][number] for number in members) for name in self.names
        )

    def may_share(self, number: int) -> Iterator[int]:
        """Every row that may share the pool of `number`."""
        return self._everywhere.meeting(self._places[number])


@dataclass(slots=True)
class _Bounds:
    """What is known so far about the thresholds of one kind of client."""

    least: int = 0
    """What they are at least: above what was certainly counted before an admission; 0 without."""
    least_row: PlacedRequest | None = None
    refusals: list[tuple[int, PlacedRequest]] = field(default_factory=list)
    """Possibly counted before a refusal that only own use can explain: the first of each pool."""

    def too_few(self, own: int) -> bool:
        """Whether so few cannot have reached a threshold that elsewhere more did not reach."""
        return DOUBLING * own < self.least


def assess(hypothesis: Hypothesis, columns: Columns) -> Assessment:
    """Hold a hypothesis against the rows; without a conflict it may be the truth."""
    pools = _Pools(hypothesis, columns)
    rows = columns.rows
    found: list[Conflict] = []
    above: dict[tuple[ClientKind, ClientKind], Conflict] = {}
    # Per window: a limit may change overnight.
    bounds: dict[tuple[ClientKind, str], _Bounds] = defaultdict(_Bounds)
    by_others: list[tuple[tuple[ClientKind, str], int]] = []
    for (window, _), members in pools.certain.items():
        refused = _first_refusals(rows, members)
        _order_conflicts(rows, members, refused, found, above)
        _raise_bounds(rows, members, bounds, window, count_runs="request" not in hypothesis)
        private = pools.private(members)
        for kind, by_capture in refused.items():
            first = min(by_capture.values(), key=lambda number: (rows[number].head, number))
            row = rows[first]
            own = possibly_counted(row, (rows[n] for n in pools.may_share(first)))
            if private:
                bounds[kind, window].refusals.append((own, row))
            else:
                by_others.append(((kind, window), own))
    found.extend(_opposed(above))
    found.extend(_bound_conflicts(bounds))
    return Assessment(
        conflicts=tuple(found[:CONFLICTS_KEPT]),
        above=frozenset(above),
        admitted=frozenset(kind for (kind, _), bound in bounds.items() if bound.least),
        excuses=len(above) + sum(bounds[place].too_few(own) for place, own in by_others),
    )


def _first_refusals(
    rows: Sequence[PlacedRequest], members: Sequence[int]
) -> dict[ClientKind, dict[str, int]]:
    """Per kind of client and capture (one clock each), the refusal that came first."""
    first: dict[ClientKind, dict[str, int]] = {}
    for number in members:
        row = rows[number]
        if row.part == "refused" and row.client_kind is not None:
            by_capture = first.setdefault(row.client_kind, {})
            held = by_capture.get(row.seen.capture, number)
            by_capture[row.seen.capture] = min(held, number, key=lambda one: rows[one].head)
    return first


def _order_conflicts(
    rows: Sequence[PlacedRequest],
    members: Sequence[int],
    refused: dict[ClientKind, dict[str, int]],
    found: list[Conflict],
    above: dict[tuple[ClientKind, ClientKind], Conflict],
) -> None:
    """Admissions after a refusal: of the same kind of client a conflict, of another an order."""
    earliest = {
        kind: min(rows[number].head for number in by_capture.values())
        for kind, by_capture in refused.items()
    }
    for number in members if refused else ():
        row = rows[number]
        if row.part != "admitted" or row.client_kind is None:
            continue
        for kind, by_capture in refused.items():
            if earliest[kind] >= row.start:
                continue
            refusals = (rows[one] for one in by_capture.values())
            earlier = next((one for one in refusals if one.surely_before(row)), None)
            if earlier is None:
                continue
            if kind == row.client_kind:
                found.append(Conflict("separate", (earlier, row)))
            else:
                above.setdefault((row.client_kind, kind), Conflict("separate", (earlier, row)))


def _opposed(above: dict[tuple[ClientKind, ClientKind], Conflict]) -> list[Conflict]:
    """Chains of 'allows more than' that bite their tail."""
    found = []
    for (high, low), conflict in above.items():
        way = way_down(above, low, high)
        if way is not None:
            back = [row for step in pairwise(way) for row in above[step].rows]
            found.append(Conflict("opposed", (*back, *conflict.rows)))
    return found


def way_down(
    above: Iterable[tuple[ClientKind, ClientKind]], start: ClientKind, goal: ClientKind
) -> list[ClientKind] | None:
    """A way from one kind of client down to another that is allowed less, if there is one."""
    over: dict[ClientKind, list[ClientKind]] = defaultdict(list)
    for high, low in above:
        over[high].append(low)
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


class _RunningCount:
    """How many requests had certainly ended by a moment."""

    def __init__(self, ended: Iterable[tuple[float, int]]) -> None:
        ordered = sorted(ended)
        self._moments = [moment for moment, _ in ordered]
        self._totals = [0, *accumulate(count for _, count in ordered)]

    def before(self, moment: float) -> int:
        return self._totals[bisect_left(self._moments, moment)]


def _raise_bounds(
    rows: Sequence[PlacedRequest],
    members: Sequence[int],
    bounds: dict[tuple[ClientKind, str], _Bounds],
    window: str,
    *,
    count_runs: bool,
) -> None:
    """How many of the pool were certainly counted before its latest admissions.

    `count_runs`: a row that stands for several user actions lies in one pool with all of them.
    """
    latest: dict[tuple[ClientKind, str], PlacedRequest] = {}
    counted: dict[str, list[PlacedRequest]] = defaultdict(list)
    for number in members:
        row = rows[number]
        if row.counts and (count_runs or row.seen.count == 1):
            counted[row.seen.capture].append(row)
        if row.part == "admitted" and row.client_kind is not None:
            latest[(row.client_kind, row.seen.capture)] = row
    # Two captures have two clocks: what one of them ended may have ended later by the other's.
    later: dict[str, list[tuple[float, int]]] = {}
    for capture, ended in counted.items():
        error = max(row.error for row in ended)
        later[capture] = [(row.end + error, row.seen.count) for row in ended]
    everywhere = _RunningCount(chain.from_iterable(later.values()))
    by_other_clock = {capture: _RunningCount(ended) for capture, ended in later.items()}
    by_own_clock = {
        capture: _RunningCount((row.end, row.seen.count) for row in ended)
        for capture, ended in counted.items()
    }
    for (kind, capture), row in latest.items():
        total = everywhere.before(row.start - row.error)
        if row.seen.steady and capture in counted:
            total -= by_other_clock[capture].before(row.start - row.error)
            total += by_own_clock[capture].before(row.start)
        bound = bounds[kind, window]
        if total >= bound.least:
            bound.least, bound.least_row = total + 1, row


def possibly_counted(refusal: PlacedRequest, company: Iterable[PlacedRequest]) -> int:
    """The most of its company in a pool that may have been counted before a refusal."""
    return sum(
        row.seen.count
        for row in company
        if row.part != "refused" and not refusal.surely_before(row)
    )


def _bound_conflicts(bounds: dict[tuple[ClientKind, str], _Bounds]) -> list[Conflict]:
    """Pools that were refused after far fewer than another had admitted, the fewest first."""
    return [
        Conflict("shared", (bound.least_row, row), own, bound.least - 1)
        for bound in bounds.values()
        if bound.least_row is not None
        for own, row in sorted(bound.refusals, key=lambda refusal: refusal[0])
        if bound.too_few(own)
    ]
