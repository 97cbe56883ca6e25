"""Which explanations are out for good, also if one thing went wrong that no row shows."""

from typing import Any

from pawwork_proxy.comparison.hypotheses import GLOBAL
from pawwork_proxy.comparison.withstand import Withstood, withstand
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limiter

ADDRESS = frozenset({"address"})
ONE_PROMPT: dict[str, Any] = {"request": "msg:1"}


def left(diary: Diary) -> Withstood:
    return withstand(limiter(diary.seen))


def test_one_observation_leaves_what_one_slip_would_save() -> None:
    found = left(Diary().admitted(9).refused().admitted(**OFFICE))
    assert GLOBAL not in found.exact.possible
    assert {GLOBAL, ADDRESS} <= set(found.findings.possible)
    assert found.odd == ()


def test_two_observations_leave_no_more_than_what_fits() -> None:
    diary = Diary().admitted(9).refused(2).admitted(2, **OFFICE).refused(2)
    found = left(diary)
    assert ADDRESS in found.findings.possible
    assert GLOBAL in found.findings.ruled_out


def test_a_single_row_that_fits_nothing_is_odd() -> None:
    diary = Diary().admitted(9, **ONE_PROMPT).refused(3, **ONE_PROMPT).admitted(**ONE_PROMPT)
    found = left(diary.refused(3, **ONE_PROMPT))
    assert [row.seen.seq for row in found.odd] == [13]
    assert not found.changed
    assert found.columns.rows[12].part == "maybe"


def test_nothing_withstands_where_rows_contradict_again_and_again() -> None:
    diary = Diary().admitted(9, **ONE_PROMPT)
    for _ in range(5):
        diary.refused(2, **ONE_PROMPT).admitted(2, **ONE_PROMPT)
    found = left(diary.refused(2, **ONE_PROMPT))
    assert not found.findings.possible
    assert found.odd == ()


def test_that_each_prompt_is_another_matter_calls_no_row_odd() -> None:
    diary = Diary()
    for number in range(5):
        prompt = {"request": f"msg:{number}"}
        diary.admitted(6, **prompt).refused(2, **prompt)
    found = left(diary)
    assert {one for one in found.exact.possible if "request" not in one} == set()
    assert found.exact.possible
    assert (found.odd, found.changed) == ((), False)


def test_kinds_of_client_in_opposite_order_once_may_be_a_slip() -> None:
    other = {"user_agent": "other/1"}
    diary = Diary().admitted(9).refused().admitted(**other).later(days=1)
    found = left(diary.admitted(9, **other).refused(**other).admitted())
    assert GLOBAL in found.exact.ruled_out


def test_a_fresh_pool_that_was_refused_once_may_be_a_slip() -> None:
    install = frozenset({"install"})
    assert install in left(Diary().admitted(9).refused(2).refused(**TWO)).findings.possible
    assert install in left(Diary().admitted(9).refused(2).refused(2, **TWO)).findings.ruled_out


def test_one_change_explains_all_that_lies_around_it() -> None:
    """Each conversation was refused before it and answered behind it, at another address."""
    sessions: list[dict[str, Any]] = [{"session": "ses:a"}, {"session": "ses:b"}]
    around, apart = Diary(), Diary()
    for one in sessions:
        around.admitted(4, **one)
        apart.admitted(4, **one).refused(2, **one).admitted(2, **one, **OFFICE)
    for where in ({}, OFFICE):
        for one in sessions:
            (around.admitted if where else around.refused)(2, **one, **where)
    session = frozenset({"session"})
    assert session in left(around).findings.possible
    assert session in left(apart).findings.ruled_out


def test_more_odd_rows_than_a_small_study_can_have_are_none() -> None:
    diary = Diary().admitted(9, **ONE_PROMPT).refused(3, **ONE_PROMPT)
    for _ in range(2):
        diary.later(minutes=1).admitted(**ONE_PROMPT).refused(3, **ONE_PROMPT)
    found = left(diary)
    assert (found.odd, found.changed) == ((), False)
    assert not found.findings.possible


def test_no_raised_limit_explains_who_was_refused_without_any_use() -> None:
    diary = Diary().admitted(3).refused(2).refused(2, **TWO).admitted(9, **OFFICE).refused()
    found = left(diary).findings
    assert ADDRESS in found.possible
    assert frozenset({"install", "address"}) in found.ruled_out


def test_where_only_conversations_would_explain_anything_unrecorded_may_have_changed() -> None:
    """Any number of times: no two observations rule out that one quota is everybody's."""
    diary = Diary()
    for number in range(4):
        session = f"ses:{number}"
        diary.admitted(2, session=session).refused(session=session)
    found = left(diary)
    assert GLOBAL in found.exact.ruled_out
    assert GLOBAL in found.findings.possible
    assert found.odd == ()


def test_each_slip_is_an_excuse() -> None:
    found = left(Diary().admitted(9).refused(2).admitted(2, **OFFICE))
    assert found.findings.possible[ADDRESS].excuses == 0
    assert found.findings.possible[GLOBAL].excuses == 1
