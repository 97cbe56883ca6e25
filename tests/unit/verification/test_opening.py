"""Archives of strangers: each trick is met with its rule, before anything is unpacked."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pawwork_proxy.errors import BundleError
from pawwork_proxy.verification import opening
from pawwork_proxy.verification.opening import MIB, Refused, opened_bundle
from tests.unit.bundle.files import MEMBERS, bundle_file, plain_info, raw_zip


def rule_of(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        read_all(path)
    return caught.value.finding.rule


def read_all(path: Path) -> None:
    with opened_bundle(path) as archive:
        for name in archive.namelist():
            archive.read(name)


def archive_with(folder: Path, name: str | zipfile.ZipInfo, data: bytes = b"{}\n") -> Path:
    return raw_zip(folder / "x.zip", [("manifest.json", b"{}\n"), (name, data)])


def test_a_bundle_of_ours_opens(tmp_path: Path) -> None:
    with opened_bundle(bundle_file(tmp_path)) as archive:
        assert archive.namelist()[0] == "manifest.json"


@pytest.mark.parametrize(
    "name",
    ["/etc/x", "../x", "captures/../../x", "C:/x", "a\\b", "~/x", "captures/", "a//b", "./x"],
)
def test_path_tricks_are_refused(tmp_path: Path, name: str) -> None:
    path = archive_with(tmp_path, name)
    assert rule_of(path) == "path_trick"
    with pytest.raises(BundleError) as caught, opened_bundle(path):
        pass
    assert name not in caught.value.message


@pytest.mark.parametrize(
    "name", ["evil.py", "captures/0001.jsonl.exe", "captures/x.jsonl", "captures/00001.jsonl", "é"]
)
def test_foreign_members_are_refused(tmp_path: Path, name: str) -> None:
    assert rule_of(archive_with(tmp_path, name)) == "foreign_member"


def test_links_are_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("captures/0001.jsonl")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert rule_of(archive_with(tmp_path, info, b"/etc/passwd")) == "link"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("summary.json",) * 2, ("summary.json", "SUMMARY.json")])
def test_duplicate_and_case_equal_names_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    path = raw_zip(tmp_path / "x.zip", [("manifest.json", b"{}"), *((name, b"") for name in names)])
    assert rule_of(path) == "duplicate_member"


def test_the_manifest_comes_first(tmp_path: Path) -> None:
    path = raw_zip(tmp_path / "x.zip", [*MEMBERS, ("manifest.json", b"{}")])
    assert rule_of(path) == "manifest_is_not_first"


def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    assert rule_of(archive_with(tmp_path, "captures/0001.jsonl", bytes(8 * MIB))) == (
        "compression_ratio"
    )


@pytest.mark.parametrize(
    ("limit", "value", "rule"),
    [
        ("LARGEST_FILE", 10, "file_too_large"),
        ("MOST_MEMBERS", 1, "too_many_members"),
        ("LARGEST_MEMBER", 10, "member_too_large"),
        ("LARGEST_DOCUMENT", 10, "member_too_large"),
        ("LARGEST_TOTAL", 10, "total_too_large"),
    ],
)
def test_each_limit_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, rule: str
) -> None:
    path = bundle_file(tmp_path)
    monkeypatch.setattr(opening, limit, value)
    assert rule_of(path) == rule


def _gap(data: bytes) -> bytes:
    """Eight bytes between the last member and the directory, offsets put right."""
    start = struct.unpack_from("<L", data, len(data) - 6)[0]
    moved = bytearray(data[:start] + b"HIDDEN!!" + data[start:])
    struct.pack_into("<L", moved, len(moved) - 6, start + 8)
    return bytes(moved)


def _local_name(data: bytes) -> bytes:
    return data.replace(b"README.txt", b"README.TXT", 1)


def _comment(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 4) + b"abcd"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda data: b"#!/bin/sh\n" + data, "data_around_the_archive"),
        (lambda data: data + b"behind", "data_around_the_archive"),
        (_comment, "data_around_the_archive"),
        (_gap, "data_around_the_archive"),
        (_local_name, "headers_disagree"),
        (lambda data: data[: len(data) // 2], "data_around_the_archive"),
        (lambda data: b"", "not_a_bundle"),
        (lambda data: b"hello, this is no archive at all", "data_around_the_archive"),
    ],
)
def test_data_around_and_between_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], rule: str
) -> None:
    path = bundle_file(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    assert rule_of(path) == rule


def test_any_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    """No damage gets out as anything but a refusal."""
    path = bundle_file(tmp_path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        path.write_bytes(changed)
        try:
            read_all(path)
        except Refused:
            continue


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(plain_info("manifest.json"), b"{}")
        archive.writestr(plain_info("summary.json"), b"{}")
        archive.infolist()[1].header_offset = 0
    path = tmp_path / "x.zip"
    path.write_bytes(buffer.getvalue())
    assert rule_of(path) in ("data_around_the_archive", "headers_disagree")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert rule_of(tmp_path / "none.zip") == "unreadable"


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("date_time", (2026, 11, 25, 10, 0, 0), "foreign_metadata"),
        ("create_system", 0, "foreign_metadata"),
        ("create_version", 63, "foreign_metadata"),
        ("extract_version", 45, "foreign_metadata"),
        ("external_attr", 0o104777 << 16, "foreign_metadata"),
        ("internal_attr", 0x1234, "foreign_metadata"),
        ("compress_type", zipfile.ZIP_STORED, "foreign_archive"),
    ],
)
def test_metadata_that_create_never_writes_is_refused(
    tmp_path: Path, field: str, value: object, rule: str
) -> None:
    info = plain_info("summary.json")
    setattr(info, field, value)
    assert rule_of(archive_with(tmp_path, info)) == rule


@pytest.mark.parametrize("place", [4, 10, 12, 14])
def test_a_local_header_that_says_something_else_is_refused(tmp_path: Path, place: int) -> None:
    """Version, time, date and checksum of the first member."""
    path = bundle_file(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert rule_of(path) == "headers_disagree"


def test_an_end_record_that_counts_otherwise_is_refused(tmp_path: Path) -> None:
    path = bundle_file(tmp_path)
    data = bytearray(path.read_bytes())
    for place in (len(data) - 14, len(data) - 12):
        struct.pack_into("<H", data, place, struct.unpack_from("<H", data, place)[0] + 1)
    path.write_bytes(data)
    assert rule_of(path) == "foreign_archive"
