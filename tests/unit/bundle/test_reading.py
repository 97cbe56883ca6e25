"""Captures are read from files, folders, patterns and bundles alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from pawwork_proxy.bundle.reading import capture_sources, read_captures
from pawwork_proxy.errors import BundleError, CaptureFormatError
from tests.unit.builders import exchange, opened
from tests.unit.bundle.files import MEMBERS, assembled, capture, raw_zip


def test_a_bundle_reads_like_the_captures_it_was_made_of(tmp_path: Path) -> None:
    path = capture(tmp_path, opened(1), exchange(1), opened(2))
    bundle = tmp_path / "pawwork-support-x.zip"
    bundle.write_bytes(assembled([path]).data)
    (plain,) = read_captures([path])
    (bundled,) = read_captures([bundle])
    assert bundled.header == plain.header
    assert bundled.exchanges == plain.exchanges
    assert bundled.interrupted == plain.interrupted
    assert bundled.end == plain.end
    assert bundled.path == bundle / "captures" / "0001.jsonl"


def test_folders_and_patterns_name_each_capture_once(tmp_path: Path) -> None:
    path = capture(tmp_path)
    (tmp_path / "pawwork-support-x.zip").write_bytes(assembled([path]).data)
    (tmp_path / "notes.txt").write_text("x")
    named = [tmp_path, path, tmp_path / "*.jsonl"]
    assert [source.path.name for source in capture_sources(named)] == [path.name, "0001.jsonl"]


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
