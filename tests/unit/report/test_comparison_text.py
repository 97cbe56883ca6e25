"""The comparison as text and as Markdown: layout, order, and words that stay inert."""

import re
from typing import Any

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.report.answer import answer_of
from pawwork_proxy.report.comparison_text import WIDTH, render_markdown, render_text
from tests.unit.comparison.builders import INSIDE, MORNING, OFFICE, TWO, Diary

STUDY = (
    Diary()
    .admitted(20, exclusive=True)
    .refused(2, exclusive=True, reset_at=MORNING)
    .refused(2, **TWO, exclusive=True)
    .admitted(2, **OFFICE)
    .refused(exclusive=True, reset_at=MORNING)
    .other("provider_overload", "overload")
    .seen
)


def text(seen: list[Observation], *remarks: str, **options: Any) -> str:
    found = compare(seen)
    return render_text(found, answer_of(found), remarks, **options)


def markdown(seen: list[Observation], *remarks: str) -> str:
    found = compare(seen)
    return render_markdown(found, answer_of(found), remarks)


def test_the_answer_comes_first_then_what_to_do_then_the_evidence() -> None:
    told = text(STUDY)
    assert told.startswith("Shared by all installs on one network address. Not tried: ")
    order = ["Quota:", "Confidence:", "Product options", "Next:", "Evidence (", "Behind this"]
    assert sorted(order, key=told.index) == order
    assert "(c1 #20 #22 #23)" in re.sub(r"\s+", " ", told)
    assert "Left out: 1 x overload" in told


def test_nothing_at_all_is_still_an_answer() -> None:
    told = text([])
    assert told.startswith("There is nothing to compare")
    assert "Evidence" not in told


def test_labels_stay_inert_in_markdown() -> None:
    hostile = "[x](http://evil)|<b>`"
    seen = [one.model_copy(update={"capture": "`c|1`"}) for one in STUDY]
    named = Diary().admitted(9, install=hostile).refused(install=hostile).refused(**TWO).seen
    for found in (markdown(seen), markdown(named)):
        assert "### Evidence" in found or "### Next" in found
        prose = re.sub(r"`[^`]*`", "", found.replace("\\`", ""))
        assert "[x](" not in prose
        assert "<b>" not in prose


def test_nothing_but_commands_is_wide_and_steps_are_numbered() -> None:
    told = text(STUDY)
    wide = [line for line in told.splitlines() if len(line) > WIDTH]
    assert wide
    assert all(line.startswith("    pawwork-proxy ") for line in wide)
    assert re.search(r"\n  1\. (?:Wait until|Change this)", told)
    assert re.search(r"\n1\. (?:Wait until|Change this)", markdown(STUDY))


def test_remarks_about_the_captures_stand_behind() -> None:
    for render in (text, markdown):
        assert "- a.jsonl: one line is damaged" in render(STUDY, "a.jsonl: one line is damaged")


def test_that_measuring_disturbs_comes_first_with_its_rows() -> None:
    seen = Diary().refused(2).admitted(**INSIDE).refused().seen
    for told in (text(seen), markdown(seen)):
        words = re.sub(r"[\s\\]+", " ", told)
        assert words.startswith("Measuring disturbs: what passes an intercepting proxy is refused")
        assert (
            "Another way of observing, another answer: At 09:00:10 one at home was refused."
            in words
        )
        assert "3 x refused through an intercepting route, where measuring disturbs" in words


def test_no_sign_that_measuring_disturbs_stands_behind() -> None:
    told = text(Diary().admitted().admitted(**INSIDE).seen)
    assert "- There is no sign that measuring disturbs" in told


@pytest.mark.parametrize("width", [80, 100, 120])
def test_text_keeps_to_the_width_of_the_screen(width: int) -> None:
    lines = text(STUDY, width=width).splitlines()
    assert max(len(line) for line in lines if "pawwork-proxy" not in line) <= width


def test_commands_are_named_before_lines_are_broken() -> None:
    longer = "python3 scripts/run.py"
    told = text(STUDY, typed=lambda words: words.replace("pawwork-proxy", longer))
    assert longer in told
    assert "pawwork-proxy" not in told
    prose = [line for line in told.splitlines() if longer in line and not line.startswith("    ")]
    assert all(len(line) <= WIDTH for line in prose)
