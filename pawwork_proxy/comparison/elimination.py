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

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import inf
from operator import itemgetter
from typing import Literal

from pawwork_proxy.comparison.bounds import least_bounds
from pawwork_proxy.comparison.columns import ClientKind, Columns
from pawwork_proxy.comparison.hypotheses import Hypothesis, hypotheses, undominated
from pawwork_proxy.comparison.orders import in_circles, way_down
from pawwork_proxy.comparison.pools import Pools, in_order
from pawwork_proxy.comparison.requests import PlacedRequest
from pawwork_proxy.comparison.selection import Limiter

ALLOWANCE = 3
"""How many times as much one pool may take as another: requests may weigh differently, as their
tokens do. That a new address may be allowed twice the usual (source `ip-limiter`) lies within."""
CONFLICTS_KEPT = 40
"""So many contradictions of a hypothesis are enough: what else it says is not looked at then."""

Above = dict[tuple[int, int], "Conflict"]
"""Pairs of kinds of client, by their numbers: the first must be allowed more, as the rows show."""


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
    def spare(self) -> int:
        """`shared`: by how many that is more than weights explain."""
        return self.elsewhere - ALLOWANCE * self.own

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
    groupings: frozenset[Hypothesis] = frozenset()
    """Unknown groupings of models that matter beside a plain explanation."""

    @property
    def undominated(self) -> tuple[Hypothesis, ...]:
        """What is possible, without groupings that say nothing of their own."""
        return undominated(self.possible, self.groupings)


def eliminate(limiter: Limiter, columns: Columns | None = None) -> Findings:
    """Try every hypothesis on a limiter, or on its rows as columns of which some are unclear."""
    columns = columns or Columns(limiter.rows)
    known: dict[object, Assessment] = {}
    possible: dict[Hypothesis, Assessment] = {}
    ruled_out: dict[Hypothesis, tuple[Conflict, ...]] = {}
    for hypothesis in hypotheses(columns):
        signature = columns.signature(hypothesis)
        if signature not in known:
            known[signature] = assess(hypothesis, columns)
        if known[signature].conflicts:
            ruled_out[hypothesis] = known[signature].conflicts
        else:
            possible[hypothesis] = known[signature]
    return Findings(possible, ruled_out)


def assess(hypothesis: Hypothesis, columns: Columns, *, in_full: bool = False) -> Assessment:
    """Hold a hypothesis against the rows; without a conflict it may be the truth.

    `in_full`: of one with conflicts it matters as well whom it admitted, and all of its excuses.
    """
    opened: list[Pools] = []
    found: list[Conflict] = []
    above: Above = {}
    for pools, pool in in_order(hypothesis, columns, opened):
        _order_conflicts(pools, pool, found, above)
        if len(found) >= CONFLICTS_KEPT:
            break
    names = columns.kind_names
    ordered = {(names[high], names[low]): conflict for (high, low), conflict in above.items()}
    by_others = 0
    if len(found) < CONFLICTS_KEPT:
        found += _opposed(ordered)
        enough = inf if in_full else CONFLICTS_KEPT - len(found)
        shared, by_others = bound_conflicts(opened, enough)
        found += shared
    if found and not in_full:
        return Assessment(tuple(found[:CONFLICTS_KEPT]), frozenset(ordered), frozenset(), 0)
    if in_full:
        opened += (Pools(hypothesis, one) for one in columns.stretches[len(opened) :])
    kinds = {
        pools.columns.kinds[n]
        for pools in opened
        for n in pools.columns.admitted
        if pools.of[n] >= 0
    }
    return Assessment(
        conflicts=tuple(found[:CONFLICTS_KEPT]),
        above=frozenset(ordered),
        admitted=frozenset(names[kind] for kind in kinds),
        excuses=len(above) + by_others,
    )


def _order_conflicts(pools: Pools, pool: int, found: list[Conflict], above: Above) -> None:
    """Admissions after a refusal: of the same kind of client a conflict, of another an order."""
    rows = pools.columns.rows
    for number in pools.admitted_later[pool]:
        row, own = rows[number], pools.columns.kinds[number]
        for kind, by_capture in pools.refused[pool].items():
            if (own, kind) in above:
                continue
            refusals = (rows[one] for one in by_capture.values())
            earlier = next((one for one in refusals if one.surely_before(row)), None)
            if earlier is None:
                continue
            if kind != own:
                above[own, kind] = Conflict("separate", (earlier, row))
                continue
            found.append(Conflict("separate", (earlier, row)))
            if len(found) >= CONFLICTS_KEPT:
                return


def bound_conflicts(opened: Iterable[Pools], enough: float) -> tuple[list[Conflict], int]:
    """Pools that were refused after far fewer than another had admitted.

    They stand by kind of client and window, the fewest first; after `enough` no more windows are
    looked at. And how many others were that somebody else may have used up.
    """
    windows: list[tuple[float, Pools, list[int]]] = []
    for pools in opened:
        columns = pools.columns
        refused: dict[int, list[int]] = defaultdict(list)
        for pool in sorted(pools.refused, key=pools.first.__getitem__):
            refused[columns.windows[pools.first[pool]]].append(pool)
        for window, some in refused.items():
            kinds = {kind for pool in some for kind in pools.refused[pool]}
            began = min(columns.since.get((kind, window), inf) for kind in kinds)
            windows.append((began, pools, some))
    found: list[tuple[int, Conflict]] = []
    by_others = 0
    for began, pools, some in sorted(windows, key=itemgetter(0)):
        if sum(since < began for since, _ in found) >= enough:
            break
        conflicts, excused = _in_window(pools, some)
        found += conflicts
        by_others += excused
    found.sort(key=lambda one: (one[0], one[1].own))
    return [conflict for _, conflict in found], by_others


def _in_window(pools: Pools, refused: Sequence[int]) -> tuple[list[tuple[int, Conflict]], int]:
    """Those of one window, each with the row since which its kind of client was admitted."""
    columns = pools.columns
    window = columns.windows[pools.first[refused[0]]]
    bounds = least_bounds(pools, window, {kind for pool in refused for kind in pools.refused[pool]})
    found: list[tuple[int, Conflict]] = []
    by_others = 0
    for pool in refused:
        for kind, by_capture in pools.refused[pool].items():
            bound = bounds.get(kind)
            if bound is None:
                continue
            refusal = min(by_capture.values(), key=lambda one: (columns.heads[one], one))
            own = pools.possibly_counted(refusal, (bound.counted + 1) / ALLOWANCE)
            if ALLOWANCE * own > bound.counted:
                continue  # so many can have reached a threshold that more did not reach elsewhere
            if not pools.is_private(pool):
                by_others += 1
                continue
            rows = (columns.rows[bound.row], columns.rows[refusal])
            conflict = Conflict("shared", rows, own, bound.counted)
            found.append((columns.since[kind, window], conflict))
    return found, by_others


def _opposed(above: dict[tuple[ClientKind, ClientKind], Conflict]) -> list[Conflict]:
    """Chains of 'allows more than' that bite their tail."""
    return list(islice(_circles(above), CONFLICTS_KEPT)) if in_circles(above) else []


def _circles(above: dict[tuple[ClientKind, ClientKind], Conflict]) -> Iterator[Conflict]:
    for (high, low), conflict in above.items():
        way = way_down(above, low, high)
        if way is not None:
            back = [row for step in pairwise(way) for row in above[step].rows]
            yield Conflict("opposed", (*back, *conflict.rows))
