"""The next experiment: what it chooses, and what it promises."""

from datetime import timedelta

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.elimination import Findings, eliminate
from pawwork_proxy.comparison.experiments import (
    baseline,
    experiment,
    next_experiment,
    outlooks,
)
from pawwork_proxy.comparison.means import EVERYTHING, Means, means_seen
from pawwork_proxy.comparison.requests import evidence_row
from pawwork_proxy.comparison.trials import SWEEPS, VARIATIONS
from pawwork_proxy.model.experiment import Experiment
from pawwork_proxy.model.observation import ABSENT, Observation
from pawwork_proxy.model.verdict import OddRow
from tests.unit.comparison.builders import MORNING, OFFICE, SAVED_KEY, TWO, Diary, begun, limiter

NOT_ON_THIS_MACHINE: tuple[frozenset[str], ...] = (frozenset(), frozenset({"address"}))
"""One pool for everybody, or one for each address: only another network tells."""


def advice(seen: list[Observation], means: Means | None = None) -> Experiment:
    found = compare(seen, means=means).next_experiment
    assert found is not None
    return found


def worth(seen: list[Observation], means: Means = EVERYTHING) -> dict[str, float]:
    found = limiter(seen)
    return {one.trial.id: one.worth for one in outlooks(begun(found), eliminate(found), means)}


def test_ids_are_unique_and_reversals_name_their_like() -> None:
    names = [*(one.id for one in VARIATIONS), *(one.id for one in SWEEPS)]
    assert len(set(names)) == len(names)
    reversed_ = [v.id for v in VARIATIONS if v.reverse]
    assert {name.removesuffix("_reversed") for name in reversed_} <= set(names)


def test_no_sweep_turns_something_round() -> None:
    assert not any(variation.reverse for trial in SWEEPS for variation in trial.variations)


@pytest.mark.slow
def test_only_what_the_user_has_is_proposed() -> None:
    """With one network, one device and no key nothing is asked that needs more of them."""
    diary = Diary().admitted(9).refused()
    found = limiter(diary.seen)
    for means in (Means(), Means(networks=2), Means(keys=1), Means(ipv6=True), Means(devices=2)):
        for one in outlooks(begun(found), eliminate(found), means):
            assert not any(means.lacks(variation.needs) for variation in one.trial.variations)
    told = advice(diary.seen, Means())
    assert "other_install" in told.variations
    assert not {"other_network", "other_device", "other_key_kind"} & set(told.variations)
    assert "other_network" in advice(diary.seen, Means(networks=2)).variations


def test_without_a_word_the_user_has_what_the_captures_show() -> None:
    seen = Diary().admitted(9).admitted(**OFFICE).refused().seen
    assert "other_network" in worth(seen, means_seen(seen))
    assert "other_network" not in worth(seen, means_seen(seen[:9]))


def test_a_key_is_changed_only_by_who_has_one() -> None:
    without = Diary().admitted(9).refused().seen
    keyed = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY).seen
    assert "other_key" not in worth(without)
    assert "other_key" in worth(keyed)
    assert "other_key" not in worth(keyed, Means(keys=1))


def test_a_single_refusal_asks_for_a_sweep_in_ordinary_use() -> None:
    found = advice(Diary().admitted(9).refused().seen)
    assert found.id.startswith("sweep")
    assert len(found.variations) == len(found.meanings) - 1
    assert found.requests > len(found.variations), "new conversations ask for a title too"
    assert found.meanings[-1].admitted == "", "the last one: all are refused"
    assert 0 < found.settles <= 1


def test_what_was_done_is_not_asked_again() -> None:
    before = Diary().admitted(9).refused()
    assert "other_network" in worth(before.seen)
    assert "other_network" not in worth(before.refused(**OFFICE).seen)


def test_a_client_that_was_allowed_more_is_worth_trying_the_other_way_round() -> None:
    diary = Diary().admitted(9).refused().admitted(user_agent="other/2", client="cli")
    found = worth(diary.seen)
    assert found["other_client_reversed"] > 0
    assert "other_client" not in found


def test_nothing_open_needs_no_experiment() -> None:
    found = limiter(Diary().admitted(9).refused().seen)
    assert next_experiment(found, eliminate(found), []) is None


def test_what_was_asked_at_the_same_time_was_no_trial() -> None:
    diary = Diary().admitted(9).refused()
    before = worth(diary.seen)["other_network"]
    parallel = diary.seen[-1].started_at + timedelta(milliseconds=5)
    diary.refused(started_at=parallel, answered_at=parallel, ended_at=parallel, **OFFICE)
    assert worth(diary.seen)["other_network"] > before / 3


def test_trials_start_from_who_was_seen_most() -> None:
    start = baseline(limiter(Diary().admitted(9).refused(2).refused(**TWO).seen))
    assert start is not None
    assert (start.seen.seq, start.value("install")) == (11, "one")


def test_who_was_seen_most_begins_a_conversation_anew_each_day() -> None:
    """And reaches another edge location now and then."""
    seen = list[Observation]()
    for day, edge in enumerate(("FRA", "AMS", "FRA")):
        diary = Diary(f"c{day}", MORNING + timedelta(days=day)).later(hours=1)
        diary.admitted(3, session=f"ses:{day}").refused(session=f"ses:{day}", region=edge)
        seen += diary.seen
    other = Diary("c9", MORNING + timedelta(days=2)).admitted(9, **TWO).refused(9, **TWO)
    start = baseline(limiter([*seen, *other.seen]))
    assert start is not None
    assert (start.seen.capture, start.value("install")) == ("c2", "one")


def test_a_key_can_be_taken_away_and_headers_that_are_not_sent_stay_away() -> None:
    silent = {"session": ABSENT, "request": ABSENT, "project": ABSENT}
    seen = Diary().admitted(9, **SAVED_KEY, **silent).refused(**SAVED_KEY, **silent).seen
    found = worth(seen)
    assert "other_key" in found
    assert "new_session" not in found


def test_a_client_that_is_not_known_can_be_no_baseline() -> None:
    seen = Diary().admitted(9, user_agent=None).refused(user_agent=None).seen
    assert compare(seen).next_experiment is None


def one_left(seen: list[Observation], means: Means) -> list[str]:
    """The advice, followed until it says that nothing is left: each trial is refused."""
    path: list[str] = []
    for day in range(1, 40):
        told = advice(seen, means)
        if told.id == "nothing_more":
            return path
        path.append(told.id)
        diary = Diary(f"d{day}", MORNING + timedelta(days=day), seq=100 * day)
        diary.admitted(9).refused()
        for name in told.variations:
            variation = next(one for one in VARIATIONS if one.id == name)
            diary.refused(
                **{
                    "ip_family" if part == "family" else part: f"{name} {part}"
                    for part in variation.changes
                }
            )
        seen = [*seen, *diary.refused().seen]
    raise AssertionError(path)


@pytest.mark.parametrize("means", [Means(), Means(networks=2)])
def test_the_advice_ends(means: Means) -> None:
    """Nobody gets the same list for ever."""
    path = one_left(Diary().admitted(9).refused().seen, means)
    assert path
    assert len(set(path)) == len(path)


def test_where_nothing_is_left_what_it_would_take_is_named() -> None:
    seen = Diary().admitted(9).refused().seen
    found = limiter(seen)
    assert next_experiment(found, eliminate(found), compare(seen).limits[0].verdicts) is not None
    nothing = eliminate(found)
    only = {one: how for one, how in nothing.possible.items() if one in NOT_ON_THIS_MACHINE}
    told = next_experiment(
        found, Findings(only, nothing.ruled_out), compare(seen).limits[0].verdicts, Means()
    )
    assert told is not None
    assert (told.id, told.requests) == ("nothing_more", 0)
    assert told.lacking == ("networks",)


def test_rows_that_do_not_fit_are_repeated_first() -> None:
    seen = Diary().admitted(9).refused().seen
    found = limiter(seen)
    odd = OddRow(row=evidence_row(found.rows[3]), fits=("address",))
    told = next_experiment(
        found, eliminate(found), compare(seen).limits[0].verdicts, Means(), [odd]
    )
    assert told is not None
    assert (told.id, told.repeats, told.requests) == ("repeat_row", (odd.row,), 2)
    diary = Diary("c2", MORNING + timedelta(days=1), seq=50)
    asked = diary.admitted(9).refused().seen
    gated = Diary("c3", MORNING + timedelta(days=1), seq=70).other("client_gate", "policy").seen
    for tomorrow in (asked, gated):
        later = limiter([*seen, *tomorrow])
        verdicts = compare([*seen, *tomorrow]).limits[0].verdicts
        again = next_experiment(later, eliminate(later), verdicts, Means(), [odd])
        assert again is not None
        assert again.id != "repeat_row", "it was asked again, whatever came of it"


def test_what_everything_points_to_is_observed_once_more() -> None:
    """One admission elsewhere, and the refused one was not asked again."""
    seen = Diary().admitted(9).refused().admitted(**OFFICE).seen
    found = limiter(seen)
    assessed = eliminate(found)
    only = {one: how for one, how in assessed.possible.items() if one == {"address"}}
    open_ = [
        one.model_copy(update={"finding": "undetermined"})
        for one in compare(seen).limits[0].verdicts
        if one.dimension == "address"
    ]
    told = next_experiment(found, Findings(only, assessed.ruled_out), open_)
    assert told is not None
    assert (told.id, told.confirms) == ("other_network", "address")
    alone = next_experiment(found, Findings(only, assessed.ruled_out), open_, Means())
    assert alone is not None
    assert (alone.id, alone.lacking) == ("nothing_more", ())


def test_a_network_is_observed_once_more_where_it_may_be_the_address_or_the_prefix() -> None:
    six = {"ip_family": "ipv6", "address": "ip6:1", "prefix": "ip6p:1"}
    other = {**OFFICE, "ip_family": "ipv6"}
    seen = Diary().admitted(9, **six).refused(2, **six).admitted(**other).refused(**six).seen
    assert {one.dimension: one.ground for one in compare(seen).limits[0].verdicts}["network"] == (
        "one_observation"
    )
    told = advice(seen, Means(networks=2, ipv6=True))
    assert (told.id, told.confirms) == ("other_network", "network")


def test_what_was_seen_once_is_observed_again_by_the_same_trial() -> None:
    """One admission elsewhere does not withstand an odd row: a second one does."""
    seen = Diary().admitted(9).refused().admitted(**OFFICE).refused().seen
    found = compare(seen, means=Means(networks=2)).limits[0]
    (address,) = (one for one in found.verdicts if one.dimension == "address")
    assert address.ground == "one_observation"
    assert found.next_experiment is not None
    assert (found.next_experiment.id, found.next_experiment.confirms) == (
        "other_network",
        "address",
    )


@pytest.mark.slow
def test_each_line_of_a_sweep_says_what_that_one_admission_rules_out() -> None:
    """A user may stop after it: nothing is taken for granted about the others."""
    found = limiter(Diary().admitted(9).refused().seen)
    sweep = next(
        one for one in outlooks(begun(found), eliminate(found)) if len(one.trial.variations) > 1
    )
    told = dict(sweep.left)
    for variation in sweep.trial.variations:
        left = told[variation.id]
        alone = [
            one for one in outlooks(begun(found), eliminate(found)) if one.trial.id == variation.id
        ]
        assert all(left == dict(one.left)[variation.id] for one in alone)


def test_a_trial_as_values() -> None:
    seen = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY).refused(**SAVED_KEY, **TWO).seen
    found = limiter(seen)
    outlook = next(
        one for one in outlooks(begun(found), eliminate(found)) if one.trial.id == "other_network"
    )
    told = experiment(outlook, begun(found))
    assert told.baseline is not None
    assert told.baseline[:4] == ("one", "home", "big-pickle", True)
    assert told.variations == ("other_network",)
    assert [one.admitted for one in told.meanings] == ["other_network", ""]
    assert ("address",) in (told.meanings[0].left or ())
    assert told.requests == 1
