"""Old captures go when a run begins, and nothing else does."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pawwork_proxy.captures.retention import KEEP_DAYS, remove_expired
from tests.closed import close

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAME = "capture-20260801T000000Z-0011aabb.jsonl"


def aged(path: Path, days: float) -> Path:
    path.write_text("{}\n")
    when = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (when, when))
    return path


def test_what_is_older_than_the_limit_goes(tmp_path: Path) -> None:
    old = aged(tmp_path / NAME, KEEP_DAYS + 0.1)
    young = aged(tmp_path / NAME.replace("0011", "0022"), KEEP_DAYS - 0.1)
    assert remove_expired(tmp_path, NOW) == 1
    assert not old.exists()
    assert young.exists()


def test_zero_keeps_everything(tmp_path: Path) -> None:
    old = aged(tmp_path / NAME, 10_000)
    assert remove_expired(tmp_path, NOW, 0) == 0
    assert old.exists()


@pytest.mark.parametrize("name", ["notes.jsonl", "capture-mine.jsonl", NAME + ".gz", "x.zip"])
def test_other_files_stay(tmp_path: Path, name: str) -> None:
    other = aged(tmp_path / name, 10_000)
    assert remove_expired(tmp_path, NOW) == 0
    assert other.exists()


def test_links_folders_and_what_cannot_be_removed_stay(tmp_path: Path) -> None:
    target = aged(tmp_path / "target", 10_000)
    link = tmp_path / NAME
    link.symlink_to(target)
    (tmp_path / NAME.replace("0011", "0022")).mkdir()
    assert remove_expired(tmp_path, NOW + timedelta(days=10_000)) == 0
    assert link.is_symlink()
    assert target.exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert remove_expired(tmp_path / "none", NOW) == 0


def test_a_folder_that_is_closed_to_the_user_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the capture says so, with a remedy."""
    close(monkeypatch, tmp_path)
    assert remove_expired(tmp_path / "captures", NOW) == 0
