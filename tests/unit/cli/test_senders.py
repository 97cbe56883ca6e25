"""`show` and `bundle show` name the client that asked, once, and say what it does."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import cli

SAMPLE = Path(__file__).parents[3] / "captures" / "samples" / "two-networks" / "home.jsonl"


@pytest.mark.parametrize("command", [["show"], ["bundle", "show"]])
def test_the_client_of_a_refused_request_is_named(command: list[str]) -> None:
    printed = CliRunner().invoke(cli, [*command, str(SAMPLE)]).stdout
    numbers = "#6, #7, #8 and 2 more " if command == ["show"] else ""
    said = "free_usage_limit: OpenCode 1.18.33: retried after the wait, as the answer says; the"
    assert f"{numbers}{said}" in " ".join(printed.split())
    assert printed.count("OpenCode 1.18.33: ") == 1


def test_what_the_client_does_is_said_in_the_language_that_is_asked_for() -> None:
    for command in (["show"], ["bundle", "show"]):
        printed = CliRunner().invoke(cli, [*command, str(SAMPLE), "--lang", "zh"]).stdout
        assert "OpenCode 1.18.33：按服务器要求的时间等待后重试；用户看到" in "".join(
            printed.split("\n    ")
        )


def test_bundle_show_answers_the_user_about_what_lasts() -> None:
    answer = CliRunner().invoke(cli, ["bundle", "show", str(SAMPLE), "--reply", "en"]).stdout
    first, what, when, *_, waits, stop, _ = answer.splitlines()
    assert first.startswith("Hello")
    assert what.startswith("The daily allowance")
    assert when == "It works again from 2026-11-26 00:00 UTC (08:00 Beijing time) on."
    assert waits == "OpenCode 1.18.33 waits by itself until then."
    assert stop == "Pressing stop and sending again asks once."


def test_where_nobody_has_asked_there_is_nobody_to_answer(tmp_path: Path) -> None:
    header, *_, end = SAMPLE.read_text("utf-8").splitlines(keepends=True)
    capture = tmp_path / "empty.jsonl"
    capture.write_text(header + end, "utf-8")
    result = CliRunner().invoke(cli, ["bundle", "show", str(capture), "--reply", "en"])
    assert "nobody has asked anything" in str(getattr(result.exception, "message", ""))
