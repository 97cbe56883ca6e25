"""How many slips an explanation of a large set needs, counted from below.

In a large set some rows are always odd, and whatever cuts pools finer than the server does takes
some of them for other pools: it needs fewer slips than the truth. So more has to speak against what
is ruled out there. What is counted are contradictions that have nothing in common, so that no slip
explains two of them. Invariant: never more are counted than an explanation really needs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from math import ceil
from typing import NamedTuple

from pawwork_proxy.comparison.columns import ClientKind, Columns, Stretch
from pawwork_proxy.comparison.elimination import Conflict, bound_conflicts
from pawwork_proxy.comparison.hypotheses import Hypothesis
from pawwork_proxy.comparison.pools import Pools
from pawwork_proxy.comparison.transitions import CLOSE_S

Order = tuple[int, int]
"""Two kinds of client: the first was admitted after the second had been refused."""


class Admission(NamedTuple):
    """An admission shortly after a refusal in one pool, as intervals of time by their ends."""

    end: float
    start: float
    order: Order


def least_slips(hypothesis: Hypothesis, columns: Columns, enough: int) -> int:
    """How many slips it needs at least; counting ends where they are more than enough."""
    alike: list[Admission] = []
    orders: dict[Order, list[Admission]] = defaultdict(list)
    look_at = enough + 1
    for stretch in columns.stretches:
        for one in _admissions(hypothesis, stretch):
            high, low = one.order
            (alike if high == low else orders[one.order]).append(one)
        if len(alike) >= look_at:
            if _apart(alike).total() > enough:
                return enough + 1
            look_at = 2 * len(alike)
    opposed = [one for (high, low), some in orders.items() if (low, high) in orders for one in some]
    chosen = _apart([*alike, *opposed])
    separate = sum(number for (high, low), number in chosen.items() if high == low)
    both = sum(
        min(number, chosen[low, high]) for (high, low), number in chosen.items() if high < low
    )
    found, refused = max(_apart(alike).total(), separate + both), 0
    for stretch in columns.stretches if found <= enough else ():
        refused += _refused_early(hypothesis, stretch)
        if refused > enough:
            break
    return max(found, refused)


def _admissions(hypothesis: Hypothesis, stretch: Stretch) -> Iterator[Admission]:
    """Each admission after a refusal of a kind of client, the latest one in its pool."""
    pools, starts, heads = stretch.pools(sorted(hypothesis)), stretch.starts, stretch.heads
    since: dict[int, float] = {}
    for number in stretch.refused:
        pool = pools[number]
        since[pool] = min(heads[number], since.get(pool, heads[number]))
    later = {
        number
        for number in stretch.admitted
        if pools[number] >= 0 and since.get(pools[number], starts[number]) < starts[number]
    }
    followed = {pools[number] for number in later}
    latest: dict[int, dict[int, int]] = {pool: {} for pool in followed}
    told: dict[tuple[int, Order], int] = {}
    for number in sorted([*later, *(one for one in stretch.refused if pools[one] in followed)]):
        pool, kind = pools[number], stretch.kinds[number]
        if number not in later:
            latest[pool][kind] = number
            continue
        for other, refused in list(latest[pool].items()):
            if starts[number] - heads[refused] > CLOSE_S:
                del latest[pool][other]
                continue
            new = told.get((pool, (kind, other))) != refused
            if new and stretch.rows[refused].surely_before(stretch.rows[number]):
                told[pool, (kind, other)] = refused
                yield Admission(starts[number], heads[refused], (kind, other))


def _apart(some: Collection[Admission]) -> Counter[Order]:
    """How many of these lie one after the other, by their order."""
    found: Counter[Order] = Counter()
    until = float("-inf")
    for one in sorted(some):
        if one.start >= until:
            found[one.order] += 1
            until = one.end
    return found


def _refused_early(hypothesis: Hypothesis, stretch: Stretch) -> int:
    """How many odd rows it takes to explain pools of one's own that were refused unused.

    Each is odd itself; or as many admissions are as have to go until nobody else got so much more.
    """
    if not any(any(stretch.private[name]) for name in hypothesis):
        return 0
    conflicts, _ = bound_conflicts([Pools(hypothesis, stretch)], float("inf"))
    by_kind: dict[tuple[str, ClientKind | None], list[Conflict]] = defaultdict(list)
    for one in conflicts:
        highest, refusal = one.rows
        if not (one.own and refusal.head < highest.start):  # else a limit may have been raised
            by_kind[refusal.window, refusal.client_kind].append(one)
    admitted = Counter(
        (row.window, row.client_kind) for row in map(stretch.rows.__getitem__, stretch.admitted)
    )
    heaviest = max(stretch.counts)
    return sum(_explained(some, admitted[of], heaviest) for of, some in by_kind.items())


def _explained(conflicts: Iterable[Conflict], admitted: int, heaviest: int) -> int:
    """The fewest rows without which none of these of one window and kind is a conflict."""
    actions: set[str] = set()
    found = 0
    for one in sorted(conflicts, key=lambda one: one.own):
        actions.add(one.deciding.action)
        others = ceil((one.spare + 1) / heaviest) if one.own else admitted
        found = max(found, min(len(actions), others))
    return found
