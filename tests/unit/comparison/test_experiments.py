"""The next experiment: what it chooses, and what it promises."""

from datetime import timedelta

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.elimination import eliminate
from pawwork_proxy.comparison.experiments import (
    baseline,
    experiment,
    next_experiment,
    outlooks,
)
from pawwork_proxy.comparison.trials import SWEEPS, TRIALS, VARIATIONS, possible_for
from pawwork_proxy.model.observation import ABSENT, Observation
from pawwork_proxy.model.verdict import Experiment
from tests.unit.comparison.builders import OFFICE, SAVED_KEY, TWO, Diary, limiter


def advice(seen: list[Observation]) -> Experiment:
    found = compare(seen).next_experiment
    assert found is not None
    return found


def worth(seen: list[Observation]) -> dict[str, float]:
    found = limiter(seen)
    return {one.trial.id: one.worth for one in outlooks(found, eliminate(found))}


def test_ids_are_unique_and_reversals_name_their_like() -> None:
    names = [trial.id for trial in TRIALS]
    assert len(set(names)) == len(names)
    reversed_ = [v.id for v in VARIATIONS if v.reverse]
    assert {name.removesuffix("_reversed") for name in reversed_} <= set(names)


def test_no_sweep_turns_something_round() -> None:
    assert not any(variation.reverse for trial in SWEEPS for variation in trial.variations)


def test_what_is_impossible_is_left_out_of_a_sweep() -> None:
    sweep = SWEEPS[0]
    left = possible_for(sweep, has_key=False, on_ipv6=False)
    assert left is not None
    assert "other_key" not in {variation.id for variation in left.variations}
    single = next(trial for trial in TRIALS if trial.id == "other_key")
    assert possible_for(single, has_key=False, on_ipv6=True) is None


def test_a_single_refusal_asks_for_a_sweep_in_ordinary_use() -> None:
    found = advice(Diary().admitted(9).refused().seen)
    assert found.id.startswith("sweep")
    assert len(found.variations) == len(found.meanings) - 1
    assert found.requests > len(found.variations), "new conversations ask for a title too"
    assert found.meanings[-1].admitted == "", "the last one: all are refused"
    assert 0 < found.settles <= 1


def test_what_was_done_is_worth_less() -> None:
    before = Diary().admitted(9).refused()
    first = worth(before.seen)["other_network"]
    after = worth(before.refused(**OFFICE).seen)["other_network"]
    assert after < first / 2


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


def test_a_key_can_be_taken_away_and_headers_that_are_not_sent_stay_away() -> None:
    silent = {"session": ABSENT, "request": ABSENT, "project": ABSENT}
    seen = Diary().admitted(9, **SAVED_KEY, **silent).refused(**SAVED_KEY, **silent).seen
    found = worth(seen)
    assert "other_key" in found
    assert "new_session" not in found


def test_a_client_that_is_not_known_can_be_no_baseline() -> None:
    seen = Diary().admitted(9, user_agent=None).refused(user_agent=None).seen
    assert compare(seen).next_experiment is None


@pytest.mark.slow
def test_each_line_of_a_sweep_says_what_that_one_admission_rules_out() -> None:
    """A user may stop after it: nothing is taken for granted about the others."""
    found = limiter(Diary().admitted(9).refused().seen)
    sweep = next(one for one in outlooks(found, eliminate(found)) if one.trial.is_sweep)
    told = dict(sweep.left)
    for variation in sweep.trial.variations:
        left = told[variation.id]
        alone = [one for one in outlooks(found, eliminate(found)) if one.trial.id == variation.id]
        assert all(left == dict(one.left)[variation.id] for one in alone)


def test_a_trial_as_values() -> None:
    seen = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY).refused(**SAVED_KEY, **TWO).seen
    found = limiter(seen)
    outlook = next(
        one for one in outlooks(found, eliminate(found)) if one.trial.id == "other_network"
    )
    told = experiment(outlook, found)
    assert told.baseline is not None
    assert told.baseline[:4] == ("one", "home", "big-pickle", True)
    assert told.variations == ("other_network",)
    assert [one.admitted for one in told.meanings] == ["other_network", ""]
    assert ("address",) in (told.meanings[0].left or ())
    assert told.requests == 1
