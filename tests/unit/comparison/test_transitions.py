"""Admissions after a refusal, as an experimenter sees them."""

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.hypotheses import GLOBAL, Hypothesis
from pawwork_proxy.comparison.transitions import Transition, directed, transitions
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limiter

ADDRESS: Hypothesis = frozenset({"address"})


def found(diary: Diary, hypothesis: Hypothesis = GLOBAL) -> list[Transition]:
    return list(transitions(hypothesis, Columns(limiter(diary.seen).rows)))


def numbers(diary: Diary, hypothesis: Hypothesis = GLOBAL) -> list[tuple[int, int, int | None]]:
    """Each with the numbers of its rows."""
    return [
        (one.refused.seen.seq, one.admitted.seen.seq, one.held.seen.seq if one.held else None)
        for one in found(diary, hypothesis)
    ]


def test_several_admissions_after_one_refusal_are_one_transition() -> None:
    assert numbers(Diary().admitted(4).refused(2).admitted(3, **OFFICE)) == [(6, 7, None)]


def test_pools_are_looked_at_each_for_itself() -> None:
    assert numbers(Diary().admitted(4).refused(2).admitted(**OFFICE), ADDRESS) == []
    unknown = {"address": None, "prefix": None}
    assert numbers(Diary().admitted(4).refused(2).admitted(**unknown), ADDRESS) == []


def test_only_what_is_close_in_time_is_evidence() -> None:
    near = Diary().admitted(4).refused().later(minutes=14).admitted(**OFFICE)
    far = Diary().admitted(4).refused().later(minutes=16).admitted(**OFFICE)
    assert (len(found(near)), found(far)) == (1, [])


def test_it_held_where_the_refused_one_was_refused_again() -> None:
    assert numbers(Diary().admitted(4).refused().admitted(**OFFICE).refused()) == [(5, 6, 7)]
    diary = Diary().admitted(4).refused().refused(**TWO).admitted(**OFFICE).refused()
    assert numbers(diary) == [(6, 7, 8)], "another was refused in between"


def test_it_held_in_another_conversation_too_unless_nothing_else_was_changed() -> None:
    """Whoever starts the client anew cannot go on in the conversation that was refused."""
    other, third = {"session": "ses:other"}, {"session": "ses:third"}
    diary = Diary().admitted(4).refused().admitted(**OFFICE, **other).refused(**third)
    assert numbers(diary) == [(5, 6, 7)]
    alone = Diary().admitted(4).refused().admitted(**other).refused(**third)
    assert numbers(alone) == [(5, 6, None)]
    assert numbers(alone.refused()) == [(5, 6, 8)]


def test_it_did_not_hold_where_the_changed_one_was_refused() -> None:
    diary = Diary().admitted(4).refused().admitted(**OFFICE).refused(**OFFICE)
    assert numbers(diary) == [(5, 6, None)]
    assert numbers(diary.refused()) == [(5, 6, 8)]


def test_it_did_not_hold_if_it_took_long_or_many_requests() -> None:
    late = Diary().admitted(4).refused().admitted(**OFFICE).later(minutes=16).refused()
    assert numbers(late) == [(5, 6, None)]
    used_up = Diary().admitted(4).refused().admitted(3, **OFFICE).refused()
    assert numbers(used_up) == [(5, 6, None)]
    more = Diary().admitted(6).refused().admitted(3, **OFFICE).refused()
    assert numbers(more) == [(7, 8, 11)], "half of what had been counted"


def test_one_kind_of_client_after_another() -> None:
    other = {"user_agent": "other/1"}
    columns = Columns(limiter(Diary().admitted(4).refused().admitted(**other).seen).rows)
    low, high = columns.kind_names
    assert [one.admitted.seen.seq for one in directed(GLOBAL, columns, high, low)] == [6]
    assert list(directed(GLOBAL, columns, low, high)) == []
    assert list(transitions(GLOBAL, columns)) == []
