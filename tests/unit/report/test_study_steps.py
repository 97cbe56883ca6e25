"""Each step of a study has its words and a command that fits who was refused."""

from datetime import timedelta
from typing import get_args

import pytest
from rich.cells import cell_len

from pawwork_proxy.comparison.trials import BY_ID
from pawwork_proxy.comparison.walk import STUDIES, Progress, StudyName, Wrong, progress_of
from pawwork_proxy.report.language import language
from pawwork_proxy.report.study_steps import (
    ASKS,
    DONE_BY,
    STEPS,
    WRONG,
    captured_lines,
    done_lines,
    leaving,
    opening,
    step_lines,
    wrong_lines,
)
from tests.unit.comparison.builders import MORNING, Diary
from tests.unit.report.chinese import english_in

NAMES: tuple[StudyName, ...] = get_args(StudyName)


def test_every_study_and_step_has_its_words() -> None:
    ids = {step.id for steps in STUDIES.values() for step in steps}
    assert set(ASKS) == set(STUDIES) == set(NAMES)
    assert set(STEPS) - {"refused_without_key"} == ids == set(DONE_BY)
    assert {variation for variation, _ in DONE_BY.values()} <= set(BY_ID)
    assert set(WRONG) == {"same", "differs", "unknown", "admitted"}


@pytest.mark.parametrize("name", NAMES)
def test_every_line_but_commands_keeps_to_80_columns(name: StudyName) -> None:
    refused = stands(name, Diary().admitted(9).refused())
    for step in STUDIES[name]:
        *words, command = step_lines(name, refused, step)
        assert max(map(len, [*opening(name), *words, *done_lines(refused.done[0])])) <= 80
        assert "{" not in "".join([*words, command])
        assert command.startswith("    pawwork-proxy launch --install ")
        assert command.count("--network") == 1


def test_before_anybody_was_refused_the_command_is_a_plain_one() -> None:
    words = " ".join(step_lines("key-or-none", Progress((), None), STUDIES["key-or-none"][0]))
    assert "Step 1 of 5: Work without a key" in words
    assert '-- opencode run -m opencode/big-pickle "Say hello."' in words


def test_another_network_is_to_be_filled_in() -> None:
    refused = stands("two-networks", Diary().admitted(9).refused())
    for number in (2, 3):
        words = " ".join(step_lines("two-networks", refused, STUDIES["two-networks"][number]))
        assert "--network OTHER_NETWORK" in words


def test_what_was_asked_instead_is_named_with_the_reason() -> None:
    found = stands("one-network", Diary().admitted(9).refused().refused(action="b"))
    assert list(wrong_lines(found)) == []
    found = stands("one-network", Diary().admitted(9).refused().admitted(action="b"))
    assert "c1 #11" in (words := " ".join(wrong_lines(found)))
    assert "it was answered" in words
    names = {"c1": "home.jsonl"}
    assert "home.jsonl #11 at" in " ".join(wrong_lines(found, names=names))
    assert "(home.jsonl #10)" in " ".join(done_lines(found.done[0], names=names))


def test_what_was_answered_for_another_reason_is_no_limit_that_was_raised() -> None:
    other = Diary().admitted(9).refused().admitted(action="b", install="fresh")
    said = " ".join(wrong_lines(stands("one-network", other)))
    assert "the install is another one. Ask again." in said
    assert "it was answered" not in said


def test_retries_of_what_was_asked_instead_are_not_named_anew() -> None:
    once = Diary().admitted(9).refused().refused(action="b", install="fresh")
    found = stands("one-network", once)
    assert list(wrong_lines(found)) == list(
        wrong_lines(stands("one-network", once.refused(action="b", install="fresh")))
    )
    assert "c1 #11" in " ".join(wrong_lines(found))


def test_a_command_writes_into_the_folder_that_is_followed() -> None:
    refused = stands("one-network", Diary().admitted(9).refused())
    step = STUDIES["one-network"][2]
    assert "--captures" not in "".join(step_lines("one-network", refused, step))
    *_, command = step_lines("one-network", refused, step, folder="my captures")
    assert command.startswith("    pawwork-proxy launch --captures 'my captures' --install")


def test_what_a_command_leaves_to_the_user_is_explained() -> None:
    refused = stands("one-network", Diary().admitted(9).refused())
    told = " ".join(step_lines("one-network", refused, STUDIES["one-network"][1]))
    assert "CLIENT stands for" in told
    nobody = " ".join(step_lines("one-network", Progress((), None), STUDIES["one-network"][0]))
    assert "put its command behind '--'" in nobody


def test_that_requests_come_is_said_until_the_first_refusal() -> None:
    refused = stands("one-network", Diary().admitted(9).refused())
    waiting = stands("one-network", Diary().admitted(9))
    assert captured_lines(waiting, 0) == captured_lines(refused, 10) == []
    assert "captured: requests, but no such refusal" in " ".join(captured_lines(waiting, 9))


def test_the_command_to_go_on_can_be_pasted() -> None:
    assert leaving("one-network", "my captures").endswith("--captures 'my captures'")


@pytest.mark.parametrize("name", NAMES)
def test_in_chinese_no_english_is_left_and_lines_keep_to_80_columns(name: StudyName) -> None:
    chinese = language("zh")
    refused = stands(name, Diary().admitted(9).refused())
    lines = [*opening(name, chinese), *done_lines(refused.done[0], chinese)]
    lines += captured_lines(Progress((), None), 1, chinese)
    for step in STUDIES[name]:
        lines += list(step_lines(name, refused, step, chinese))[:-1]
    other = stands(name, Diary().admitted(9).refused().admitted(action="b"))
    lines += wrong_lines(other, chinese)
    assert len(list(wrong_lines(other, chinese))) > 0
    assert max(map(cell_len, lines)) <= 80
    assert not english_in("".join([*lines, leaving(name, "captures", chinese)]))


def test_every_reason_is_said_in_chinese() -> None:
    wrong = (Wrong("same", "install"), Wrong("differs", "install"), Wrong("unknown", "install"))
    found = stands("one-network", Diary().admitted(9).refused().admitted(action="b"))
    said = "".join(wrong_lines(found._replace(wrong=(*wrong, Wrong("admitted"))), language("zh")))
    assert not english_in(said)
    assert "安装没有变、安装变了、安装未知" in said


def stands(name: StudyName, diary: Diary) -> Progress:
    return progress_of(name, diary.seen, MORNING + timedelta(hours=5))
