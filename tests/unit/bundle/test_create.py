"""Making a bundle: the same twice, cut from the old end, and nothing at all when a step fails."""

import io
import os
import re
import stat
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.bundle import assembly, create
from pawwork_proxy.bundle.assembly import assemble
from pawwork_proxy.bundle.create import bundle_name, refuse_unshowable, verified_apart, write
from pawwork_proxy.bundle.own_secrets import OwnSecret
from pawwork_proxy.bundle.selection import Choice
from pawwork_proxy.errors import BundleError, ConfigurationError
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Note, Stub
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.manifest import MANIFEST, README, SUMMARY
from pawwork_proxy.verification.verify import verify
from tests.unit.builders import NOON, connection, exchange, header, hello, opened
from tests.unit.bundle.files import (
    CREATED,
    END,
    PLATFORM,
    assembled,
    at,
    bundle_file,
    capture,
    forged,
    saying,
)
from tests.unit.redaction.canaries import canaries


def test_two_builds_of_the_same_records_are_equal_byte_for_byte(tmp_path: Path) -> None:
    path = capture(tmp_path, *(exchange(seq) for seq in range(1, 40)))
    assert assembled([path]).data == assembled([path]).data


def test_the_order_of_the_captures_does_not_matter(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(
            capture(
                folder,
                exchange(number + 1),
                capture_id=f"{number:016x}",
                started_at=NOON + timedelta(hours=number),
            )
        )
    assert assembled(paths).data == assembled(reversed(paths)).data


def test_names_dates_and_attributes_say_nothing(tmp_path: Path) -> None:
    made = assembled([capture(tmp_path)])
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        infos = archive.infolist()
    assert [info.filename for info in infos] == [
        MANIFEST, README, "captures/0001.jsonl", SUMMARY,
    ]  # fmt: skip
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {stat.S_IMODE(info.external_attr >> 16) for info in infos} == {0o600}
    assert re.fullmatch(r"pawwork-support-2026-11-25-[0-9a-f]{8}\.zip", bundle_name(CREATED))


def test_the_manifest_counts_what_is_in_there(tmp_path: Path) -> None:
    path = capture(
        tmp_path,
        opened(1),
        exchange(1, redactions=(Redaction(path="request.body", rule="drop", count=2),)),
        Stub(seq=2, at=NOON, install="main", reason="taint", status=200),
        opened(3),
        Note(at=NOON, event="records_lost", count=4),
    )
    path.write_bytes(path.read_bytes() + b"{torn")
    manifest = assembled([path]).manifest
    assert manifest.records == 3
    assert manifest.outcomes == {"unknown": 1} or sum(manifest.outcomes.values()) == 1
    assert manifest.suppressed == {"taint": 1}
    assert manifest.lost == 4
    assert manifest.damaged_lines == 1
    assert manifest.redacted == {"drop": 2}
    assert manifest.created_at.second == 0
    assert manifest.cut is None


def test_what_does_not_fit_goes_oldest_first_and_is_said(tmp_path: Path) -> None:
    records = [
        saying(f"key:{seq * 7919:024x}", seq).model_copy(update={"timing": at(seq)})
        for seq in range(1, 400)
    ]
    whole = assembled([capture(tmp_path, *records)])
    limit = len(whole.data) // 2
    made = assembled([capture(tmp_path, *records)], limit=limit)
    assert len(made.data) <= limit
    cut = made.manifest.cut
    assert cut is not None
    assert cut.records + made.manifest.records == 399
    assert cut.records < 300
    assert made.manifest.window is not None
    assert made.manifest.window.last == records[-1].timing.started_at
    assert cut.up_to < made.manifest.window.first
    assert cut.limit_bytes == limit


def test_a_limit_that_nothing_fits_into_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not one record fits"):
        assembled([capture(tmp_path)], limit=100)


def test_no_record_makes_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no record is chosen"):
        assembled([capture(tmp_path)], Choice(installs=frozenset({"another"})))


@pytest.mark.process
def test_a_finished_bundle_is_private_and_verifies(tmp_path: Path) -> None:
    made = assembled([capture(tmp_path)])
    out = tmp_path / "out"
    out.mkdir()
    steps: list[str] = []
    path = write(made, out, [], steps.append)
    assert list(out.iterdir()) == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    result = verify(path)
    assert result.ok
    assert result.content_hash == made.content_hash
    assert len(steps) == 3


def test_a_bundle_of_handshakes_and_connections_verifies(tmp_path: Path) -> None:
    context = exchange().context.model_copy(update={"client_hello": hello().digest})
    for lines in ((hello(), exchange(1, context=context)), (hello(), connection())):
        path = bundle_file(tmp_path, *lines)
        result = verify(path)
        assert result.ok, result.findings
        assert result.manifest is not None
        assert result.manifest.records == 1


@pytest.mark.parametrize("form", sorted(canaries()))
def test_a_deliberately_leaky_record_is_caught_in_the_finished_file(
    tmp_path: Path, form: str
) -> None:
    secret = canaries(13)[form]
    leaky = line_of(exchange(1)) + line_of(saying(secret, 2))

    def plant(members: dict[str, bytes]) -> None:
        members["captures/0001.jsonl"] = line_of(header()) + leaky + line_of(END)

    result = verify(forged(bundle_file(tmp_path, exchange(1), exchange(2)), plant))
    assert not result.ok
    assert result.content_hash is None
    assert ("captures/0001.jsonl", 3) in {(one.member, one.line) for one in result.findings}
    assert secret not in result.model_dump_json()


@pytest.mark.process
def test_a_hit_stops_with_rule_and_place_and_leaves_no_file(tmp_path: Path) -> None:
    secret = canaries(1)["zen"]
    made = assembled([capture(tmp_path, saying(secret))])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BundleError) as caught:
        write(made, out, [])
    assert caught.value.exit_code == 4
    assert f"zen_key at {tmp_path / 'capture-x.jsonl'}:2" in caught.value.message
    assert "--until" in caught.value.hint
    assert secret not in caught.value.message + caught.value.hint
    assert secret[:12] not in caught.value.message + caught.value.hint
    assert list(out.iterdir()) == []


def test_this_machines_own_name_stops_it(tmp_path: Path) -> None:
    made = assembled([capture(tmp_path, saying("zorblax-model"))])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BundleError, match=r"own_user at \S+capture-x"):
        write(made, out, [OwnSecret("own_user", "Zorblax", name=True)])
    assert list(out.iterdir()) == []


def test_nothing_is_shown_of_a_record_that_would_be_refused(tmp_path: Path) -> None:
    secret = canaries(5)["opencode_v2"]
    made = assembled([capture(tmp_path, exchange(1), saying(secret, 2))])
    with pytest.raises(BundleError, match=r"opencode_key at \S+capture-x\.jsonl:3"):
        refuse_unshowable(made, [])
    clean = assembled([capture(tmp_path, exchange(1), saying("zorblax-model", 2))])
    refuse_unshowable(clean, [])
    with pytest.raises(BundleError, match=r"own_user at \S+capture-x\.jsonl:3"):
        refuse_unshowable(clean, [OwnSecret("own_user", "zorblax", name=True)])


@pytest.mark.process
def test_a_missing_folder_is_made_and_stays_only_with_its_bundle(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    with pytest.raises(BundleError):
        write(assembled([capture(tmp_path, saying(canaries(1)["zen"]))]), out, [])
    assert not out.exists()
    path = write(assembled([capture(tmp_path)]), out, [])
    assert list(out.iterdir()) == [path]


STEPS = ["write_new", "search", "verified_apart", "_require_consent", "_sync_folder"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [OSError("x"), RuntimeError("x"), KeyboardInterrupt()])
def test_whatever_step_fails_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    made = assembled([capture(tmp_path)])
    out = tmp_path / "out"
    out.mkdir()

    def fail(*_: object, **__: object) -> None:
        raise error

    if step != "verified_apart":
        monkeypatch.setattr(create, "verified_apart", verify)
    monkeypatch.setattr(create, step, fail)
    with pytest.raises((BundleError, type(error))):
        write(made, out, [])
    assert list(out.iterdir()) == []


@pytest.mark.process
def test_a_failing_rename_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = assembled([capture(tmp_path)])
    out = tmp_path / "out"
    out.mkdir()

    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(BundleError, match="cannot be written"):
        write(made, out, [])
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (0, b""),
        (0, b'{"ok":false,"findings":[]}'),
        (4, b'{"ok":true}'),
        (0, b'{"ok":true,"content_hash":"00"}'),
        (4, b'{"ok":false,"findings":[]}'),
        (1, b"Traceback"),
    ],
)
def test_without_positive_proof_there_is_no_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, output: bytes
) -> None:
    made = assembled([capture(tmp_path)])
    out = tmp_path / "out"
    out.mkdir()

    def finished(*_: object, **__: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], code, output, b"")

    monkeypatch.setattr(subprocess, "run", finished)
    with pytest.raises(BundleError):
        write(made, out, [])
    assert list(out.iterdir()) == []


@pytest.mark.process
def test_a_checker_that_never_answers_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create, "VERIFY_WITHIN_S", 0.0)
    with pytest.raises(BundleError, match="could not be checked: TimeoutExpired"):
        verified_apart(bundle_file(tmp_path))


def test_no_bundle_of_more_captures_than_one_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "MOST_CAPTURES", 0)
    with pytest.raises(ConfigurationError, match="captures at most"):
        assembled([capture(tmp_path)])


def test_nothing_to_put_in_is_an_error() -> None:
    with pytest.raises(ConfigurationError):
        assemble([], PLATFORM, CREATED)
