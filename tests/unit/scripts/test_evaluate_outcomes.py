"""The evaluation counts honestly, and the page about outcomes is written from the tables."""

import json
from pathlib import Path

import pytest

from pawwork_proxy.model.outcome import Origin
from scripts._pages import filled, write
from scripts.evaluate_outcomes import main
from scripts.outcomes_page import PAGE, parts

CASES = Path(__file__).parents[2] / "data" / "outcomes.jsonl"


def test_own_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(CASES) == 0
    out = capsys.readouterr().out
    assert "strict 1.0000" in out
    assert "quota <-> overload confusions: 0" in out


def test_misses_and_confusions_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overload = {"status": 503, "body": ""}
    cases = [
        {"id": "A", "label": "provider_overload", "alt": [], **overload},
        {"id": "B", "label": "free_usage_limit", "alt": [], **overload},
        {"id": "C", "label": "server_error", "alt": ["provider_overload"], **overload},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps(case) for case in cases))
    assert main(path) == 1
    out = capsys.readouterr().out
    assert "responses 3  strict 0.3333  lenient 0.6667" in out
    assert "quota <-> overload confusions: 1" in out
    assert "* free_usage_limit -> provider_overload: 1" in out
    assert "MISS B" in out
    assert "alt  C" in out


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.read_text("utf-8")
    assert text == filled(PAGE, parts())
    assert all(f"| `{origin}` |" in text for origin in Origin)
    assert write(PAGE, parts(), ["--check"]) == 0
    assert write(PAGE, parts(), ["--odd"]) == 2
    capsys.readouterr()


def test_a_page_that_is_out_of_date_is_found_and_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("By hand.\n<!-- from the tables: rules -->\nold\n<!-- end -->\nBehind.\n")
    assert write(page, {"rules": "new\n"}, ["--check"]) == 1
    assert write(page, {"rules": "new\n"}, []) == 0
    assert "\nnew\n<!-- end -->\nBehind." in page.read_text()
    assert write(page, {"rules": "new\n"}, ["--check"]) == 0
