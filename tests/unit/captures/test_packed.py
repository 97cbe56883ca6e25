"""Packed captures and patterns with `**` read like the plain files that they stand for."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.wire.zstd import zstd
from tests.unit.captures.studies import gather, one, read_captures, write


def zstandard(data: bytes) -> bytes:
    packing = zstd.ZstdCompressor()
    return packing.compress(data) + packing.flush()


PACKING = pytest.mark.parametrize(
    ("ending", "pack"), [(".gz", gzip.compress), (".zst", zstandard), (".GZ", gzip.compress)]
)
Pack = Callable[[bytes], bytes]


def packed(plain: Path, ending: str, pack: Pack) -> Path:
    """The same capture, packed, in place of the plain file."""
    path = plain.with_name(plain.name + ending)
    path.write_bytes(pack(plain.read_bytes()))
    plain.unlink()
    return path


def relative(sources: Sequence[object], folder: Path) -> list[str]:
    return [source.path.relative_to(folder).as_posix() for source in sources]  # type: ignore[attr-defined]


@PACKING
def test_a_packed_capture_reads_like_the_plain_one(tmp_path: Path, ending: str, pack: Pack) -> None:
    # The first exchange ends last, so that reading in order of arrival goes back in the file.
    plain = write(tmp_path / "a.jsonl", [one(2, 1), one(3, 1, refused=True), one(1, 1)])
    (expected,), observed = read_captures([plain]).captures, gather([plain]).observations
    path = packed(plain, ending, pack)
    (found,) = read_captures([path]).captures
    assert [exchange.seq for exchange in found.exchanges] == [1, 2, 3]
    assert found.exchanges == expected.exchanges
    assert gather([path]).observations == observed


@PACKING
def test_a_packed_copy_counts_once(tmp_path: Path, ending: str, pack: Pack) -> None:
    plain = write(tmp_path / "a.jsonl", [one(1, 1)])
    data = plain.read_bytes()
    packed(plain, ending, pack)
    plain.write_bytes(data)
    found = gather([plain, plain.with_name(plain.name + ending)])
    assert [summary.name for summary in found.captures] == ["a.jsonl"]
    assert len(found.observations) == 1


@PACKING
@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"{}" + data])
def test_damage_is_named_and_the_others_are_read(
    tmp_path: Path, ending: str, pack: Pack, damage: Callable[[bytes], bytes]
) -> None:
    path = packed(write(tmp_path / "a.jsonl", [one(1, 1)]), ending, pack)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CaptureFormatError, match="cannot be unpacked") as caught:
        gather([path])
    assert str(path) in caught.value.message
    whole = write(tmp_path / "b.jsonl", [one(1, 1)])
    assert gather([path, whole]).remarks[0] == (
        f"{path.name}: left out, it cannot be unpacked: it is damaged or cut off."
    )


def test_a_folder_is_searched_for_packed_captures(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    packed(write(tmp_path / "below" / "a.jsonl", [one(1, 1)]), ".gz", gzip.compress)
    packed(write(tmp_path / "b.jsonl", [one(1, 1)]), ".zst", zstandard)
    (tmp_path / "notes.txt.gz").write_bytes(b"")
    found = relative(capture_sources([tmp_path]), tmp_path)
    assert found == ["b.jsonl.zst", "below/a.jsonl.gz"]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("**/*.jsonl", ["a.jsonl", "x/b.jsonl", "x/y/c.jsonl"]),
        ("x/**/*.jsonl", ["x/b.jsonl", "x/y/c.jsonl"]),
        ("x/**", ["x/b.jsonl", "x/y/c.jsonl"]),
        ("*/y", ["x/y/c.jsonl"]),
        ("*/*.jsonl", ["x/b.jsonl"]),
    ],
)
def test_two_stars_are_any_folders(tmp_path: Path, pattern: str, meant: Sequence[str]) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    for name in ("a.jsonl", "x/b.jsonl", "x/y/c.jsonl"):
        write(tmp_path / name, [one(1, 1)])
    assert relative(capture_sources([tmp_path / pattern]), tmp_path) == meant
