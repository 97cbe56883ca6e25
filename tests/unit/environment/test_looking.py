"""What is behind a closed folder is not there, on every Python."""

from pathlib import Path

import pytest

from pawwork_proxy.environment.looking import is_file, is_folder, is_there
from tests.closed import close


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "nowhere").symlink_to("gone")
    assert [is_file(tmp_path / name) for name in ("file", "link", "nowhere", "gone")] == [
        *(True, True),
        *(False, False),
    ]
    assert is_folder(tmp_path)
    assert not is_folder(tmp_path / "file")
    assert [is_there(tmp_path / name) for name in ("", "file", "nowhere")] == [True, True, False]


def test_nothing_is_there_behind_a_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "file").touch()
    close(monkeypatch, tmp_path)
    with pytest.raises(PermissionError):
        (tmp_path / "file").stat()
    assert not is_file(tmp_path / "file")
    assert not is_folder(tmp_path / "inner")
    assert not is_there(tmp_path / "inner")
    assert is_folder(tmp_path)
