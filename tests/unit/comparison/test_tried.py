"""Which trials count as done: by whom and when, whether they were asked for or not."""

from datetime import timedelta

import pytest

from pawwork_proxy.comparison.experiments import baseline
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.tried import Tried, asked_again, tried
from pawwork_proxy.model.observation import Observation
from tests.unit.comparison.builders import MORNING, OFFICE, SAVED_KEY, TWO, Diary, limiter

OTHER_CLIENT = {"user_agent": "other/2", "client": "cli"}
NEVER, BEGUN, WHOLE = Tried(), Tried(1, 0), Tried(1, 1)


def done(seen: list[Observation], variation: str) -> Tried:
    found = limiter(seen)
    start = baseline(found)
    assert start is not None
    return tried(found, start)[variation]


def test_nothing_is_done_before_the_first_trial() -> None:
    assert done(Diary().admitted(9).refused().seen, "other_network") == NEVER


def test_an_admission_needs_the_refused_one_again() -> None:
    diary = Diary().admitted(9).refused().admitted(**OFFICE)
    assert done(diary.seen, "other_network") == BEGUN
    assert done(diary.refused().seen, "other_network") == WHOLE


def test_a_refusal_of_the_changed_one_is_a_whole_trial() -> None:
    diary = Diary().admitted(9).refused().refused(**TWO)
    assert done(diary.seen, "other_install") == WHOLE
    assert done(diary.seen, "other_network") == NEVER


def test_what_moves_along_makes_no_other_trial() -> None:
    moved = {**OFFICE, "session": "ses:new", "region": "AMS", "ip_family": "ipv6"}
    assert done(Diary().admitted(9).refused().refused(**moved).seen, "other_network") == WHOLE


def test_what_also_changes_the_key_is_another_trial() -> None:
    both = {**OFFICE, **SAVED_KEY}
    diary = Diary().admitted(9).refused().refused(**both)
    assert done(diary.seen, "other_network") == done(diary.seen, "other_key_kind") == NEVER


def test_a_label_alone_is_no_other_network() -> None:
    diary = Diary().admitted(9).refused().refused(network="my home")
    assert done(diary.seen, "other_network") == NEVER
    assert done(diary.seen, "new_prompt") == WHOLE, "it was the same one once more"


def test_a_label_that_changes_with_the_address_is_another_network() -> None:
    six = {"ip_family": "ipv6", "address": "ip6:1", "prefix": "ip6p:1"}
    diary = Diary().admitted(9, **six).refused(**six)
    moved = diary.refused(**{**six, "address": "ip6:2", "network": "office"})
    assert done(moved.seen, "other_address_same_prefix") == NEVER
    assert done(moved.seen, "other_network") == WHOLE


@pytest.mark.parametrize(
    ("changes", "again"),
    [({}, True), ({"session": "ses:new", "region": "AMS"}, True), (SAVED_KEY, False)],
)
def test_a_row_was_asked_again_by_the_same_one_in_another_window(
    changes: dict[str, str], *, again: bool
) -> None:
    first = Diary().admitted(9).refused().admitted(**changes)
    later = Diary("c2", MORNING + timedelta(days=1)).admitted(**changes)
    earlier = Diary("c0", MORNING - timedelta(days=1)).admitted(**changes)
    assert not asked_again(limiter(first.seen), "c1", 10)
    assert not asked_again(limiter([*first.seen, *earlier.seen]), "c1", 10)
    assert asked_again(limiter([*first.seen, *later.seen]), "c1", 10) == again


def test_a_row_was_asked_again_also_where_windows_end_at_any_moment() -> None:
    """Whoever is admitted behind all that was named stands in no window of the limit."""
    rolling = {"cadence": "other", "retry_after_s": 7_777.0}
    first = Diary().admitted(9).refused(**rolling).later(hours=1).refused(**rolling)
    later = Diary("c2", MORNING + timedelta(days=1)).admitted()
    assert not asked_again(limiter(first.seen), "c1", 11)
    assert asked_again(limiter([*first.seen, *later.seen]), "c1", 11)


def test_a_new_conversation_is_repeated_in_the_refused_one() -> None:
    diary = Diary().admitted(9).refused().admitted(session="ses:new")
    assert done(diary.refused(session="ses:third").seen, "new_session") == WHOLE
    only = Diary().admitted(9).refused().admitted(session="ses:new")
    assert done(only.seen, "new_session") == BEGUN
    assert done(only.refused().seen, "new_session") == WHOLE


def test_the_other_way_round_starts_from_the_changed_one() -> None:
    diary = Diary().refused(**OTHER_CLIENT).admitted(9)
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    assert done([*yesterday.seen, *diary.seen], "other_client_reversed") == BEGUN
    diary.refused(**OTHER_CLIENT)
    assert done([*yesterday.seen, *diary.seen], "other_client_reversed") == WHOLE


def test_the_other_way_round_is_over_where_the_changed_one_is_never_refused() -> None:
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    diary = Diary().admitted(9, **OTHER_CLIENT).refused()
    assert done([*yesterday.seen, *diary.seen], "other_client_reversed") == Tried(1, 1, 1)


@pytest.mark.parametrize(
    ("asked", "found"), [(8, NEVER), (9, Tried(1, 1, 1)), (60, Tried(1, 1, 1))]
)
def test_a_day_without_any_refusal_counts_if_as_much_was_asked(asked: int, found: Tried) -> None:
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    diary = Diary().admitted(asked, **OTHER_CLIENT).admitted()
    assert done([*yesterday.seen, *diary.seen], "other_client_reversed") == found
    assert done([*yesterday.seen, *diary.seen], "other_client") == NEVER


def test_whatever_the_limit_is_a_fair_try_is_begun() -> None:
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(count=500).refused()
    diary = Diary().admitted(count=50, **OTHER_CLIENT)
    assert done([*yesterday.seen, *diary.seen], "other_client_reversed") == Tried(1, 0, 1)
    less = Diary().admitted(count=49, **OTHER_CLIENT)
    assert done([*yesterday.seen, *less.seen], "other_client_reversed") == NEVER


@pytest.mark.parametrize(("own", "asked"), [(3, 3), (0, 1)])
def test_as_much_as_the_refused_one_had_got_itself_is_a_fair_try(own: int, asked: int) -> None:
    """What others got on that day, or it before on another one, does not count."""
    before = Diary("c9", MORNING - timedelta(days=2)).admitted(20).refused()
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(20, **TWO).admitted(own)
    yesterday.refused(3)
    diary = Diary().admitted(asked, **OTHER_CLIENT)
    seen = [*before.seen, *yesterday.seen, *diary.seen]
    assert done(seen, "other_client_reversed") == Tried(1, 1, 1)


def test_a_day_that_the_refused_one_began_is_no_trial_of_the_changed_one() -> None:
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    diary = Diary().admitted().admitted(9, **OTHER_CLIENT)
    assert done([*yesterday.seen, *diary.seen], "other_client_reversed") == NEVER


@pytest.mark.parametrize("refusals", [0, 1])
def test_whom_a_gate_turns_away_need_not_ask_again(refusals: int) -> None:
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    diary = Diary().other("client_gate", "policy", **OTHER_CLIENT).refused(refusals)
    seen = [*yesterday.seen, *diary.seen]
    assert done(seen, "other_client_reversed") == done(seen, "other_client") == WHOLE
    assert done(seen, "other_network") == NEVER


def test_a_trial_that_met_another_limiter_is_done() -> None:
    """A relayed limit that names no end refuses both: no evidence, and the same again tomorrow."""
    relayed = {"origin": "relayed:Console", "cadence": "none"}
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    diary = Diary().refused(**relayed).refused(**relayed, **OFFICE)
    assert done([*yesterday.seen, *diary.seen], "other_network") == WHOLE
    assert done([*yesterday.seen, *diary.seen], "other_install") == NEVER


def test_an_overload_is_no_trial_until_it_met_the_changed_one_after_a_refusal() -> None:
    overloaded = Diary().other("provider_overload", "overload", **OTHER_CLIENT)
    yesterday = Diary("c0", MORNING - timedelta(days=1)).admitted(9).refused()
    seen = [*yesterday.seen, *overloaded.seen]
    assert done(seen, "other_client") == done(seen, "other_client_reversed") == NEVER
    overloaded.refused()
    assert done([*yesterday.seen, *overloaded.seen], "other_client_reversed") == NEVER
    overloaded.other("provider_overload", "overload", **OTHER_CLIENT)
    assert done([*yesterday.seen, *overloaded.seen], "other_client") == BEGUN


def test_each_window_counts_once() -> None:
    first = Diary().admitted(9).refused().admitted(2, **OFFICE).refused()
    second = Diary("c2", MORNING + timedelta(days=1), seq=50).admitted(9).refused()
    assert done([*first.seen, *second.admitted(**OFFICE).seen], "other_network") == Tried(2, 1)


def test_refusals_that_are_no_evidence_count_as_done() -> None:
    """Cut off by a change of all pools, or those of a gate: they would end so again."""
    diary = Diary().admitted(9).refused().refused(**TWO).admitted().admitted(**TWO).refused()
    parts = {row.seen.seq: row.part for row in limiter(diary.seen).rows}
    assert (parts[10], parts[11]) == ("maybe", "maybe")
    assert done(diary.seen, "other_install").completed


def test_what_another_limiter_refused_may_have_been_bad_luck() -> None:
    relayed = {"origin": "relayed:Console", "cadence": "utc_day"}
    diary = Diary().admitted(9).refused().other("free_usage_limit", "quota", **relayed, **TWO)
    found = [one for one in select(diary.seen).limiters if one.origin == "zen"]
    start = baseline(found[0])
    assert start is not None
    assert tried(found[0], start)["other_install"] == BEGUN


@pytest.mark.parametrize(
    ("times", "fresh", "once_more"),
    [
        (NEVER, True, True),
        (BEGUN, True, True),
        (WHOLE, False, True),
        (Tried(2, 0), False, False),
        (Tried(2, 2), False, False),
    ],
)
def test_a_trial_that_was_only_begun_is_asked_for_once_more(
    times: Tried, *, fresh: bool, once_more: bool
) -> None:
    assert (times.is_fresh, times.may_confirm) == (fresh, once_more)
