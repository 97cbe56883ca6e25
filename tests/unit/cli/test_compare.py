"""The command: formats, the answer, clear words for what cannot be said."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pawwork_proxy.cli.commands.compare import compare
from pawwork_proxy.model.exchange import Exchange
from tests.unit.captures.studies import one, write


def run(*arguments: object) -> Result:
    return CliRunner().invoke(compare, [str(argument) for argument in arguments])


def by_address() -> list[Exchange]:
    """Install 1 uses up the pool of address 1, install 2 meets it, install 3 is elsewhere."""
    first = [one(seq, 1, session=1) for seq in range(1, 9)]
    return [
        *first,
        one(9, 1, refused=True),
        one(10, 1, refused=True),
        one(11, 2, session=2, refused=True),
        one(12, 2, session=2, refused=True),
        one(13, 1, session=1, address=2),
        one(14, 1, session=1, address=2),
        one(15, 1, refused=True),
    ]


def test_the_answer_names_the_address(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", by_address())
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "SIMULATED" in result.stdout
    assert "Shared by all installs on one network address." in result.stdout
    assert "(a.jsonl #8 #10 #11)" in " ".join(result.stdout.split())


def test_commands_go_with_the_folder_that_was_compared(tmp_path: Path) -> None:
    folder = tmp_path / "my captures"
    folder.mkdir()
    write(folder / "a.jsonl", [*(one(seq, 1) for seq in range(1, 9)), one(9, 1, refused=True)])
    said = run(folder).stdout
    assert f"launch --captures '{folder}' --install install1" in said
    assert f"compare '{folder}'  #" in said
    assert "compare captures/  #" in run(folder / "a.jsonl").stdout
    samples = folder.rename(tmp_path / "samples")
    assert "compare captures/  #" in run(samples).stdout


def test_json_holds_verdicts_with_evidence_that_can_be_looked_up(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", by_address())
    found = json.loads(run(tmp_path, "--format", "json").stdout)
    verdicts = {one["dimension"]: one for one in found["limits"][0]["verdicts"]}
    assert verdicts["address"]["finding"] == "follows"
    assert verdicts["install"]["finding"] == "does_not_follow"
    rows = verdicts["address"]["evidence"][0]["rows"]
    assert {(row["seq"], row["part"]) for row in rows} >= {(13, "admitted")}


def test_markdown_is_for_issues(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", by_address())
    assert "### Behind this" in run(tmp_path, "--format", "markdown").stdout


def test_no_refusal_is_said(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "Nobody was refused" in result.stdout
    assert "Only one install was captured" in result.stdout


def test_remarks_are_part_of_every_format(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", by_address())
    (tmp_path / "b.jsonl").write_bytes(b"")
    for output in ("text", "json", "markdown"):
        assert "an empty file" in run(tmp_path, "--format", output).stdout


def test_a_path_that_is_not_there_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    result = run(tmp_path / "none.jsonl")
    assert result.exit_code != 0
    assert type(result.exception).__name__ == "CaptureFormatError"
