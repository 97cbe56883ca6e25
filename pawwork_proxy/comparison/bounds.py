"""What the thresholds of each kind of client are at least: what was certainly counted before it was
admitted once more.

Invariant: two captures have two clocks, so that what one of them ended may have ended later by the
other's. Pools that cannot raise a bound are not counted.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence, Set
from itertools import accumulate
from typing import NamedTuple

from pawwork_proxy.comparison.columns import Stretch
from pawwork_proxy.comparison.pools import Pools


class Bound(NamedTuple):
    """What was certainly counted in some pool before an admission."""

    counted: int
    row: int


def least_bounds(pools: Pools, window: int, kinds: Set[int]) -> dict[int, Bound]:
    """The highest bound in a window for each of these kinds of client that was admitted there."""
    columns = pools.columns
    latest: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    for number in columns.admitted_in.get(window, ()):
        pool = pools.of[number]
        kind = columns.kinds[number]
        if pool >= 0 and kind in kinds:
            latest[pool][kind, columns.captures[number]] = number
    # A row that stands for several user actions lies in one pool with all of them, or in several.
    surely_one = "request" not in pools.names
    ended: dict[int, list[int]] = {pool: [] for pool in latest}
    for number in columns.ended_in.get(window, ()):
        if (surely_one or columns.counts[number] == 1) and pools.of[number] in ended:
            ended[pools.of[number]].append(number)
    most = {pool: sum(map(columns.counts.__getitem__, rows)) for pool, rows in ended.items()}
    found: dict[int, tuple[int, int, int, int]] = {}
    for pool in sorted(latest, key=lambda pool: (-most[pool], pools.first[pool])):
        rank = (most[pool], -pools.first[pool])
        open_ = [
            (place, number)
            for place, ((kind, _), number) in enumerate(latest[pool].items())
            if kind not in found or found[kind][:2] <= rank
        ]
        if not open_:
            continue
        count = _Counted(columns, ended[pool])
        for place, number in open_:
            bound = (count.before(number), -pools.first[pool], -place, number)
            kind = columns.kinds[number]
            found[kind] = max(found.get(kind, bound), bound)
    return {kind: Bound(counted, number) for kind, (counted, _, _, number) in found.items()}


class _Counted:
    """How many requests of a pool had certainly ended when another one was sent."""

    def __init__(self, columns: Stretch, ended: Sequence[int]) -> None:
        self._columns = columns
        self._moments = [columns.gone[number] for number in ended]
        self._totals = [0, *accumulate(map(columns.counts.__getitem__, ended))]
        self._by_capture: dict[int, list[int]] = defaultdict(list)
        for number in ended:
            self._by_capture[columns.captures[number]].append(number)

    def before(self, number: int) -> int:
        columns, row = self._columns, self._columns.rows[number]
        moment = row.start - row.error
        total = self._totals[bisect_left(self._moments, moment)]
        if not row.seen.steady:
            return total
        for other in self._by_capture.get(columns.captures[number], ()):
            by_own_clock = columns.rows[other].end < row.start
            total += columns.counts[other] * (by_own_clock - (columns.gone[other] < moment))
        return total
