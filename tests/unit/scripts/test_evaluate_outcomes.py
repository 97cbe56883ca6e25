"""The evaluation counts honestly, and pages about facts are written from the tables."""

import json
from pathlib import Path

import pytest

from pawwork_proxy.model.outcome import Origin
from scripts._pages import filled, write
from scripts.evaluate_outcomes import main
from scripts.fact_pages import PAGES

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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path) -> None:
    """Else `python -m scripts.fact_pages` writes it anew."""
    text, parts = page.read_text("utf-8"), PAGES[page]()
    assert all(made in text for made in parts.values())
    assert text == filled(page, parts)
    assert write(page, parts, ["--check"]) == 0
    assert write(page, parts, ["--odd"]) == 2


def test_the_page_about_outcomes_has_every_origin() -> None:
    (text,) = (page.read_text("utf-8") for page in PAGES if page.name == "outcomes.md")
    assert all(f"| `{origin}` |" in text for origin in Origin)


def test_a_page_that_is_out_of_date_is_found_and_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("By hand.\n<!-- from the tables: rules -->\nold\n<!-- end -->\nBehind.\n")
    assert write(page, {"rules": "new\n"}, ["--check"]) == 1
    assert write(page, {"rules": "new\n"}, []) == 0
    assert "\nnew\n<!-- end -->\nBehind." in page.read_text()
    assert write(page, {"rules": "new\n"}, ["--check"]) == 0
