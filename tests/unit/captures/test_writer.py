"""Lines reach the file whole or are counted; what was written stays."""

import errno
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End
from tests.unit.builders import NOON, exchange, header

END = End(at=NOON, exchanges=1, reason="finished")


def writer_in(folder: Path) -> CaptureWriter:
    return CaptureWriter(folder, header(), lambda: NOON)


def test_file_and_folder_are_private_and_the_name_tells_the_start(tmp_path: Path) -> None:
    writer = writer_in(tmp_path / "new" / "captures")
    writer.close(END)
    assert writer.path.name == "capture-20261120T120000Z-44556677.jsonl"
    assert stat.S_IMODE(writer.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(writer.path.parent.stat().st_mode) == 0o700


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    assert writer.append(line_of(exchange(1)))
    writer.close(END)
    writer.close(END)
    capture = read_capture(writer.path)
    assert capture.exchanges == [exchange(1)]
    assert capture.end == END
    assert not capture.damages


def test_a_folder_that_cannot_be_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot write a capture") as caught:
        writer_in(tmp_path / "file" / "below")
    assert "--captures" in caught.value.hint


def test_an_existing_file_of_that_name_is_never_touched(tmp_path: Path) -> None:
    writer_in(tmp_path).close(END)
    before = next(tmp_path.iterdir()).read_bytes()
    with pytest.raises(ConfigurationError):
        writer_in(tmp_path)
    assert next(tmp_path.iterdir()).read_bytes() == before


class FullDisk:
    """`os.write` on a disk with room for `room` more bytes."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.writes = 0
        self._write = os.write
        self._truncate = os.ftruncate

    def truncate(self, descriptor: int, size: int) -> None:
        self.room += os.fstat(descriptor).st_size - size
        self._truncate(descriptor, size)

    def __call__(self, descriptor: int, data: bytes) -> int:
        self.writes += 1
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return self._write(descriptor, part)


def test_a_full_disk_loses_lines_by_count_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_in(tmp_path)
    disk = FullDisk(room=len(line_of(exchange(1))) + 10)
    monkeypatch.setattr(os, "write", disk)
    assert writer.append(line_of(exchange(1)))
    assert not writer.append(line_of(exchange(2))), "only ten bytes fit: cut off again"
    assert not writer.append(line_of(exchange(3)))
    assert writer.lost == 2
    disk.room = 1_000_000
    assert writer.append(line_of(exchange(4)))
    writer.close(END)
    capture = read_capture(writer.path)
    assert [one.seq for one in capture.exchanges] == [1, 4]
    assert [(note.event, note.count) for note in capture.notes] == [("records_lost", 2)]
    assert not capture.damages


def test_a_torn_line_that_cannot_be_cut_off_does_not_harm_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_in(tmp_path)
    disk = FullDisk(room=10)
    monkeypatch.setattr(os, "write", disk)

    def refuse(*_: Any) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "ftruncate", refuse)
    assert not writer.append(line_of(exchange(1)))
    disk.room = 1_000_000
    assert writer.append(line_of(exchange(2)))
    writer.close(END)
    capture = read_capture(writer.path)
    assert [one.seq for one in capture.exchanges] == [2]
    assert [one.reason for one in capture.damages] == ["not_json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let an open file be removed")
def test_a_removed_folder_comes_back_with_all_that_was_in_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    writer = writer_in(folder)
    writer.append(line_of(exchange(1)))
    shutil.rmtree(folder)
    assert writer.append(line_of(exchange(2)))
    writer.close(END)
    assert [one.seq for one in read_capture(writer.path).exchanges] == [1, 2]
    assert stat.S_IMODE(writer.path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let an open file be removed")
def test_a_folder_that_cannot_come_back_counts_losses_until_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    writer = writer_in(folder)
    writer.append(line_of(exchange(1)))
    shutil.rmtree(folder)
    folder.write_text("in the way")
    assert not writer.append(line_of(exchange(2)))
    folder.unlink()
    assert writer.append(line_of(exchange(3)))
    writer.close(END)
    capture = read_capture(writer.path)
    assert [one.seq for one in capture.exchanges] == [1, 3]
    assert [note.count for note in capture.notes] == [1]
    assert [path.name for path in folder.iterdir()] == [writer.path.name], "no drafts are left"


def test_a_draft_that_cannot_take_the_files_place_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "captures"
    writer = writer_in(folder)
    shutil.rmtree(folder)

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        assert not writer.append(line_of(exchange(1)))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "close"])
def test_an_end_that_cannot_be_made_durable_is_no_error(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk on the network may say at the close of a file that it has not kept it."""
    whole = getattr(os, step)

    def refuse(fd: int) -> None:
        whole(fd)
        raise OSError(errno.EIO, "no")

    writer = writer_in(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, step, refuse)
        writer.close(END)
    assert read_capture(writer.path).end == END


def test_several_lines_are_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = writer_in(tmp_path)
    disk = FullDisk(room=1_000_000)
    monkeypatch.setattr(os, "write", disk)
    assert writer.append_all([(line_of(exchange(seq)), 1) for seq in (1, 2, 3)])
    assert disk.writes == 1
    writer.close(END)
    assert [one.seq for one in read_capture(writer.path).exchanges] == [1, 2, 3]


def test_of_several_lines_those_are_kept_that_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_in(tmp_path)
    lines = [(line_of(exchange(seq)), 1) for seq in (1, 2, 3)]
    disk = FullDisk(room=len(lines[0][0]) + 10)
    # What a failed write has taken is free again once it is cut off.
    monkeypatch.setattr(os, "ftruncate", disk.truncate)
    monkeypatch.setattr(os, "write", disk)
    assert not writer.append_all(lines)
    assert writer.lost == 2
    disk.room = 1_000_000
    assert writer.append_all([(line_of(exchange(4)), 1), (line_of(exchange(5)), 1)])
    writer.close(END)
    capture = read_capture(writer.path)
    assert [one.seq for one in capture.exchanges] == [1, 4, 5]
    assert [note.count for note in capture.notes] == [2]


def test_no_line_is_written_twice_where_a_part_cannot_be_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_in(tmp_path)
    lines = [(line_of(exchange(seq)), 1) for seq in (1, 2, 3)]
    disk = FullDisk(room=len(lines[0][0]) + 10)
    monkeypatch.setattr(os, "write", disk)

    def refuse(*_: Any) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "ftruncate", refuse)
    assert not writer.append_all(lines)
    assert writer.lost == 3
    disk.room = 1_000_000
    assert writer.append(line_of(exchange(4)))
    writer.close(END)
    assert [one.seq for one in read_capture(writer.path).exchanges] == [1, 4]
