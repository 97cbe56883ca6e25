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
