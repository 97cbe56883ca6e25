"""The glossary holds words that are used, each once, and the words it replaced stay away."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
TERMS = [
    term
    for cell in re.findall(r"^\| ([^|]+) \| [^|]+ \|$", GLOSSARY, re.MULTILINE)
    if cell != "Term"
    for term in cell.split(", ")
]
ROOMS = sorted(
    room.name
    for room in (ROOT / "pawwork_proxy").iterdir()
    if room.is_dir() and room.name not in {"__pycache__", "facts", "responses"}
)
"""Facts and responses quote what servers say, which is in other words than ours."""
REPLACED = r"keying|strat(um|a)|sighting|occasion|folding|gathered|strain|standing"


def texts(*places: str) -> dict[str, str]:
    found = [ROOT / place for place in places]
    files = [file for one in found for file in ([one] if one.is_file() else one.rglob("*.*"))]
    return {
        str(file.relative_to(ROOT)): file.read_text("utf-8")
        for file in files
        if file.suffix in {".py", ".md", ".j2"} and file.name != "glossary.md"
    }


def test_each_term_stands_once() -> None:
    assert len(TERMS) > 50
    assert len(set(TERMS)) == len(TERMS)


def test_each_term_is_used() -> None:
    used = " ".join([*texts("docs", "pawwork_proxy", "README.md").values()]).lower()
    used = re.sub(r"[\s_]+", " ", used)
    missing = [term for term in TERMS if term.lower() not in used]
    assert not missing, f"no document and no code uses these terms: {missing}"


def test_the_comparison_links_to_it() -> None:
    assert "(glossary.md)" in (ROOT / "docs" / "quota-inference.md").read_text("utf-8")


@pytest.mark.parametrize("room", ROOMS)
def test_words_that_were_replaced_stay_away(room: str) -> None:
    found = {
        name: words.group()
        for name, text in texts(f"pawwork_proxy/{room}").items()
        if (words := re.search(rf"\b_?({REPLACED})", text, re.IGNORECASE))
    }
    assert not found, "say it with the glossary's words"
