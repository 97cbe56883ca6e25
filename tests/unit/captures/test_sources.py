"""Captures are read from files, folders, patterns and bundles alike."""

import errno
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pawwork_proxy.captures.following import sizes
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.errors import BundleError, CaptureFormatError, UnsupportedSchemaError
from pawwork_proxy.model.base import line_of
from tests.closed import close
from tests.unit.builders import exchange, header, opened
from tests.unit.bundle.files import MEMBERS, assembled, capture, raw_zip
from tests.unit.captures.studies import one, read_captures, write


def test_a_bundle_reads_like_the_captures_it_was_made_of(tmp_path: Path) -> None:
    path = capture(tmp_path, opened(1), exchange(1), opened(2))
    bundle = tmp_path / "pawwork-support-x.zip"
    bundle.write_bytes(assembled([path]).data)
    (plain,) = read_captures([path]).captures
    (bundled,) = read_captures([bundle]).captures
    assert bundled.header == plain.header
    assert bundled.exchanges == plain.exchanges
    assert bundled.interrupted == plain.interrupted
    assert bundled.end == plain.end
    assert bundled.path == bundle


def test_a_capture_in_a_bundle_of_several_is_named_by_both(tmp_path: Path) -> None:
    bundle = tmp_path / "pawwork-support-x.zip"
    other = write(tmp_path / "other.jsonl", [one(1, 1)])
    bundle.write_bytes(assembled([capture(tmp_path), other]).data)
    assert [source.path.name for source in capture_sources([tmp_path / "*.zip"])] == [
        "pawwork-support-x.zip:0001.jsonl",
        "pawwork-support-x.zip:0002.jsonl",
    ]


def test_folders_and_patterns_name_each_capture_once(tmp_path: Path) -> None:
    path = capture(tmp_path)
    (tmp_path / "pawwork-support-x.zip").write_bytes(assembled([path]).data)
    (tmp_path / "notes.txt").write_text("x")
    named = [tmp_path, path, tmp_path / "*.jsonl"]
    names = [source.path.name for source in capture_sources(named)]
    assert names == [path.name, "pawwork-support-x.zip"]


def test_a_pattern_is_one_where_the_system_allows_no_such_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows: it says so of a look at `*`, not that nothing is there."""
    stat, iterdir = Path.stat, Path.iterdir

    def checked(path: Path) -> None:
        if "*" in str(path):
            raise OSError(errno.EINVAL, "The filename syntax is incorrect")

    def looked(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        checked(path)
        return stat(path, follow_symlinks=follow_symlinks)

    def listed(path: Path) -> Iterator[Path]:
        checked(path)
        return iterdir(path)

    monkeypatch.setattr(Path, "stat", looked)
    monkeypatch.setattr(Path, "iterdir", listed)
    path = capture(tmp_path)
    assert [source.path for source in capture_sources([tmp_path / "*.jsonl"])] == [path]
    with pytest.raises(CaptureFormatError, match="there is no capture"):
        read_captures([tmp_path / "*.json"])


@pytest.mark.parametrize("name", ["none.jsonl", "*.json", "none.zip"])
def test_what_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaptureFormatError, match="there is no capture"):
        read_captures([tmp_path / name])


def test_a_bundle_beyond_its_limits_is_not_read(tmp_path: Path) -> None:
    path = raw_zip(tmp_path / "x.zip", [("manifest.json", b"{}"), *MEMBERS, ("../x", b"")])
    with pytest.raises(BundleError, match="path_trick"):
        read_captures([path])


def test_what_verify_refuses_is_not_read(tmp_path: Path) -> None:
    bundle = tmp_path / "x.zip"
    bundle.write_bytes(assembled([capture(tmp_path)]).data)
    data = bytearray(bundle.read_bytes())
    place = data.index(b"README.txt") + 40
    data[place] ^= 0xFF
    bundle.write_bytes(data)
    with pytest.raises(BundleError, match="is refused"):
        read_captures([bundle])


def test_damage_met_while_reading_is_a_refusal(tmp_path: Path) -> None:
    bundle = tmp_path / "x.zip"
    data = bytearray(assembled([capture(tmp_path)]).data)
    place = data.index(b"captures/0001.jsonl") + 60
    data[place] ^= 0xFF
    bundle.write_bytes(data)
    with pytest.raises(BundleError):
        read_captures([bundle])


def test_no_capture_is_said_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("hello\n")
    with pytest.raises(CaptureFormatError, match="is no capture"):
        read_captures([tmp_path / "x.jsonl"])


def newer(folder: Path, name: str = "newer.jsonl") -> Path:
    path = folder / name
    path.write_bytes(line_of(header()).replace(b'"schema_version":2', b'"schema_version":9'))
    return path


def test_what_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    good = capture(tmp_path)
    newer(tmp_path)
    (tmp_path / "d.jsonl").mkdir()
    (tmp_path / "e.jsonl").write_bytes(b"")
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    (tmp_path / "pawwork-support-x.zip").write_bytes(b"no archive")
    os.mkfifo(tmp_path / "pipe.jsonl")
    os.mkfifo(tmp_path / "pawwork-support-pipe.zip")
    raw_zip(tmp_path / "holiday.zip", [("beach.jpg", b"x")])
    in_folder = [
        "d.jsonl: left out, it is no regular file.",
        "e.jsonl: left out, it is no capture: an empty file, nothing was recorded in it.",
        "loop.jsonl: left out, it cannot be read: Too many levels of symbolic links.",
        "newer.jsonl: left out, it has schema version 9, this tool reads 1 to 2.",
        "pipe.jsonl: left out, it is no regular file.",
        "pawwork-support-pipe.zip: left out, it is refused: no_regular_file (archive).",
        "pawwork-support-x.zip: left out, it is refused: not_a_bundle (archive).",
        "holiday.zip: left out, it is not named as a support bundle (pawwork-support-….zip).",
    ]
    read = read_captures([tmp_path])
    assert [one.path for one in read.captures] == [good]
    assert read.remarks == in_folder
    one_by_one = read_captures([good, tmp_path / "newer.jsonl", tmp_path / "none.jsonl"])
    assert [one.path for one in one_by_one.captures] == [good]
    assert one_by_one.remarks == [in_folder[3], "none.jsonl: left out, there is no capture."]


def test_the_name_of_a_file_is_replaced_as_a_word_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture(tmp_path)
    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    (remark,) = read_captures([Path("a"), Path("capture-x.jsonl")]).remarks
    assert remark == "a: left out, it is no capture: it has no header line."


def test_when_nothing_is_left_the_error_is_the_files_own(tmp_path: Path) -> None:
    first, second = newer(tmp_path), newer(tmp_path, "second.jsonl")
    with pytest.raises(UnsupportedSchemaError, match=r"newer\.jsonl has schema version 9"):
        read_captures([first])
    with pytest.raises(UnsupportedSchemaError, match=r"newer\.jsonl.*second\.jsonl") as caught:
        read_captures([first, second])
    assert caught.value.hint == "update pawwork-proxy"
    broken = [tmp_path / "x.zip", tmp_path / "y.zip"]
    for path in broken:
        path.write_bytes(b"no archive")
    with pytest.raises(BundleError, match=r"x\.zip.*y\.zip"):
        read_captures(broken)
    with pytest.raises(CaptureFormatError, match=r"x\.zip.*newer\.jsonl") as mixed:
        read_captures([broken[0], first])
    assert "written by 'pawwork-proxy run'" in mixed.value.hint


def test_a_folder_of_other_archives_only_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "holiday.zip", "w"):
        pass
    with pytest.raises(CaptureFormatError, match="not named as a support bundle"):
        read_captures([tmp_path])


def test_the_sizes_of_all_captures_tell_what_has_grown(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "a.jsonl").write_text("one\n")
    (below / "b.jsonl").write_text("three")
    gone = tmp_path / "gone.jsonl"
    found = {tmp_path / "a.jsonl": 4, below / "b.jsonl": 5}
    assert sizes([tmp_path, gone]) == found


@pytest.mark.parametrize(
    "name", ["a.jsonl.gz", "a.jsonl.zst", "pawwork-support-1.zip", "day=1/part-0.parquet"]
)
def test_what_is_packed_bundled_or_stored_is_followed_too(tmp_path: Path, name: str) -> None:
    come = tmp_path / name
    come.parent.mkdir(exist_ok=True)
    come.write_bytes(b"123")
    for path in (tmp_path, tmp_path / "**"):
        assert sizes([path]) == {come: 3}


def test_what_is_closed_to_the_user_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    close(monkeypatch, closed)
    for path in (closed, closed / "capture.jsonl"):
        with pytest.raises(CaptureFormatError, match="cannot be read: Permission denied"):
            read_captures([path])
    good = capture(tmp_path)
    read = read_captures([good, closed])
    assert len(read.captures) == 1
    assert read.remarks == ["closed: left out, it cannot be read: Permission denied."]


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(CaptureFormatError, match="cannot be read: File name too long"):
        read_captures([tmp_path / ("a" * 300)])
