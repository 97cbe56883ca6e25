"""The receiver's check: what somebody changed on the way is found and named."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pawwork_proxy.bundle.assembly import Member, zip_bytes
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.manifest import MANIFEST, README, SUMMARY, Check, Manifest
from pawwork_proxy.verification.verify import MOST_FINDINGS, Verification, main, verify
from tests.unit.builders import exchange, header
from tests.unit.bundle.files import bundle_file, forged, saying
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


def test_white_space_alone_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = forged(
        bundle_file(tmp_path),
        lambda data: data.update({CAPTURE: data[CAPTURE].replace(b'"seq":1', b'"seq": 1')}),
    )
    assert verify(path).ok


@pytest.mark.parametrize(
    "field", ["records", "simulated", "outcomes", "suppressed", "observed_in_part"]
)
def test_a_manifest_that_counts_wrongly_is_found(tmp_path: Path, field: str) -> None:
    wrong = {
        "records": 7, "simulated": True, "outcomes": {}, "suppressed": {"taint": 2},
        "observed_in_part": 1,
    }[field]  # fmt: skip

    def change(data: dict[str, bytes]) -> None:
        manifest = Manifest.model_validate_json(data[MANIFEST])
        data[MANIFEST] = line_of(manifest.model_copy(update={field: wrong}))

    assert rules(repacked(bundle_file(tmp_path), change)) == {"count_differs"}


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
