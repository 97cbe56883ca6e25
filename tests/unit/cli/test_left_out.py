"""Every command that reads captures treats the unreadable ones alike: left out, named, exit 0."""

import importlib
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli import cli
from pawwork_proxy.errors import BundleError, ConfigurationError, UnsupportedSchemaError
from tests.unit.bundle.files import assembled
from tests.unit.captures.studies import one, write

CAPTURE_A = b"a".hex().rjust(16, "0")
"""The id that `write` gives to a.jsonl."""

COMMANDS = {
    "show": (),
    "identity": (),
    "check": (),
    "compare": (),
    "report": ("--out", "OUT/x"),
    "export": ("--format", "csv", "--out", "OUT/x"),
}


def run(name: str, out: Path, *paths: Path) -> Result:
    command = getattr(importlib.import_module(f"pawwork_proxy.cli.commands.{name}"), name)
    options = [option.replace("OUT", str(out)) for option in COMMANDS[name]]
    return CliRunner().invoke(command, [*map(str, paths), *options])


def newer(folder: Path) -> Path:
    path = write(folder / "newer.jsonl", [one(1, 1)])
    path.write_text(path.read_text().replace('"schema_version":2', '"schema_version":9'))
    return path


@pytest.mark.parametrize("name", list(COMMANDS))
def test_one_unreadable_file_hides_none_of_the_others(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)])
    newer(tmp_path)
    os.mkfifo(tmp_path / "pipe.jsonl")
    result = run(name, tmp_path, tmp_path)
    assert result.exit_code == 0, result.exception
    said = (tmp_path / "x").read_text() if name == "report" else result.output
    assert "newer.jsonl: left out, it has schema version 9, this tool reads 1 to 2." in said
    assert "pipe.jsonl: left out, it is no regular file." in said
    if name not in {"compare", "report"}:
        assert "warning: newer.jsonl" in result.stderr


@pytest.mark.parametrize("name", list(COMMANDS))
def test_nothing_left_is_an_error_of_the_files_own_kind(tmp_path: Path, name: str) -> None:
    assert isinstance(run(name, tmp_path, newer(tmp_path)).exception, UnsupportedSchemaError)
    refused = tmp_path / "pawwork-support-x.zip"
    refused.write_bytes(b"no archive")
    assert isinstance(run(name, tmp_path, refused).exception, BundleError)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_two_joined_captures_are_read_as_the_first(tmp_path: Path, name: str) -> None:
    first = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    second = write(tmp_path / "b.jsonl", [one(1, 2, address=2), one(2, 2, address=2)])
    joined = tmp_path / "joined.jsonl"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    result = run(name, tmp_path, joined)
    assert result.exit_code == 0, result.exception
    said = (tmp_path / "x").read_text() if name == "report" else result.output
    assert "another capture" in said


@pytest.mark.parametrize("name", ["identity", "export"])
def test_what_does_not_belong_together_is_said(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)], study_id="study:" + "1" * 24)
    other = write(tmp_path / "b.jsonl", [one(1, 1)], study_id="study:" + "2" * 24, simulated=False)
    other.write_text(other.read_text() + "{damaged\n")
    said = run(name, tmp_path, tmp_path).stderr
    assert "2 different studies (a.jsonl | b.jsonl)" in said
    assert "1 of 2 captures are simulated (a.jsonl)" in said
    assert "b.jsonl: damaged lines skipped: 1, by number" in said


def counts(name: str, out: Path, result: Result) -> int:
    """How many exchanges a command shows or writes."""
    if name == "export":
        return len((out / "x").read_text().splitlines()) - 1
    if name == "bundle show":
        (row,) = json.loads(result.stdout)["rows"]
        return int(row["count"])
    if name == "identity":
        return int(json.loads(result.stdout)["exchanges"])
    if name == "show":
        return len(result.stdout.splitlines())
    return int(json.loads(result.stdout)["records"])


COUNTING = {
    "show": ("show", "--format", "json"),
    "identity": ("identity", "--format", "json"),
    "export": ("export", "--format", "csv", "--out", "OUT/x"),
    "bundle show": ("bundle", "show", "--format", "json"),
    "bundle create": ("bundle", "create", "--yes", "--format", "json", "--out", "OUT/made"),
}


@pytest.mark.process
@pytest.mark.parametrize("name", list(COUNTING))
def test_a_capture_with_a_bundle_of_it_beside_counts_once(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    write(folder / "a.jsonl", [one(1, 1), one(2, 1)])
    made = assembled([write(tmp_path / "less.jsonl", [one(1, 1)], capture_id=CAPTURE_A)])
    (folder / "pawwork-support-x.zip").write_bytes(made.data)
    arguments = [word.replace("OUT", str(tmp_path)) for word in (*COUNTING[name], str(folder))]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert counts(name, tmp_path, result) == 2
    assert (
        "warning: pawwork-support-x.zip: the same capture as a.jsonl, counted once."
        in result.stderr
    )


def test_a_report_of_copies_is_made(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)], capture_id="1" * 16)
    write(tmp_path / "b.jsonl", [one(1, 1)], capture_id="1" * 16)
    assert run("report", tmp_path, tmp_path).exit_code == 0
    assert "b.jsonl: the same capture as a.jsonl" in (tmp_path / "x").read_text()


@pytest.mark.parametrize("name", ["report", "export"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, name: str) -> None:
    capture = write(tmp_path / "a.jsonl", [one(1, 1)])
    out = tmp_path / "x"
    os.mkfifo(out)
    result = run(name, tmp_path, capture)
    assert isinstance(result.exception, ConfigurationError)
    assert out.is_fifo()
