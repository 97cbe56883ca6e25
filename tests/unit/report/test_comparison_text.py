"""The comparison as text and as Markdown."""

import re

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.report.comparison_text import WIDTH, render_markdown, render_text
from pawwork_proxy.report.sentences import contrast_words
from tests.unit.comparison.builders import INSIDE, MORNING, OFFICE, TWO, Diary

STUDY = (
    Diary()
    .admitted(20, exclusive=True)
    .refused(exclusive=True, reset_at=MORNING)
    .refused(**TWO, exclusive=True)
    .admitted(**OFFICE)
    .other("provider_overload", "overload")
    .seen
)


def test_the_answer_comes_first_and_everything_is_there() -> None:
    text = render_text(compare(STUDY))
    assert text.startswith("The free quota is shared by every install behind the same egress")
    for words in (
        "Limit of zen",
        "Evidence",
        "Requests counted per bucket",
        "Next experiment",
        "Product options",
        "Resets announced",
        "latest 2026-06-03 09:00Z",
        "Noise floor",
        "What the verdicts assume",
        "Left out",
        "c1#21",
        "possible",
    ):
        assert words in text


def test_a_bucket_that_nobody_else_can_use() -> None:
    seen = [one.model_copy(update={"exclusive": True}) for one in STUDY]
    assert "impossible" in render_text(compare(seen))


def test_simulated_captures_say_so_first() -> None:
    seen = [one.model_copy(update={"simulated": True}) for one in STUDY]
    assert render_text(compare(seen)).startswith("SIMULATED")


def test_nothing_at_all_is_still_an_answer() -> None:
    text = render_text(compare([]))
    assert "no exchanges" in text
    assert "Evidence" not in text


def test_markdown_tables_have_a_rule_and_labels_stay_inert() -> None:
    hostile = "[x](http://evil)|<b>`"
    seen = [one.model_copy(update={"capture": "`c|1`"}) for one in STUDY]
    named = Diary().admitted(9, install=hostile).refused(install=hostile).refused(**TWO).seen
    for found in (render_markdown(compare(seen)), render_markdown(compare(named))):
        assert "| dimension | verdict | observations | why |\n|---|---|---|---|" in found
        prose = re.sub(r"`[^`]*`", "", found.replace("\\`", ""))
        assert "[x](" not in prose
        assert "<b>" not in prose


def test_a_contradiction_shows_rows_without_a_next_experiment() -> None:
    same = {"request": "msg:same"}
    seen = Diary().admitted(9, **same).refused(**same).admitted(**same).seen
    text = render_text(compare(seen))
    assert "contradict" in text
    assert "Next experiment" not in text
    assert text.count("was admitted after") == 1


def test_nothing_but_commands_is_wide_and_steps_are_numbered() -> None:
    text = render_text(compare(STUDY))
    wide = [line for line in text.splitlines() if len(line) > WIDTH]
    assert wide
    assert all(line.startswith("    pawwork-proxy ") for line in wide)
    assert re.search(r"\n  1\. (?:Wait until|Change this)", text)
    assert re.search(r"\n1\. (?:Wait until|Change this)", render_markdown(compare(STUDY)))


def test_a_contrast_is_told_once_and_referred_to() -> None:
    found = compare(STUDY)
    text = re.sub(r"\s+", " ", render_text(found))
    told = [contrast_words(one.evidence[0]) for one in found.limits[0].verdicts if one.evidence]
    assert len(set(told)) < len(told)
    for words in told:
        assert text.count(words) == 1
    assert re.search(
        r"egress address follows \d+ Another egress address, another pool\. \[1\]", text
    )


def test_what_was_not_varied_is_one_line() -> None:
    text = re.sub(r"\s+", " ", render_text(compare(STUDY)))
    assert re.search(r"Open: [^.]*API key, kind of key[^.]*\. Only one value was seen\.", text)


def test_numbers_and_their_nouns_agree() -> None:
    text = render_text(compare(STUDY))
    assert "(s)" not in text
    assert "in 1 reset window:" in text
    assert "2 refusals" in text


def test_remarks_about_the_captures_stand_among_the_notes() -> None:
    for render in (render_text, render_markdown):
        assert "- a.jsonl: one line is damaged" in render(
            compare(STUDY), ["a.jsonl: one line is damaged"]
        )


def test_that_measuring_disturbs_comes_first_with_its_rows() -> None:
    comparison = compare(Diary().refused(2).admitted(**INSIDE).refused().seen)
    for said in (render_text(comparison), render_markdown(comparison)):
        words = re.sub(r"[\s\\]+", " ", said).replace(" #", "#")
        assert words.startswith("Measuring disturbs: the intercepting route is refused, the")
        assert "- c1#3 was admitted after c1#1 was refused; changed: session" in words
        assert "3 x refused through an intercepting route, where measuring disturbs" in words


def test_no_sign_that_measuring_disturbs_stands_among_the_notes() -> None:
    text = render_text(compare(Diary().admitted().admitted(**INSIDE).seen))
    assert "- Does measuring disturb? There is no sign that it does" in text


@pytest.mark.parametrize("width", [80, 100, 120])
def test_tables_and_text_keep_to_the_width_of_the_screen(width: int) -> None:
    lines = render_text(compare(STUDY), width=width).splitlines()
    commands = [line for line in lines if "pawwork-proxy" in line]
    assert max(len(line) for line in lines if line not in commands) <= width
    assert ["dimension", "verdict", "observations", "why"] in [line.split() for line in lines]


def test_commands_are_named_before_lines_are_broken() -> None:
    longer = "python3 scripts/run.py"
    text = render_text(compare(STUDY), typed=lambda words: words.replace("pawwork-proxy", longer))
    assert longer in text
    assert "pawwork-proxy" not in text
    told = [line for line in text.splitlines() if longer in line and not line.startswith("    ")]
    assert all(len(line) <= WIDTH for line in told)
