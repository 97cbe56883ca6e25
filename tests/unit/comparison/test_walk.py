"""Where a study stands, from nothing but the rows."""

from datetime import timedelta

import pytest

from pawwork_proxy.comparison.walk import STUDIES, Progress, StudyName, Wrong, progress_of
from pawwork_proxy.model.observation import Observation
from tests.unit.comparison.builders import MORNING, OFFICE, SAVED_KEY, TWO, Diary

ELSEWHERE = {**OFFICE, **TWO}
AWAY = {**SAVED_KEY, **OFFICE}


def stands(name: StudyName, seen: list[Observation]) -> Progress:
    return progress_of(name, asked_anew(seen), MORNING + timedelta(hours=5))


def asked_anew(seen: list[Observation]) -> list[Observation]:
    """Each of them a user action of its own, if nothing else is said."""
    return [
        one if one.action else one.model_copy(update={"action": one.who.request}) for one in seen
    ]


def step(name: StudyName, seen: list[Observation]) -> str:
    found = stands(name, seen).step
    return found.id if found else "over"


def test_a_study_of_one_network_goes_step_by_step() -> None:
    diary = Diary().admitted(9)
    assert step("one-network", []) == step("one-network", diary.seen) == "refused"
    assert step("one-network", diary.refused().seen) == "again"
    assert step("one-network", diary.refused().seen) == "fresh"
    assert step("one-network", diary.refused(**TWO).seen) == "back"
    assert step("one-network", diary.refused().seen) == "over"
    assert len(stands("one-network", diary.seen).done) == 4


def test_a_study_of_two_networks_needs_both_installs_there() -> None:
    diary = Diary().admitted(9).refused(2).admitted(**ELSEWHERE)
    assert step("two-networks", diary.seen) == "moved"
    assert step("two-networks", diary.admitted(**OFFICE).seen) == "back"
    assert step("two-networks", diary.refused().seen) == "over"


def test_a_study_of_keys_begins_without_one() -> None:
    diary = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY)
    assert step("key-or-none", diary.seen) == "refused"
    diary.refused(2).refused(**SAVED_KEY)
    assert step("key-or-none", diary.seen) == "keyed_elsewhere"
    assert step("key-or-none", diary.admitted(**AWAY).refused().seen) == "over"


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (Diary().admitted(9).refused(3), {Wrong("same", "install")}),
        (
            Diary().admitted(9).refused(2).refused(**ELSEWHERE),
            {Wrong("differs", "address")},
        ),
        (
            Diary().admitted(9).refused(2).refused(**TWO, address=None),
            {Wrong("unknown", "address")},
        ),
        (Diary().admitted(9).refused(2).refused(**TWO, model="north"), {Wrong("differs", "model")}),
        (Diary().admitted(9).refused(2), set()),
    ],
)
def test_what_is_not_as_the_step_asks_is_named(asked: Diary, wrong: set[Wrong]) -> None:
    found = stands("one-network", asked.seen)
    assert (found.step, set(found.wrong)) == (STUDIES["one-network"][2], wrong)
    assert (found.last is None) is (not wrong)


def test_an_answer_where_a_refusal_is_needed_is_named() -> None:
    found = stands("one-network", Diary().admitted(9).refused().admitted().seen)
    assert found.wrong == (Wrong("admitted"),)


def test_retries_of_a_prompt_are_no_further_step() -> None:
    diary = Diary().admitted(9).refused(action="act:one").refused(action="act:one")
    assert step("one-network", diary.seen) == "again"


def test_a_title_call_is_not_what_is_complained_of() -> None:
    diary = Diary().admitted(9).refused(2).refused(**TWO, address=None, action="a")
    diary.admitted(**TWO, address=None, action="a", model="gpt-5-nano")
    assert stands("one-network", diary.seen).wrong == (Wrong("unknown", "address"),)


def test_who_was_refused_first_may_have_been_captured_without_the_probe() -> None:
    diary = Diary().admitted(9, address=None).refused(address=None).refused()
    assert step("one-network", diary.refused(**TWO).seen) == "back"


def test_yesterday_is_over_and_simulated_days_are_not() -> None:
    seen = asked_anew(Diary().admitted(9).refused(2).seen)
    assert progress_of("one-network", seen, MORNING + timedelta(days=2)).done == ()
    simulated = [one.model_copy(update={"simulated": True}) for one in seen]
    assert len(progress_of("one-network", simulated, MORNING + timedelta(days=2)).done) == 2
