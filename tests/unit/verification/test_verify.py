"""The receiver's check: what somebody changed on the way is found and named."""

import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pawwork_proxy.bundle.assembly import Member, zip_bytes
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Note, Stub
from pawwork_proxy.model.manifest import (
    MANIFEST,
    README,
    SUMMARY,
    Check,
    Cut,
    Manifest,
    Summary,
    Window,
)
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.verification import opening
from pawwork_proxy.verification.verify import MOST_FINDINGS, Verification, main, verify
from tests.unit.builders import NOON, exchange, header
from tests.unit.bundle.files import at, bundle_file, forged, saying
from tests.unit.redaction.canaries import canaries

CAPTURE = "captures/0001.jsonl"


def rules(path: Path) -> set[str]:
    return {finding.rule for finding in verify(path).findings}


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with changed members and the manifest as it was."""
    with zipfile.ZipFile(path) as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    change(data)
    path.write_bytes(zip_bytes([Member(name, (content,)) for name, content in data.items()]))
    return path


def test_a_bundle_in_order_passes(tmp_path: Path) -> None:
    result = verify(bundle_file(tmp_path, exchange(1), exchange(2)))
    assert result.ok
    assert result.findings == ()
    assert result.manifest is not None
    assert result.manifest.records == 2


def test_a_bundle_that_was_scanned_by_detect_secrets_too_passes(tmp_path: Path) -> None:
    """Bundles made before 2026-12 name it among their checks."""
    path = bundle_file(tmp_path, exchange(1))

    def checked_as_before(data: dict[str, bytes]) -> None:
        manifest = Manifest.model_validate_json(data[MANIFEST])
        former = Check(name="detect-secrets", version="1.5.0")
        checks = (*manifest.checks, former)
        data[MANIFEST] = line_of(manifest.model_copy(update={"checks": checks}))

    assert verify(repacked(path, checked_as_before)).ok


def _without_capture(data: dict[str, bytes]) -> None:
    del data[CAPTURE]


CHANGES: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a record is gone": (
        lambda data: data.update({CAPTURE: b"\n".join(data[CAPTURE].split(b"\n")[2:])}),
        "hash_differs",
    ),
    "a member is gone": (_without_capture, "member_missing"),
    "a member is new": (
        lambda data: data.update({"captures/0002.jsonl": data[CAPTURE]}),
        "member_not_listed",
    ),
    "another README": (lambda data: data.update({README: b"call me"}), "foreign_text"),
    "the summary is none": (lambda data: data.update({SUMMARY: b"[]"}), "schema"),
    "the manifest is none": (lambda data: data.update({MANIFEST: b"{}"}), "schema"),
    "a manifest with more": (
        lambda data: data.update({MANIFEST: data[MANIFEST].replace(b"{", b'{"note":"x",', 1)}),
        "schema",
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_what_was_changed_without_the_manifest_is_found(tmp_path: Path, change: str) -> None:
    how, rule = CHANGES[change]
    assert rule in rules(repacked(bundle_file(tmp_path, exchange(1), exchange(2)), how))


RECORD = line_of(exchange(9))
FORGERIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no JSON": (lambda data: data + b"what ever\n", "schema"),
    "a field more": (
        lambda data: data.replace(b'"seq":1,', b'"seq":1,"prompt":"x",', 1), "schema"),
    "the same field twice": (
        lambda data: data.replace(b'"seq":1,', b'"seq":7,"seq":1,', 1), "not_canonical"),
    "no header": (lambda data: data.split(b"\n", 1)[1], "order_of_lines"),
    "two headers": (lambda data: data + line_of(header()), "order_of_lines"),
    "lines behind the end": (lambda data: data + RECORD, "order_of_lines"),
    "no last line feed": (lambda data: data.rstrip(b"\n"), "torn"),
    "nothing": (lambda data: b"", "empty_member"),
    "no UTF-8": (lambda data: data.replace(b"big-pickle", b"big\xff"), "schema"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", sorted(FORGERIES))
def test_a_forged_capture_with_a_fitting_manifest_is_found(tmp_path: Path, forgery: str) -> None:
    how, rule = FORGERIES[forgery]
    path = forged(
        bundle_file(tmp_path, exchange(1)), lambda data: data.update({CAPTURE: how(data[CAPTURE])})
    )
    assert rule in rules(path)


class _Hiding:
    """Compresses, and puts something where who unpacks has stopped."""

    def __init__(self, how: str) -> None:
        self._how = how
        self._packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.compress = self._packer.compress

    def flush(self) -> bytes:
        if self._how == "behind the end":
            return self._packer.flush() + b"HIDDEN"
        if self._how == "without an end":
            return self._packer.flush(zlib.Z_SYNC_FLUSH)
        return self._packer.compress(b"HIDDEN" * 10_000) + self._packer.flush()


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ("behind the end", "data_around_the_archive"),
        ("as more content", "data_around_the_archive"),
        ("without an end", "damaged_archive"),
    ],
)
def test_nothing_hides_in_the_compressed_bytes_of_a_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, rule: str
) -> None:
    monkeypatch.setattr(zipfile, "_get_compressor", lambda *_: _Hiding(how))
    path = bundle_file(tmp_path)
    assert rules(path) == {rule}


def test_members_of_many_chunks_are_unpacked_to_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_CHUNK", 64)
    assert verify(bundle_file(tmp_path)).ok


SPELLINGS: dict[str, tuple[bytes, bytes]] = {
    "a space": (b'"seq":1,', b'"seq": 1,'),
    "a line feed in another form": (b"}\n", b"} \n"),
    "an escape": (b'"model":"big', b'"model":"\\u0062ig'),
    "an escaped name": (b'"seq":1,', b'"s\\u0065q":1,'),
    "a longer number": (b'"total_ms":12.5', b'"total_ms":125e-1'),
    "a moment in another form": (b'12:00:00Z"', b'12:00:00.000000Z"'),
}


@pytest.mark.parametrize("spelling", sorted(SPELLINGS))
def test_what_a_line_says_can_be_spelt_in_one_way(tmp_path: Path, spelling: str) -> None:
    """Every free choice could carry something that no scan sees."""
    ours, theirs = SPELLINGS[spelling]

    def respelt(data: dict[str, bytes]) -> None:
        assert ours in data[CAPTURE]
        data[CAPTURE] = data[CAPTURE].replace(ours, theirs, 1)

    path = forged(bundle_file(tmp_path, exchange(1)), respelt)
    assert "not_canonical" in rules(path)


def test_a_line_of_another_version_with_other_empty_fields_passes(tmp_path: Path) -> None:
    path = forged(
        bundle_file(tmp_path, exchange(1)),
        lambda data: data.update(
            {CAPTURE: data[CAPTURE].replace(b'"seq":1,', b'"answered_here":null,"seq":1,', 1)}
        ),
    )
    assert verify(path).ok


LATER = datetime(2026, 12, 24, 12, tzinfo=UTC)
WRONG: dict[str, object] = {
    "records": 7,
    "simulated": True,
    "outcomes": {},
    "suppressed": {"taint": 2},
    "observed_in_part": 1,
    "bundle_id": "0" * 16,
    "created_at": LATER.replace(second=7),
    "schema_version": 1,
    "unlinkable": True,
    "window": Window(first=LATER, last=LATER),
    "lost": 3,
    "redacted": {"identity": 1},
    "cut": Cut(records=1, up_to=LATER, limit_bytes=10**6),
    "files": (),
    "checks": (),
}
NOT_TO_BE_KNOWN = {
    "format", "format_version", "tool_version", "os", "arch", "python", "damaged_lines",
}  # fmt: skip
"""Closed forms about the sender's machine and tool: the records say nothing about them."""


def stating(path: Path, **wrong: object) -> Path:
    """The bundle with other words in its manifest."""

    def change(data: dict[str, bytes]) -> None:
        manifest = Manifest.model_validate_json(data[MANIFEST])
        data[MANIFEST] = line_of(manifest.model_copy(update=wrong))

    return repacked(path, change)


def test_each_field_of_the_manifest_is_held_against_the_records_or_named_here() -> None:
    assert set(Manifest.model_fields) == WRONG.keys() | NOT_TO_BE_KNOWN


@pytest.mark.parametrize("field", sorted(WRONG))
def test_a_manifest_that_says_something_else_than_the_records_is_found(
    tmp_path: Path, field: str
) -> None:
    answer = ResponseFacts(status=200, http_version="HTTP/1.1", cf_ray="9a1b2c3d4e5f6071-FRA")
    record = exchange(1, response=answer)
    path = stating(bundle_file(tmp_path, record), **{field: WRONG[field]})
    expected = {f"wrong_{field}"} if field != "files" else {"member_not_listed"}
    assert rules(path) == expected


CUT = Cut(records=1, up_to=NOON, limit_bytes=10**6)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cut", CUT.model_copy(update={"records": 0})),
        ("cut", CUT.model_copy(update={"limit_bytes": 100})),
        ("window", None),
        ("outcomes", {Kind.SUCCESS: 1, Kind.FREE_USAGE_LIMIT: 1}),
        ("outcomes", {Kind.UNKNOWN: 1, Kind.SUCCESS: 1}),
    ],
)
def test_a_manifest_that_cannot_be_ours_is_found(tmp_path: Path, field: str, value: object) -> None:
    bundle = bundle_file(tmp_path, exchange(1), exchange(2, status=429))
    assert rules(stating(bundle, **{field: value})) == {f"wrong_{field}"}


def test_the_order_and_number_of_members_and_checks_say_nothing(tmp_path: Path) -> None:
    path = bundle_file(tmp_path)
    manifest = verify(path).manifest
    assert manifest is not None
    twice = (*manifest.checks, manifest.checks[0])
    assert rules(stating(path, checks=twice)) == {"wrong_checks"}
    backwards = manifest.files[::-1]
    assert rules(stating(path, checks=manifest.checks, files=backwards)) == {"wrong_files"}


def test_records_of_every_kind_are_counted_as_the_sender_counted_them(tmp_path: Path) -> None:
    noted = Note(at=NOON, event="records_lost", count=4)
    found = verify(
        bundle_file(
            tmp_path, exchange(1), exchange(2, timing=at(-5)),
            Stub(seq=3, at=NOON, install="laptop-a", reason="taint"), noted,
        )
    )  # fmt: skip
    assert found.findings == ()
    assert found.manifest is not None
    assert found.manifest.lost == 4


def _rows(data: dict[str, bytes], **changes: object) -> None:
    summary = Summary.model_validate_json(data[SUMMARY])
    row = summary.rows[0].model_copy(update=changes)
    data[SUMMARY] = line_of(Summary(rows=(row, *summary.rows[1:])))


@pytest.mark.parametrize(
    "change", [{"count": 7}, {"install": "laptop-z"}, {"last_seen": LATER}, {"status": 500}]
)
@pytest.mark.parametrize("version", ["0.1.0", "0.0.9"])
def test_a_summary_that_is_not_of_these_records_is_found(
    tmp_path: Path, change: dict[str, object], version: str
) -> None:
    path = forged(bundle_file(tmp_path, exchange(1)), lambda data: _rows(data, **change))
    assert "wrong_rows" in rules(stating(path, tool_version=version))


@pytest.mark.parametrize(("version", "refusing"), [("0.1.0", True), ("0.0.9", False)])
def test_what_rules_judge_in_a_summary_is_held_against_the_same_rules_only(
    tmp_path: Path, version: str, refusing: bool
) -> None:
    path = forged(
        bundle_file(tmp_path, exchange(1)), lambda data: _rows(data, retry_after_s=50223.0)
    )
    assert ("wrong_rows" in rules(stating(path, tool_version=version))) is refusing


def test_a_summary_of_many_meetings_is_that_of_the_records(tmp_path: Path) -> None:
    """The same meeting at several times, in any order, and others between them."""
    times = (3, 1, 1, 2)
    met = [
        exchange(number, status=429, timing=at(minutes))
        for number, minutes in enumerate(times, start=1)
    ]
    assert verify(bundle_file(tmp_path, *met, exchange(9))).findings == ()


def test_findings_are_bounded(tmp_path: Path) -> None:
    secret = canaries(4)["zen"]
    records = [saying(secret, seq) for seq in range(1, MOST_FINDINGS * 3)]
    result = verify(bundle_file(tmp_path, *records))
    assert len(result.findings) == MOST_FINDINGS
    assert not result.ok


def test_progress_ends_with_everything_done(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    verify(bundle_file(tmp_path), lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0


def test_the_module_alone_prints_json_and_exits_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bundle_file(tmp_path))]) == 0
    assert Verification.model_validate_json(capsys.readouterr().out).ok
    (tmp_path / "x.zip").write_bytes(b"x" * 100)
    assert main([str(tmp_path / "x.zip")]) == 4
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.process
def test_the_verifier_loads_nothing_of_what_made_the_bundle() -> None:
    code = (
        "import sys, pawwork_proxy.verification.verify\n"
        "print([name for name in sys.modules if name.startswith(('mitmproxy',"
        "'pawwork_proxy.recording', 'pawwork_proxy.redaction', 'pawwork_proxy.proxy'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
