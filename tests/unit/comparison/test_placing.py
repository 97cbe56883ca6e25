"""Which rows lie in one window, and where a window is cut."""

from datetime import timedelta
from typing import Any

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.placing import MOST_NAMED
from pawwork_proxy.comparison.selection import select
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary, limiter

RELAYED: dict[str, Any] = {"origin": "relayed:Console"}
ROLLING: dict[str, Any] = {**RELAYED, "cadence": "other"}


def rows(diary: Diary) -> list[tuple[int, str, str]]:
    """Number, part and window of each row that is evidence."""
    found = limiter(diary.seen).rows
    return sorted((row.seen.seq, row.part, row.window) for row in found if row.part != "maybe")


def rolling() -> Diary:
    """Refused at 09:00:50 until 10:00 or so; others before, within and behind it."""
    diary = Diary().admitted(4, server_era="unknown").refused(retry_after_s=3600.0, **ROLLING)
    return diary.admitted(**OFFICE).later(hours=1).admitted(**OFFICE).admitted()


def test_a_refusal_that_names_a_moment_shows_something_up_to_it() -> None:
    diary = rolling()
    found = limiter(diary.seen)
    (window,) = found.windows
    assert window.end == diary.seen[4].answered_at + timedelta(hours=1)  # type: ignore[operator]
    assert window.id == "until 2026-06-03T10:00:51Z"
    assert rows(diary) == [(5, "refused", window.id), (6, "admitted", window.id)]
    reasons = {one.reason: one.exchanges for one in select(diary.seen).exclusions}
    assert reasons == {"no_refusal_in_window": 6}
    (limit,) = compare(diary.seen).limits
    assert (limit.cadence, limit.admitted, limit.refused) == ("unknown", 1, 1)
    assert limit.cut_off is None, "how much was counted before is not known"


def test_what_was_used_before_a_named_moment_is_not_known() -> None:
    """So no pool is refused too early for one of its own."""
    diary = rolling()
    diary.refused(retry_after_s=1.0, **ROLLING, **TWO)
    (limit,) = compare(diary.seen).limits
    shown = {one.shows for verdict in limit.verdicts for one in verdict.evidence}
    assert shown == {"separate"}


@pytest.mark.parametrize(("weekday", "finding"), [(6, "does_not_follow"), (7, "undetermined")])
def test_what_came_before_a_day_that_may_end_a_week_may_have_been_counted(
    weekday: int, finding: str
) -> None:
    """The second install asked the day before: a weekly quota of its own may be used up."""
    day = MORNING + timedelta(days=weekday - MORNING.isoweekday())
    until = {"reset_at": day.replace(hour=0) + timedelta(days=1)}
    diary = Diary(start=day - timedelta(days=1)).admitted(5, **TWO).later(days=1)
    diary.admitted(9).refused(2, **until).refused(2, **until, **TWO)
    (limit,) = compare(diary.seen, plan=False).limits
    verdicts = {one.dimension: one.finding for one in limit.verdicts}
    assert verdicts["install"] == finding
    assert limit.refused == 4
    assert limit.admitted == 9, "those of the day before are no evidence"


def test_two_refusals_of_one_moment_are_one_window_and_each_moment_has_its_own() -> None:
    diary = Diary().refused(retry_after_s=3600.0, **ROLLING)
    diary.refused(retry_after_s=3590.0, **ROLLING).refused(retry_after_s=7200.0, **ROLLING)
    diary.admitted(**OFFICE)
    assert len(limiter(diary.seen).windows) == 2
    (limit,) = compare(diary.seen).limits
    assert (limit.admitted, limit.refused) == (1, 3), "each row counts once"
    assert limit.cadence == "rolling"


def test_the_moments_longest_ahead_are_looked_at_and_the_others_are_named() -> None:
    diary = Diary()
    for n in range(MOST_NAMED + 2):
        diary.refused(retry_after_s=3600.0 + 60 * n, **ROLLING)
    diary.refused(cadence="week", **RELAYED)
    found = select(diary.seen)
    assert len(found.limiters[0].windows) == MOST_NAMED
    assert {one.reason: one.exchanges for one in found.exclusions} == {"no_fixed_reset": 3}


def raised() -> Diary:
    """Two installs are refused, and later both are admitted: somebody raised the limit."""
    diary = Diary().admitted(3).refused().refused(**TWO).later(minutes=5)
    diary.admitted(session="ses:third", install="three").later(minutes=5)
    return diary.admitted().admitted(**TWO).admitted()


def test_where_all_pools_changed_at_once_the_window_is_cut() -> None:
    diary = raised()
    assert rows(diary) == [
        *((n, "admitted", "2026-06-03") for n in (1, 2, 3)),
        *((n, "refused", "2026-06-03") for n in (4, 5)),
        *((n, "admitted", "2026-06-03 from 09:11:10Z") for n in (7, 8, 9)),
    ]
    reasons = {one.reason: one.exchanges for one in select(diary.seen).exclusions}
    assert reasons == {"near_reset": 1}
    (limit,) = compare(diary.seen).limits
    assert not {"follows"} & {one.finding for one in limit.verdicts}
    assert limit.hypotheses, "nothing contradicts"


def test_one_alone_that_is_admitted_again_cuts_nothing() -> None:
    diary = Diary().admitted(3).refused(2).refused(**TWO).later(minutes=9).admitted(2)
    assert {window for *_, window in rows(diary)} == {"2026-06-03"}


def test_where_somebody_is_refused_still_not_all_pools_changed() -> None:
    diary = raised()
    ones = {"install": "four", "session": "ses:four"}
    before = Diary("c2", start=diary.seen[3].started_at).refused(**ones)
    before.later(minutes=20).refused(**ones)
    assert {row.window for row in limiter([*diary.seen, *before.seen]).rows} == {"2026-06-03"}


def test_changes_one_after_the_other_are_no_change_of_all() -> None:
    diary = Diary().refused().later(minutes=1).admitted().later(minutes=1)
    diary.refused(**TWO).later(minutes=1).admitted(**TWO)
    assert {window for *_, window in rows(diary)} == {"2026-06-03"}


def test_parallel_requests_are_no_change() -> None:
    """Each was admitted by a request that was sent before its refusal had come."""
    diary = Diary().refused().refused(**TWO)
    other = Diary("c2", start=diary.seen[0].started_at - timedelta(seconds=9.5))
    seen = [*diary.seen, *other.admitted().admitted(**TWO).seen]
    assert {row.window for row in limiter(seen).rows} == {"2026-06-03"}
