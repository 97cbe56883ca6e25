"""What is evidence, and why the rest is none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pawwork_proxy.comparison.exclusions import EXCLUSIONS
from pawwork_proxy.comparison.requests import placed
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.model.observation import ABSENT
from tests.unit.comparison.builders import PLAIN, TWO, Diary, limiter


def reasons(diary: Diary) -> dict[str, int]:
    return {one.reason: one.exchanges for one in select(diary.seen).exclusions}


EXAMPLES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "other_tier": ("success", "ok", {"tier": "go"}),
    "no_model_call": ("success", "ok", {"model_call": False}),
    "observed_in_part": ("unknown", "unknown", {"in_part": True}),
    "other_limit": ("go_usage_limit", "quota", {}),
    "before_limiter": ("auth_invalid", "auth", {}),
    "not_from_server": ("free_usage_limit", "quota", {"origin": "edge"}),
    "no_fixed_reset": ("free_usage_limit", "quota", {"cadence": "rolling_5h"}),
    "not_quota": ("provider_overload", "overload", {}),
    "no_answer": ("success", "ok", {"answered_at": None}),
    "unknown_model": ("success", "ok", {"model": None}),
    "paid_model": ("success", "ok", {"free": False}),
    "not_known_free": ("success", "ok", {"free": None}),
}


@pytest.mark.parametrize("reason", EXAMPLES)
def test_each_reason_has_an_example_that_it_alone_catches_first(reason: str) -> None:
    kind, family, changes = EXAMPLES[reason]
    diary = Diary().admitted().refused()
    cadence = changes.pop("cadence", "none")
    diary._note(kind, family, cadence, changes)
    assert reasons(diary) == {reason: 1}


def test_the_table_has_unique_ids_and_an_example_for_each() -> None:
    assert [row.id for row in EXCLUSIONS] == list(EXAMPLES)


def test_examples_of_an_exclusion_can_be_looked_up() -> None:
    (one,) = select(Diary().refused().admitted(7, free=False).seen).exclusions
    assert one.examples == tuple(f"c1#{n}" for n in range(2, 7))


def test_what_may_have_counted_stays_beside_the_evidence() -> None:
    diary = Diary().refused().other("provider_overload", "overload").admitted(free=False)
    assert [row.part for row in limiter(diary.seen).rows] == ["refused", "maybe"]


def test_captures_of_another_study_are_left_out() -> None:
    diary = Diary().admitted(2, study="study:a").refused(study="study:a").refused(study="study:b")
    selection = select(diary.seen)
    assert reasons(diary) == {"other_study": 1}
    assert selection.evidence == 3


def test_what_was_answered_here_is_no_evidence_and_was_never_counted() -> None:
    plain = Diary().admitted(2).refused()
    with_answers = Diary().admitted(2).refused()
    with_answers.admitted(answered_here=True).refused(answered_here=True)
    assert reasons(with_answers) == {"answered_here": 2}
    assert select(with_answers.seen).evidence == select(plain.seen).evidence
    assert len(limiter(with_answers.seen).rows) == len(limiter(plain.seen).rows)


def test_simulated_captures_are_not_mixed_with_real_ones() -> None:
    diary = Diary().admitted(2).refused().refused(simulated=True)
    assert reasons(diary) == {"simulated": 1}


def test_near_a_reset_a_refusal_belongs_to_no_window() -> None:
    diary = Diary(start=datetime(2026, 6, 3, 23, 59, 49, tzinfo=UTC)).refused(clock_error_s=9)
    assert select(diary.seen).limiters == ()
    assert reasons(diary) == {"near_reset": 1}


def test_near_a_reset_an_admission_may_count_in_both_windows() -> None:
    diary = Diary(start=datetime(2026, 6, 3, 23, 50, tzinfo=UTC)).refused()
    diary.later(minutes=9, seconds=30).admitted(clock_error_s=9).later(minutes=2).refused()
    found = limiter(diary.seen)
    assert [(row.part, row.window) for row in found.rows if row.part == "maybe"] == [
        ("maybe", "2026-06-03"),
        ("maybe", "2026-06-04"),
    ]
    assert reasons(diary) == {"near_reset": 1}


def test_eras_and_rhythms_are_limiters_of_their_own() -> None:
    diary = Diary().admitted().refused(server_era="V3").refused(server_era="V4")
    diary._note("free_usage_limit", "quota", "minute", {"server_era": "V4"})
    found = select(diary.seen).limiters
    assert {(one.server_era, one.cadence) for one in found} == {
        ("V3", "utc_day"),
        ("V4", "utc_day"),
        ("V4", "minute"),
    }
    assert all(not one.part("admitted") for one in found)


def test_a_kind_of_client_is_what_is_sent_not_what_it_says() -> None:
    one, other = Diary().admitted().admitted(**TWO).seen
    assert placed(one, "admitted", "w").client_kind == placed(other, "admitted", "w").client_kind
    unknown = one.model_copy(update={"who": PLAIN.model_copy(update={"session": None})})
    assert placed(unknown, "admitted", "w").client_kind is None


def test_a_row_without_an_action_is_its_sessions_or_its_own() -> None:
    first, second = (placed(seen, "admitted", "w") for seen in Diary().admitted(2).seen)
    assert first.action == second.action
    bare = Diary().admitted(session=ABSENT).admitted(session=None).seen
    first, second = (placed(seen, "admitted", "w") for seen in bare)
    assert first.action != second.action
