"""A run notes itself while it listens, and no longer."""

import os
from pathlib import Path

import pytest

from pawwork_proxy import __version__
from pawwork_proxy.environment.running import noted, noted_runs, this_run


def test_a_run_is_noted_while_it_lasts(tmp_path: Path) -> None:
    run = this_run({"main": 9610}, tmp_path / "c.jsonl", "opencode.ai:443", None, password=False)
    with noted(tmp_path, run):
        assert noted_runs(tmp_path) == (run,)
        assert (run.pid, run.version) == (os.getpid(), __version__)
    assert noted_runs(tmp_path) == ()


@pytest.mark.parametrize("name", ["4194999.json", "-1.json", "x.json"])
def test_a_note_of_a_process_that_is_gone_is_removed(tmp_path: Path, name: str) -> None:
    note = tmp_path / "running" / name
    note.parent.mkdir()
    note.write_text("{}")
    assert noted_runs(tmp_path) == ()
    assert not note.exists()


@pytest.mark.parametrize("text", ["", "[]", "no json", '{"pid": 1, "colour": "red"}'])
def test_a_note_that_is_not_understood_is_left_alone(tmp_path: Path, text: str) -> None:
    note = tmp_path / "running" / f"{os.getpid()}.json"
    note.parent.mkdir()
    note.write_text(text)
    assert noted_runs(tmp_path) == ()
    assert note.exists()
