"""Following the advice comes to an end, whatever was seen before and whoever is refused.

Each example is a whole walk, so that they are few, and none is made smaller.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.experiments import WITHOUT_STEPS, baseline
from pawwork_proxy.comparison.means import Means
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.trials import BY_ID, Variation
from pawwork_proxy.model.experiment import Experiment
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.report.next_step import instructions
from tests.unit.comparison.builders import MORNING, OFFICE, SAVED_KEY, TWO, Diary

OTHER_CLIENT: dict[str, Any] = {"user_agent": "other/2", "client": "cli"}
OTHER_MODEL: dict[str, Any] = {"model": "north-free", "model_group": "no"}
WHO = st.sampled_from([{}, OFFICE, TWO, SAVED_KEY, OTHER_CLIENT, OTHER_MODEL, {**TWO, **OFFICE}])
ENTRY = st.tuples(WHO, st.sampled_from(["admitted", "refused", "gate"]), st.integers(1, 3))
DAYS = st.lists(st.lists(ENTRY, min_size=1, max_size=4), min_size=1, max_size=2)
ALL = Means(networks=2, keys=1)
ROUNDS = 14
PATIENCE = 60


def written(days: list[list[tuple[dict[str, Any], str, int]]]) -> list[Observation]:
    """A diary in which somebody is refused on the first day."""
    seen = Diary("c0").admitted(5).refused().seen
    for number, entries in enumerate(days):
        diary = Diary(f"c{number + 1}", MORNING + timedelta(days=number, hours=1), 100 * number)
        for who, result, times in entries:
            if result == "gate":
                diary.other("client_gate", "policy", **who)
            else:
                getattr(diary, result)(times, **who)
        seen = [*seen, *diary.seen]
    return seen


def last_advice(seen: list[Observation], answer: str) -> Experiment | None:
    """What is advised in the end to somebody whom the server always answers like this."""
    for day in range(10, 10 + ROUNDS):
        (limit, *_) = compare(seen, means=ALL).limits
        told = limit.next_experiment
        if told is None or told.id in WITHOUT_STEPS:
            return told
        diary = Diary(f"d{day}", MORNING + timedelta(days=day), seq=1000 * day)
        _follow(diary, told, seen, answer)
        seen = [*seen, *diary.seen]
    raise AssertionError(f"{told} after {ROUNDS} rounds")


def _follow(diary: Diary, told: Experiment, seen: list[Observation], answer: str) -> None:
    start = baseline(select(seen).limiters[0])
    assert start is not None
    own = {name: value for name, value in start.seen.who if name not in {"request", "family"}}
    changed = [own | _changed(BY_ID[name]) for name in told.variations]
    named = {(row.capture, row.seq) for row in told.repeats}
    changed += [
        {name: value for name, value in one.who if name not in {"request", "family"}}
        for one in seen
        if (one.capture, one.seq) in named
    ]
    first, others = own, changed
    if told.variations and BY_ID[told.variations[0]].reverse:
        first, others = changed[0], [own]
    if answer == "admitted":
        diary.admitted(count=PATIENCE, **first)
    elif answer == "gate" and first is not own:
        diary.other("client_gate", "policy", **first)
    else:
        diary.admitted(9, **first).refused(2, **first)
    for who in others:
        if answer == "admitted":
            diary.admitted(2, **who).admitted(**first)
        elif answer == "gate" and who is not own:
            diary.other("client_gate", "policy", **who)
        else:
            diary.refused(2, **who).refused(**first)


def _changed(variation: Variation) -> dict[str, Any]:
    return {
        "ip_family" if name == "family" else name: f"{variation.id}-{name}"
        for name in variation.changes
    }


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["admitted", "refused", "gate"])
@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
@given(days=DAYS)
def test_the_advice_ends(answer: str, days: list[list[tuple[dict[str, Any], str, int]]]) -> None:
    last_advice(written(days), answer)


def test_where_nobody_is_refused_any_more_that_is_said() -> None:
    told = last_advice(Diary().admitted(5).refused().seen, "admitted")
    assert told is not None
    assert told.id == "not_refused_again"
    words = instructions(told)
    assert "nobody was refused" in words.why
    assert not words.steps


def test_the_next_refusal_opens_the_trials_again() -> None:
    seen = Diary().admitted(5).refused().seen
    quiet = [
        one
        for day in (1, 2)
        for one in Diary(f"q{day}", MORNING + timedelta(days=day), 50 * day).admitted(5).seen
    ]
    (limit,) = compare([*seen, *quiet], means=ALL).limits
    assert limit.next_experiment is not None
    assert limit.next_experiment.id == "not_refused_again"
    again = Diary("r", MORNING + timedelta(days=3), 500).admitted(5).refused().seen
    (limit,) = compare([*seen, *quiet, *again], means=ALL).limits
    assert limit.next_experiment is not None
    assert limit.next_experiment.variations


def test_one_quiet_day_is_ordinary_use() -> None:
    seen = Diary().admitted(5).refused().seen
    quiet = Diary("q", MORNING + timedelta(days=1), 50).admitted(9).seen
    (limit,) = compare([*seen, *quiet], means=ALL).limits
    assert limit.next_experiment is not None
    assert limit.next_experiment.variations


def test_what_was_never_refused_is_told_where_nothing_is_left() -> None:
    told = Experiment(
        id="nothing_more", requests=0, settles=0.0, unrefused=("other_client_reversed",)
    )
    why = instructions(told).why
    assert "another client version or build: the changed one asked first" in why
    assert "never refused" in why
