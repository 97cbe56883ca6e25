"""The next experiment in words: steps in order, commands to type, and nothing forced."""

import re
from typing import Any, get_args

import pytest

from pawwork_proxy.comparison.compare import NOTHING_REFUSED, compare
from pawwork_proxy.comparison.elimination import eliminate
from pawwork_proxy.comparison.experiments import experiment, outlooks
from pawwork_proxy.comparison.requests import evidence_row
from pawwork_proxy.comparison.trials import SWEEPS as SWEEP_TRIALS
from pawwork_proxy.comparison.trials import VARIATIONS
from pawwork_proxy.model.evidence import EvidenceRow
from pawwork_proxy.model.experiment import Experiment, Lacking
from pawwork_proxy.model.observation import INTERCEPTING, UNTOUCHED, DimensionName, Observation
from pawwork_proxy.report.language import language
from pawwork_proxy.report.next_step import HOW_TO, Instructions, how_to, instructions
from pawwork_proxy.report.sentences import LACKING, SWEEPS, WITHOUT_EVIDENCE, WITHOUT_TRIAL
from tests.unit.comparison.builders import OFFICE, TWO, Diary, begun, limiter
from tests.unit.report.chinese import english_in


def advised(seen: list[Observation]) -> Instructions:
    found = compare(seen).next_experiment
    assert found is not None
    return instructions(found)


def repeated_with(client: str, trial: Experiment, **changes: Any) -> Experiment:
    """The trial, as if the refused requests had come from another client, or otherwise."""
    assert trial.baseline is not None
    baseline = trial.baseline._replace(client=client, **changes)
    return trial.model_copy(update={"baseline": baseline})


def test_every_variation_and_sweep_has_its_words() -> None:
    assert {id(how_to(variation.id)) for variation in VARIATIONS} == set(map(id, HOW_TO.values()))
    assert set(SWEEPS) == {trial.id for trial in SWEEP_TRIALS}


def test_a_sweep_has_a_command_for_each_step_and_starts_in_ordinary_use() -> None:
    told = advised(Diary().admitted(9).refused().seen)
    assert "do not force it" in told.steps[0]
    assert all(command.startswith("pawwork-proxy ") for command in told.commands)
    steps = [int(n) for one in told.commands for n in re.findall(r"\d+", one.partition("#")[2])]
    assert sorted(steps) == [2, *range(4, len(told.steps) + 1)], "a command for each of them"
    assert told.meanings[-1][0] == "All are refused"


@pytest.mark.parametrize("forbidden", ["exhaust", "use up", "until it fails"])
def test_no_trial_asks_to_use_up_a_quota(forbidden: str) -> None:
    words = " ".join(f"{how.step} {how.title}" for how in HOW_TO.values())
    words += " ".join(instructions(NOTHING_REFUSED).steps)
    assert forbidden not in words


def test_the_other_way_round_waits_for_the_changed_one() -> None:
    """Two models of which each may just be allowed more: one day's order is known already."""
    other = {"model": "north", "model_group": "no"}
    diary = Diary().admitted(9).refused().admitted(**other)
    found = next(
        one
        for one in outlooks(begun(limiter(diary.seen)), eliminate(limiter(diary.seen)))
        if one.trial.id == "other_model_reversed"
    )
    assert found.settles > 0
    said = instructions(
        repeated_with("OpenCode 1.18.33", experiment(found, begun(limiter(diary.seen))))
    )
    assert said.steps[0].startswith("Change this and go on")
    assert "OTHER_LETTERS_MODEL" in said.commands[0]
    assert "as one was before" in said.steps[2]
    assert len(said.meanings) == 2


def test_a_trial_says_what_each_result_leaves() -> None:
    diary = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE)
    found = experiment(
        next(
            one
            for one in outlooks(begun(limiter(diary.seen)), eliminate(limiter(diary.seen)))
            if one.trial.id == "new_project"
        ),
        begun(limiter(diary.seen)),
    )
    assert list(instructions(found).meanings) == [
        ("It is admitted", "Still possible then: per network address and project."),
        ("It is refused", "Still possible then: per network address."),
    ]


def test_labels_are_quoted_for_the_shell() -> None:
    hostile = {"install": "$(boom) 12ab34", "network": "a b;c"}
    found = advised(Diary().admitted(9, **hostile).refused(**hostile).seen)
    assert "--install '$(boom)'" in found.commands[0]
    assert "--network 'a b;c'" in found.commands[0]


def test_unknown_labels_have_names_to_fill_in() -> None:
    unknown = {"install": None, "network": None, "address": None, "prefix": None}
    found = advised(Diary().admitted(9, **unknown).refused(**unknown).seen)
    assert "--install main --network NETWORK" in found.commands[0]


def test_many_explanations_are_counted_and_a_result_that_rules_out_nothing_is_left_out() -> None:
    found = limiter(Diary().admitted(9).refused().seen)
    many = tuple(frozenset({name}) for name in ("address", "key", "install", "model", "region"))
    everybody: frozenset[DimensionName] = frozenset()
    left = (("new_prompt", many), ("", (everybody,)), ("", ()), ("new_prompt", None))
    outlook = outlooks(begun(found), eliminate(found))[0]._replace(left=left)
    admitted, shared, refused = instructions(experiment(outlook, begun(found))).meanings
    assert admitted[1].endswith(", or 2 more.")
    assert shared[1] == "Still possible then: anything up to one quota for all users."
    assert "Nothing known here would explain it" in refused[1]


@pytest.mark.parametrize(
    ("client", "started"),
    [
        ("OpenCode 1.18.33", "opencode run -m opencode/big-pickle "),
        ("PawWork 2026.6.4-2026.8.5", "PAWWORK"),
        ("another client", "CLIENT"),
    ],
)
def test_the_program_that_was_captured_is_the_one_to_start(client: str, started: str) -> None:
    trial = compare(Diary().admitted(9).refused().seen).next_experiment
    assert trial is not None
    said = instructions(repeated_with(client, trial))
    assert f" -- {started}" in said.commands[0]
    assert ("stands for" in said.steps[1]) is (started != "opencode run -m opencode/big-pickle ")
    assert "{" not in " ".join((*said.steps, *said.commands))


@pytest.mark.parametrize(
    ("instrument", "simulated", "options"),
    [
        (UNTOUCHED, False, "--egress-probe"),
        (None, False, "--egress-probe"),
        (INTERCEPTING, False, "--route reverse --egress-probe"),
        (INTERCEPTING, True, "--route reverse --upstream SIMULATOR_URL --egress-probe"),
    ],
)
def test_it_is_captured_as_it_was(instrument: str | None, options: str, *, simulated: bool) -> None:
    trial = compare(Diary().admitted(9).refused().seen).next_experiment
    assert trial is not None
    changes = {"instrument": instrument, "simulated": simulated}
    said = instructions(repeated_with("OpenCode 1.18.33", trial, **changes))
    assert f"--network home {options} -- opencode" in said.commands[0]
    assert ("pawwork-proxy simulate" in said.steps[1]) is simulated


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("OpenCode 1.18.33", "refused sends 4 requests more"),
        ("PawWork 2026.8.6", "refused sends 4 to 7 requests more"),
        ("another client", "refused sends 4 to 7 requests more"),
    ],
)
def test_the_cost_is_that_of_the_client_and_it_has_to_be_stopped(client: str, words: str) -> None:
    trial = compare(Diary().admitted(9).refused().seen).next_experiment
    assert trial is not None
    said = instructions(repeated_with(client, trial))
    assert words in said.cost
    assert "stop it (Ctrl-C, or quit it)" in said.steps[1]


def test_the_refused_one_is_asked_again_after_the_changed_one() -> None:
    said = advised(Diary().admitted(9).refused().seen)
    assert "repeat at once, within minutes, what one was refused" in said.steps[-2]
    plain = said.commands[0]
    assert plain.endswith(f"{len(said.steps) - 1}"), "the command of the refusal is that of A-B-A"
    assert said.commands[-1].startswith("pawwork-proxy compare")


def test_a_second_observation_says_what_it_is_for() -> None:
    trial = compare(Diary().admitted(9).refused().seen).next_experiment
    assert trial is not None
    said = instructions(trial.model_copy(update={"confirms": "address"}))
    assert "one more observation" in said.why
    assert said.meanings[0][1] == "The limit follows the network address."


def test_a_row_that_does_not_fit_is_named_with_what_was_asked() -> None:
    row = evidence_row(limiter(Diary().admitted(9).refused().seen).rows[3])
    row = row.model_copy(update={"install": "one", "network": "home", "model": "big-pickle"})
    said = instructions(Experiment(id="repeat_row", repeats=(row,), requests=2, settles=0.0))
    assert "c1#4 does not" in said.why
    assert "install one, network home, model big-pickle" in said.steps[1]
    assert "2 requests" in said.cost
    bare = EvidenceRow(capture="c1", seq=4, at=row.at, part="refused")
    told = instructions(Experiment(id="repeat_row", repeats=(bare,), requests=2, settles=0.0))
    assert "as it was captured" in told.steps[1]


def test_the_end_says_what_more_would_take() -> None:
    nothing = Experiment(id="nothing_more", requests=0, settles=0.0)
    said = instructions(nothing)
    assert said.title == "With what you have nothing more can be learned"
    assert (said.steps, said.commands, said.meanings, said.cost) == ((), (), (), "")
    assert "It would take" not in said.why
    lacking = nothing.model_copy(update={"lacking": ("networks", "keys")})
    assert "--have networks=2" in instructions(lacking).why
    assert set(LACKING) == set(get_args(Lacking))


def every_experiment() -> list[Experiment]:
    """Each trial after a refusal, as it is proposed and to confirm, and each advice without one."""
    found = limiter(Diary().admitted(9).refused().seen)
    trials = [experiment(one, begun(found)) for one in outlooks(begun(found), eliminate(found))]
    row = evidence_row(found.rows[3]).model_copy(update={"install": "one", "model": "big-pickle"})
    others = [
        Experiment(id=name, repeats=(row,), requests=2, settles=0.0)
        for name in (*WITHOUT_EVIDENCE, *WITHOUT_TRIAL)
    ]
    told = {"lacking": get_args(Lacking), "unrefused": ("other_client_reversed",)}
    others = [one.model_copy(update=told) if one.id == "nothing_more" else one for one in others]
    changed = [
        repeated_with("PawWork 2026.8.6", trials[0], has_key=True, simulated=True),
        trials[0].model_copy(update={"confirms": "address"}),
    ]
    return [*trials, *changed, *others]


def test_in_chinese_no_english_is_left_in_an_experiment() -> None:
    chinese = language("zh")
    for found in every_experiment():
        said, plain = instructions(found, chinese), instructions(found)
        meanings = [words for meaning in said.meanings for words in meaning]
        told = [said.title, said.reason, *said.steps, *meanings]
        assert not english_in("\n".join(told)), found.id
        assert not {words.strip() for words in told} & {plain.title, *plain.steps}
        assert not any("{" in words for words in told)
        assert [one.partition("#")[0] for one in said.commands] == [
            one.partition("#")[0] for one in plain.commands
        ]
        assert all("# 第" in one for one in said.commands if "#" in one)
