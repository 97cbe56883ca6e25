"""Rows that are divided fast are counted as if each were held against each."""

import random
from itertools import combinations, product
from math import inf

import pytest

from pawwork_proxy.comparison import columns as columns_module
from pawwork_proxy.comparison import elimination
from pawwork_proxy.comparison.bounds import least_bounds
from pawwork_proxy.comparison.columns import UNKNOWN, Columns, Stretch
from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.elimination import assess
from pawwork_proxy.comparison.pools import Pools
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.transitions import transitions
from tests.evaluation.random_worlds import random_world
from tests.rows import few_when_fast
from tests.unit.comparison.builders import OFFICE, Diary, limiter

PARTS = ("address", "bucket", "install", "request", "session", "workspace")
HYPOTHESES = [frozenset(parts) for size in range(3) for parts in combinations(PARTS, size)]


def columns_of(seed: int) -> Columns:
    """A world's rows, of which many have no known address, and some stand for several."""
    rng = random.Random(seed)
    found = []
    for one in random_world(f"5:{seed}")[0].seen:
        who = one.who.model_copy(update={"address": None} if rng.random() < 0.3 else {})
        changes = {"who": who, "steady": rng.random() < 0.8, "seq": one.seq + rng.choice((0, 0, 9))}
        changes["count"] = rng.choice((1, 1, 5)) if one.family == "ok" else 1
        found.append(one.model_copy(update=changes))
    return Columns(select(found).limiters[0].rows)


def certainly(columns: Stretch, parts: frozenset[str], one: int, other: int) -> bool:
    """Whether two rows are in one pool."""
    codes = [columns.codes[part] for part in parts]
    return columns.windows[one] == columns.windows[other] and all(
        code[one] == code[other] != UNKNOWN for code in codes
    )


def perhaps(columns: Stretch, parts: frozenset[str], one: int, other: int) -> bool:
    """Whether two rows may be in one pool."""
    codes = [columns.codes[part] for part in parts - {BUCKET}]
    return columns.windows[one] == columns.windows[other] and all(
        min(code[one], code[other]) < 0 or code[one] == code[other] for code in codes
    )


@pytest.mark.parametrize("seed", few_when_fast(1, range(6)))
def test_what_may_have_been_counted_before_a_refusal(seed: int) -> None:
    stretches = columns_of(seed).stretches
    for columns, parts in product(stretches, HYPOTHESES):
        rows, everyone = columns.rows, range(len(columns.rows))
        pools = Pools(parts, columns)
        for one in columns.refused:
            if pools.of[one] not in pools.refused:
                continue
            counted = sum(
                rows[other].seen.count
                for other in everyone
                if perhaps(columns, parts, one, other)
                and rows[other].part != "refused"
                and not rows[one].surely_before(rows[other])
            )
            assert pools.possibly_counted(one, inf) == counted
            assert pools.possibly_counted(one, 2) >= min(2, counted)


@pytest.mark.parametrize("seed", range(6))
def test_what_was_certainly_counted_before_an_admission(seed: int) -> None:
    stretches = columns_of(seed).stretches
    for columns, parts in product(stretches, HYPOTHESES):
        rows, everyone = columns.rows, range(len(columns.rows))
        kinds = set(columns.kinds)
        most: dict[tuple[int, int], int] = {}
        latest = {
            (columns.kinds[one], columns.captures[one], pool): one
            for one, pool in enumerate(Pools(parts, columns).of)
            if one in columns.admitted and pool >= 0
        }
        for one in latest.values():
            counted = sum(
                rows[other].seen.count
                for other in everyone
                if certainly(columns, parts, one, other)
                and rows[other].counts
                and ("request" not in parts or rows[other].seen.count == 1)
                and _ended_before(columns, other, one)
            )
            key = (columns.kinds[one], columns.windows[one])
            most[key] = max(counted, most.get(key, 0))
        found = {
            (kind, window): bound.counted
            for window in set(columns.windows)
            for kind, bound in least_bounds(Pools(parts, columns), window, kinds).items()
        }
        assert found == most


def _ended_before(columns: Stretch, other: int, one: int) -> bool:
    row, earlier = columns.rows[one], columns.rows[other]
    if row.seen.steady and row.seen.capture == earlier.seen.capture:
        return earlier.end < row.start
    return earlier.end + earlier.error < row.start - row.error


def test_rows_whose_result_is_not_known_contradict_nothing() -> None:
    columns = Columns(limiter(Diary().admitted(3).refused().admitted(**OFFICE).seen).rows)
    assert assess(frozenset(), columns).conflicts
    assert not assess(frozenset(), columns.unclear([3])).conflicts
    assert not assess(frozenset(), columns.unclear([4])).conflicts
    assert assess(frozenset(), columns.unclear([0])).conflicts


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 6, 7])
def test_windows_that_are_divided_one_by_one_show_the_same(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elimination, "CONFLICTS_KEPT", 3)

    rows = columns_of(seed).rows

    def found() -> list[object]:
        columns = Columns(rows)
        every = [(parts, assess(parts, columns, in_full=True)) for parts in HYPOTHESES]
        return [
            (
                [one.rows for one in how.conflicts],
                (how.above, how.admitted, how.excuses),
                [(one.refused, one.admitted, one.held) for one in transitions(parts, columns)],
            )
            for parts, how in every
        ]

    together = found()
    monkeypatch.setattr(columns_module, "STRETCH", 1)
    assert len(Columns(rows).stretches) > 1
    assert found() == together


@pytest.mark.parametrize("seed", [1, 3, 4, 10])
def test_what_is_enough_is_the_first_of_everything(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = columns_of(seed)
    monkeypatch.setattr(elimination, "CONFLICTS_KEPT", 10_000)
    everything = [assess(parts, columns).conflicts for parts in HYPOTHESES]
    for most in (1, 3):
        monkeypatch.setattr(elimination, "CONFLICTS_KEPT", most)
        for parts, conflicts in zip(HYPOTHESES, everything, strict=True):
            rows = [one.rows for one in assess(parts, columns).conflicts]
            assert rows == [one.rows for one in conflicts[:most]]
