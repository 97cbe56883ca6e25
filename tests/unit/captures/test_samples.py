"""The sample captures have the answers that their README gives."""

import re
from pathlib import Path

import pytest

from pawwork_proxy.comparison.compare import compare
from tests.unit.captures.studies import gather

SAMPLES = Path(__file__).resolve().parents[3] / "captures" / "samples"
ROWS = re.findall(
    r"^\| `([\w-]+)` \| ([\w, -]+) \| ([\w, -]+) \| [^|]+ \|$",
    (SAMPLES / "README.md").read_text(encoding="utf-8").partition("## The answers")[2],
    re.MULTILINE,
)


@pytest.mark.parametrize(("folder", "follows", "does_not"), ROWS)
def test_answer_of_the_readme(folder: str, follows: str, does_not: str) -> None:
    inputs = gather([SAMPLES / folder])
    assert inputs.remarks == ()
    found = compare(inputs.observations, plan=False)
    assert found.simulated
    verdicts = found.limits[0].verdicts

    def named(finding: str) -> str:
        return ", ".join(one.dimension for one in verdicts if one.finding == finding) or "-"

    assert (named("follows"), named("does_not_follow")) == (follows, does_not)


def test_every_folder_has_its_row() -> None:
    folders = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
    assert sorted(row[0] for row in ROWS) == folders
    assert len(folders) == 3
