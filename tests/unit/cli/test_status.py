"""`status` over captures: the table, JSON, and the folder that is read where none is named."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli.commands.status import status
from tests.unit.captures.studies import one, write


def run(*arguments: object) -> Result:
    return CliRunner().invoke(status, [str(argument) for argument in arguments])


def test_the_captures_of_this_folder_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "captures" / "below"
    below.mkdir(parents=True)
    write(below / "a.jsonl", [one(1, 1), one(2, 1, refused=True)])
    monkeypatch.chdir(tmp_path)
    result = run()
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split()[:2] == ["network", "models"]
    assert "SIMULATED" in result.stdout
    assert "Only what was captured is counted" in result.stdout


def test_json_has_rows_and_notes(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1, refused=True)])
    (tmp_path / "b.jsonl").write_bytes(b"")
    result = run(tmp_path, "--format", "json")
    found = json.loads(result.stdout)
    assert found["rows"][0]["cut_off_at"] == 1
    assert found["notes"]
    assert "an empty file" in result.stderr


def test_no_request_is_said_without_a_table(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [])
    assert run(tmp_path).stdout == "No request to a free model was captured.\n"
