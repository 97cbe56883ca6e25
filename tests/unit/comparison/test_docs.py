"""docs/quota-inference.md says what the code does."""

import re
from pathlib import Path
from typing import get_args

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.evidence import Contrast
from pawwork_proxy.model.verdict import AssumptionId, Finding, Reason
from pawwork_proxy.report.answer import answer_of
from tests.unit.comparison.builders import OFFICE, TWO, Diary

DOC = (Path(__file__).parents[3] / "docs" / "quota-inference.md").read_text(encoding="utf-8")


def test_every_assumption_has_its_row() -> None:
    section = DOC.split("## Assumptions")[1].split("## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert rows == list(get_args(AssumptionId))


def test_every_finding_reason_and_contrast_is_explained() -> None:
    shows = get_args(Contrast.model_fields["shows"].annotation)
    for word in (*get_args(Finding), *get_args(Reason), *shows):
        assert word == "decided" or f"`{word}`" in DOC


def test_the_worked_example() -> None:
    diary = Diary().admitted(9).refused(2).refused(2, **TWO).admitted(2, **OFFICE).refused()
    seen = diary.seen
    assert answer_of(compare(seen)).headline in DOC.replace("\n", " ")
    found = {verdict.dimension: verdict for verdict in compare(seen).limits[0].verdicts}
    assert found["request"].finding == "does_not_follow"
    for name in ("key", "model", "project", "client"):
        assert found[name].reason == "untested"


def test_the_worked_example_gone_wrong() -> None:
    seen = Diary().admitted(9).refused().admitted(**TWO, **OFFICE).seen
    found = {verdict.dimension: verdict for verdict in compare(seen).limits[0].verdicts}
    assert found["address"].confounded_with == ("install", "session")
