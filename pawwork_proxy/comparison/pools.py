"""The rows of a limiter divided by one hypothesis, and what may have been counted in a pool.

Invariant: counting is exact where it is asked for; it stops early only once enough was found.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter

from pawwork_proxy.comparison.columns import Columns, Stretch
from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.hypotheses import Hypothesis

FirstRefusals = dict[int, dict[int, int]]
"""By kind of client, then by capture (one clock each): the row that was refused first."""


_Index = tuple[list[int], dict[int, list[int]]]
"""The place of every row, as far as some parts tell it, and the rows of each place."""


class Pools:
    """Rows by pool. A pool and a row are numbers, a negative pool is one that is not known.

    Models that are grouped somehow: rows of one model are certainly in one pool, rows of two models
    may be.
    """

    def __init__(self, hypothesis: Hypothesis, columns: Stretch) -> None:
        self.columns = columns
        self.names = sorted(hypothesis)
        self._loose = [name for name in self.names if name != BUCKET]
        self._indexes: dict[tuple[str, ...], list[_Index]] = {}
        """By the parts that are known of a refusal: rows that it may meet."""
        self.of = columns.pools(self.names)
        last = len(self.of) - 1
        self.first = dict(zip(reversed(self.of), range(last, -1, -1), strict=True))
        """The first row of each pool, by which pools are ordered."""
        self.refused: dict[int, FirstRefusals] = {}
        heads = columns.heads
        for number in columns.refused:
            pool = self.of[number]
            if pool >= 0:
                kinds = self.refused.setdefault(pool, {})
                by_capture = kinds.setdefault(columns.kinds[number], {})
                held = by_capture.setdefault(columns.captures[number], number)
                if heads[number] < heads[held]:
                    by_capture[columns.captures[number]] = number

    @cached_property
    def admitted_later(self) -> dict[int, list[int]]:
        """By pool, admissions of requests that were sent after somebody had been refused in it."""
        columns = self.columns
        since = {
            pool: min(columns.heads[one] for some in kinds.values() for one in some.values())
            for pool, kinds in self.refused.items()
        }
        later: dict[int, list[int]] = {pool: [] for pool in since}
        for number in columns.admitted:
            pool = self.of[number]
            if pool in since and since[pool] < columns.starts[number]:
                later[pool].append(number)
        return later

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """The rows of each pool in which somebody was refused."""
        found: dict[int, list[int]] = {pool: [] for pool in self.refused}
        for number, pool in enumerate(self.of):
            if pool in found:
                found[pool].append(number)
        return found

    def is_private(self, pool: int) -> bool:
        """Whether nobody else can be in a pool in which somebody was refused."""
        return self.columns.is_private(self.names, self.members[pool])

    def possibly_counted(self, refusal: int, enough: float) -> int:
        """The most that may have been counted before a refusal in its pool, or `enough` of it."""
        own = self._before(refusal, self.members[self.of[refusal]], enough)
        if own >= enough or self._are_certain:
            return own
        return sum(self._before(refusal, rows, enough) for rows in self._company(refusal))

    @cached_property
    def _are_certain(self) -> bool:
        """Whether no row may be in several pools."""
        return BUCKET not in self.names and self.columns.gaps.isdisjoint(self.names)

    def _before(self, refusal: int, company: Iterable[int], enough: float) -> int:
        columns, starts, found = self.columns, self.columns.starts, 0
        row = columns.rows[refusal]
        over = row.head + (row.error + columns.most_error) if columns.orderly else float("inf")
        for number in company:
            if starts[number] > over:
                break  # that one and all later ones were sent afterwards
            other = columns.rows[number]
            if other.part != "refused" and not row.surely_before(other):
                found += columns.counts[number]
                if found >= enough:
                    break
        return found

    def _company(self, refusal: int) -> Iterator[Sequence[int]]:
        """Every row that may share its pool: some rows in order of time, then others.

        Two may be of one pool unless both know a part and differ in it.
        """
        codes = self.columns.codes
        known = tuple(name for name in self._loose if codes[name][refusal] >= 0)
        if known not in self._indexes:
            self._indexes[known] = [
                self._index([name for name in known if name not in unknown], numbers)
                for unknown, numbers in self.columns.by_gaps(self._loose).items()
            ]
        for place_of, rows in self._indexes[known]:
            yield rows.get(place_of[refusal], ())

    def _index(self, names: Iterable[str], numbers: Iterable[int]) -> _Index:
        place_of = self.columns.places(names)
        rows: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            rows[place_of[number]].append(number)
        return place_of, rows


def in_order(
    hypothesis: Hypothesis, columns: Columns, opened: list[Pools]
) -> Iterator[tuple[Pools, int]]:
    """Each pool in which somebody was refused, in the order of their first rows.

    What is `opened` for it stays behind; no stretch is divided before it is its turn.
    """
    waiting: list[tuple[int, Pools, int]] = []
    begins = [stretch.numbers[0] for stretch in columns.stretches[1:]]
    for stretch, following in zip(columns.stretches, [*begins, len(columns.rows)], strict=True):
        pools = Pools(hypothesis, stretch)
        opened.append(pools)
        waiting += ((stretch.numbers[pools.first[one]], pools, one) for one in pools.refused)
        waiting.sort(key=itemgetter(0))
        ready = bisect_left(waiting, following, key=itemgetter(0))
        yield from ((pools, pool) for _, pools, pool in waiting[:ready])
        del waiting[:ready]
