"""In large sets some rows are always odd, and more has to speak against what is ruled out."""

from datetime import timedelta
from typing import Any

import pytest

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.hypotheses import GLOBAL
from pawwork_proxy.comparison.many_slips import least_slips
from pawwork_proxy.comparison.withstand import LARGE
from pawwork_proxy.model.observation import Observation
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary, limiter

ADDRESS, INSTALL = frozenset({"address"}), frozenset({"install"})
DAYS = 20
THREE: dict[str, Any] = {"install": "three", "session": "ses:three"}
ELSEWHERE: dict[str, Any] = {"project": "prj:other"}


def study(*odd: dict[str, Any], asks: int = 40) -> list[Observation]:
    """Counted per address; on the first days one answer each does not fit, and differs as given."""
    seen: list[Observation] = []
    for day in range(DAYS):
        diary = Diary(start=MORNING + timedelta(days=day), seq=1000 * day)
        one, two = ({**who, "session": f"ses:{day}{bool(who)}"} for who in ({}, TWO))
        diary.admitted(asks, **one).refused(2, **one).refused(2, **two)
        if day < len(odd):
            diary.admitted(**one, **odd[day])
        for _ in range(2):
            diary.refused(**one).admitted(2, **one, **OFFICE).refused(**one)
        seen += diary.seen
    return seen


def findings(seen: list[Observation]) -> dict[str, str]:
    (limit,) = compare(seen, plan=False).limits
    return {one.dimension: one.finding for one in limit.verdicts}


@pytest.mark.parametrize("odd", [(), ({}, {})], ids=["none odd", "two odd"])
def test_a_few_odd_rows_of_a_large_set_silence_no_verdict(odd: tuple[dict[str, Any], ...]) -> None:
    seen = study(*odd)
    assert len(limiter(seen).rows) >= LARGE
    found = findings(seen)
    assert (found["address"], found["install"]) == ("follows", "does_not_follow")


def test_what_explains_odd_rows_by_chance_is_not_what_the_quota_follows() -> None:
    """Three of four odd answers came in another project, which the server does not look at."""
    found = findings(study({}, ELSEWHERE, ELSEWHERE, ELSEWHERE))
    assert (found["address"], found["project"]) == ("follows", "undetermined")


def test_no_more_slips_are_counted_than_rows_are_odd() -> None:
    columns = Columns(limiter(study({}, {}, {}, {}, {}, asks=10)).rows)
    assert least_slips(ADDRESS, columns, 1000) == 5
    assert least_slips(GLOBAL, columns, 1000) == 2 * DAYS + 5
    assert least_slips(GLOBAL, columns, 3) == 4, "counting ends where they are too many"


def test_a_pool_refused_unused_is_explained_by_those_that_got_more_as_well() -> None:
    """Of one's own, it is odd; but so may the one answer be that somebody else got."""
    diary = Diary().admitted().refused(**TWO).refused(**THREE)
    assert least_slips(INSTALL, Columns(limiter(diary.seen).rows), 1000) == 1
    diary = Diary().admitted(9).refused(**TWO).refused(**THREE)
    assert least_slips(INSTALL, Columns(limiter(diary.seen).rows), 1000) == 2


def test_two_kinds_of_client_each_allowed_more_than_the_other_take_a_slip_for_each_pair() -> None:
    other = {"user_agent": "other/1"}
    diary = Diary()
    for _ in range(2):
        diary.later(days=1).admitted(9).refused().admitted(**other)
        diary.later(days=1).admitted(9, **other).refused(**other).admitted()
    columns = Columns(limiter(diary.seen).rows)
    assert least_slips(GLOBAL, columns, 1000) == 2
    assert least_slips(frozenset({"user_agent"}), columns, 1000) == 0


def test_what_one_change_or_some_time_explains_is_no_contradiction_or_one() -> None:
    other = {"user_agent": "other/1"}
    at_once = Diary().admitted(9).refused().refused(**other)
    at_once.admitted(**ELSEWHERE).admitted(**ELSEWHERE, **other)
    assert least_slips(GLOBAL, Columns(limiter(at_once.seen).rows), 1) == 1
    later = Diary().admitted(9).refused().later(minutes=20).admitted()
    assert least_slips(GLOBAL, Columns(limiter(later.seen).rows), 1) == 0


def test_a_pool_refused_after_little_use_may_be_one_whose_limit_was_raised_later() -> None:
    before = Diary().admitted(9).admitted(**TWO).refused(**TWO)
    assert least_slips(INSTALL, Columns(limiter(before.seen).rows), 1) == 1
    raised = Diary().admitted(**TWO).refused(**TWO).admitted(9)
    assert least_slips(INSTALL, Columns(limiter(raised.seen).rows), 1) == 0
    fresh = Diary().admitted(9).refused(**TWO).refused(**THREE)
    assert least_slips(INSTALL, Columns(limiter(fresh.seen).rows), 0) > 0
