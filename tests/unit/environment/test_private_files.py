"""A private file is read as what it has to be, or said to be unusable; nothing waits for it."""

import os
import sys
from pathlib import Path

import pytest

from pawwork_proxy.environment.private_files import read_private
from pawwork_proxy.errors import ConfigurationError

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes of POSIX")


def test_a_folder_in_the_place_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"private file .*config\.toml: ") as caught:
        read_private(tmp_path / "config.toml")
    assert "move it away" in caught.value.hint


@posix
@pytest.mark.timeout(20)
def test_neither_a_link_is_followed_nor_a_pipe_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("link", "Too many levels"), ("pipe", "Invalid argument")):
        with pytest.raises(ConfigurationError, match=f"private file .*{name}: {why}"):
            read_private(tmp_path / name)


@posix
def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"secret")
    file.chmod(0o644)
    assert read_private(file) == b"secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_private(tmp_path / "none") is None
