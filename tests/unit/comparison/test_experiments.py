"""The next experiment: what it chooses, how it says it, and that it forces nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from pawwork_proxy.comparison.compare import NOTHING_REFUSED, compare
from pawwork_proxy.comparison.elimination import eliminate
from pawwork_proxy.comparison.experiments import (
    baseline,
    experiment,
    keying_words,
    next_experiment,
    outlooks,
)
from pawwork_proxy.comparison.trials import SWEEPS, TRIALS, VARIATIONS, possible_for
from pawwork_proxy.model.observation import ABSENT, Observation
from pawwork_proxy.model.verdict import Experiment
from tests.unit.comparison.builders import OFFICE, SAVED_KEY, TWO, Diary, stratum


def advice(seen: list[Observation]) -> Experiment:
    found = compare(seen).next_experiment
    assert found is not None
    return found


def worth(seen: list[Observation]) -> dict[str, float]:
    found = stratum(seen)
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
    assert "do not force it" in found.steps[0]
    assert all(command.startswith("pawwork-proxy ") for command in found.commands)
    steps = [int(n) for one in found.commands for n in re.findall(r"\d+", one.partition("#")[2])]
    assert sorted(steps) == [2, *range(4, len(found.steps) + 1)], "a command for each of them"
    assert found.meanings[-1].result == "All are refused"
    assert 0 < found.settles <= 1


@pytest.mark.parametrize("forbidden", ["exhaust", "use up", "until it fails"])
def test_no_trial_asks_to_use_up_a_quota(forbidden: str) -> None:
    words = " ".join(f"{v.step} {v.title}" for v in VARIATIONS) + " ".join(NOTHING_REFUSED.steps)
    assert forbidden not in words


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
    found = stratum(Diary().admitted(9).refused().seen)
    assert next_experiment(found, eliminate(found), []) is None


def test_what_was_asked_at_the_same_time_was_no_trial() -> None:
    diary = Diary().admitted(9).refused()
    before = worth(diary.seen)["other_network"]
    parallel = diary.seen[-1].started_at + timedelta(milliseconds=5)
    diary.refused(started_at=parallel, answered_at=parallel, ended_at=parallel, **OFFICE)
    assert worth(diary.seen)["other_network"] > before / 3


def test_trials_start_from_who_was_seen_most() -> None:
    start = baseline(stratum(Diary().admitted(9).refused(2).refused(**TWO).seen))
    assert start is not None
    assert (start.seen.seq, start.value("install")) == (11, "one")


def test_the_other_way_round_waits_for_the_changed_one() -> None:
    """Two models of which each may just be allowed more: one day's order is known already."""
    other = {"model": "north", "model_group": "no"}
    diary = Diary().admitted(9).refused().admitted(**other)
    found = next(
        one
        for one in outlooks(stratum(diary.seen), eliminate(stratum(diary.seen)))
        if one.trial.id == "other_model_reversed"
    )
    assert found.settles > 0
    said = experiment(found, stratum(diary.seen))
    assert said.steps[0].startswith("Change this and go on")
    assert "OTHER_LETTERS_MODEL" in said.commands[0]
    assert "as one was before" in said.steps[2]
    assert said.requests == 1


def test_a_trial_says_what_each_result_leaves() -> None:
    diary = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE)
    found = experiment(
        next(
            one
            for one in outlooks(stratum(diary.seen), eliminate(stratum(diary.seen)))
            if one.trial.id == "new_project"
        ),
        stratum(diary.seen),
    )
    assert [(one.result, one.words) for one in found.meanings] == [
        ("It is admitted", "Left: per egress address and project."),
        ("It is refused", "Left: per egress address."),
    ]


def test_labels_are_quoted_for_the_shell() -> None:
    hostile = {"install": "$(boom) 12ab34", "network": "a b;c"}
    found = advice(Diary().admitted(9, **hostile).refused(**hostile).seen)
    assert "--install '$(boom)'" in found.commands[0]
    assert "--network 'a b;c'" in found.commands[0]


def test_unknown_labels_have_names_to_fill_in() -> None:
    unknown = {"install": None, "network": None, "address": None, "prefix": None}
    found = advice(Diary().admitted(9, **unknown).refused(**unknown).seen)
    assert "--install main --network NETWORK" in found.commands[0]


def test_a_key_can_be_taken_away_and_headers_that_are_not_sent_stay_away() -> None:
    silent = {"session": ABSENT, "request": ABSENT, "project": ABSENT}
    seen = Diary().admitted(9, **SAVED_KEY, **silent).refused(**SAVED_KEY, **silent).seen
    found = worth(seen)
    assert "other_key" in found
    assert "new_session" not in found


def test_a_client_that_is_not_known_can_be_no_baseline() -> None:
    seen = Diary().admitted(9, user_agent=None).refused(user_agent=None).seen
    assert compare(seen).next_experiment is None


def test_many_explanations_are_counted_none_and_all_are_said_so() -> None:
    found = stratum(Diary().admitted(9).refused().seen)
    many = tuple(frozenset({name}) for name in ("address", "key", "install", "model", "region"))
    told = (("It is admitted", many), ("It is refused", ()), ("It is cut", None))
    outlook = outlooks(found, eliminate(found))[0]._replace(left=told)
    admitted, refused, cut = experiment(outlook, found).meanings
    assert admitted.words.endswith("; or 1 more.")
    assert "Nothing known here would explain it" in refused.words
    assert cut.words == "That rules out nothing by itself."


@pytest.mark.slow
def test_each_line_of_a_sweep_says_what_that_one_admission_rules_out() -> None:
    """A user may stop after it: nothing is taken for granted about the others."""
    found = stratum(Diary().admitted(9).refused().seen)
    sweep = next(one for one in outlooks(found, eliminate(found)) if one.trial.is_sweep)
    told = dict(sweep.left)
    for variation in sweep.trial.variations:
        left = told[f"{variation.title} is admitted"]
        alone = [one for one in outlooks(found, eliminate(found)) if one.trial.id == variation.id]
        assert all(left == dict(one.left)["It is admitted"] for one in alone)


def test_keyings_in_words() -> None:
    assert keying_words(frozenset()) == "one pool for everybody"
    assert keying_words(frozenset({"address", "bucket"})) == (
        "per egress address and part of the models"
    )
