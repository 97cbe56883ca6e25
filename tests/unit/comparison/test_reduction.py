"""Fewer rows, same verdicts."""

from __future__ import annotations

from datetime import UTC, datetime

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.reduction import reduce
from pawwork_proxy.model.observation import SEVERAL
from tests.unit.comparison.builders import OFFICE, TWO, Diary


def test_a_run_of_admissions_becomes_a_row_and_the_latest() -> None:
    diary = Diary().admitted(9)
    row, latest = reduce(diary.seen)
    assert (row.count, row.who.request, row.seq) == (8, SEVERAL, 1)
    assert row.ended_at == diary.seen[-2].ended_at
    assert latest == diary.seen[-1]


def test_what_differs_or_is_no_plain_admission_stays() -> None:
    diary = Diary().admitted(2).admitted(2, **TWO).admitted(ending="aborted").refused()
    diary.other("provider_overload", "overload").admitted(answered_at=None)
    assert len(reduce(diary.seen)) == len(diary.seen)


def test_rounds_of_a_refused_prompt_stay() -> None:
    seen = Diary().admitted(5, request="msg:a").refused(request="msg:a").seen
    assert reduce(seen) == tuple(seen)


def test_days_are_not_mixed() -> None:
    seen = Diary(start=datetime(2026, 6, 3, 23, 59, tzinfo=UTC)).admitted(2).later(days=1)
    assert all(one.count == 1 for one in reduce(seen.admitted(2).seen))


def test_verdicts_are_the_same() -> None:
    diary = Diary().admitted(30).refused().refused(**TWO).admitted(8, **OFFICE).refused()
    whole, fewer = compare(diary.seen), compare(reduce(diary.seen))
    assert [v.finding for v in whole.limits[0].verdicts] == [
        v.finding for v in fewer.limits[0].verdicts
    ]
    assert (whole.exchanges, whole.evidence) == (fewer.exchanges, fewer.evidence)
    assert len(reduce(diary.seen)) == 7
