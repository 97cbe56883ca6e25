"""`bundle` as a user runs it: real processes, real files, a receiver who knows nothing else."""

import json
import os
import re
import stat
import subprocess
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.verification.verify import Verification
from tests.end_to_end.proxy_process import PATIENCE, clean_environment, cli
from tests.unit.builders import NOON, exchange, header
from tests.unit.redaction.canaries import canaries

NAME = re.compile(r"pawwork-support-\d{4}-\d\d-\d\d-[0-9a-f]{8}\.zip")


def bundle(
    home: Path, *arguments: str, text: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(home, {"HOME": str(home / "quorvex"), **(env or {})})
    return subprocess.run(
        cli("bundle", *arguments),
        cwd=home,
        env=environment | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def capture(home: Path, *exchanges: Exchange) -> Path:
    folder = home / "captures"
    folder.mkdir(exist_ok=True)
    path = folder / "capture-x.jsonl"
    end = End(at=NOON, exchanges=len(exchanges), reason="finished")
    path.write_bytes(b"".join(map(line_of, (header(network="den"), *exchanges, end))))
    return path


def with_model(seq: int, model: str) -> Exchange:
    plain = exchange(seq)
    changes = {
        "request": plain.request.model_copy(update={"model": model}),
        "timing": Timing(started_at=NOON + timedelta(seconds=seq)),
    }
    return plain.model_copy(update=changes)


def bundles(home: Path) -> list[Path]:
    return [path for path in home.iterdir() if "pawwork-support" in path.name]


def test_created_verified_and_shown(tmp_path: Path) -> None:
    capture(tmp_path, *(with_model(seq, "big-pickle") for seq in range(1, 20)))
    created = bundle(tmp_path, "create", "--yes", "--raw")
    assert created.returncode == 0, created.stderr
    (path,) = bundles(tmp_path)
    assert NAME.fullmatch(path.name)
    assert created.stdout.splitlines()[0] == path.name
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "may end up in a public issue" in created.stderr
    assert "19 records of 1 capture" in created.stderr
    assert '{"type":"exchange","seq":19,' in created.stderr

    verified = bundle(tmp_path, "verify", path.name, "--format", "json")
    assert verified.returncode == 0
    result = Verification.model_validate_json(verified.stdout)
    assert f"content hash {result.content_hash}" in created.stdout

    shown = bundle(tmp_path, "show", path.name, "--format", "json")
    (row,) = json.loads(shown.stdout)["rows"]
    assert (row["install"], row["model"], row["count"]) == ("main", "big-pickle", 19)
    assert "big-pickle" in bundle(tmp_path, "show", path.name).stdout


@pytest.mark.parametrize(("answer", "code", "written"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 2, 0)])
def test_it_asks_first(tmp_path: Path, answer: str, code: int, written: int) -> None:
    capture(tmp_path, exchange(1))
    done = bundle(tmp_path, "create", text=answer)
    assert done.returncode == code, done.stderr
    assert len(bundles(tmp_path)) == written
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["zen", "jwt", "email"])
def test_a_leaky_capture_makes_no_bundle(tmp_path: Path, form: str) -> None:
    secret = canaries(31)[form]
    capture(tmp_path, exchange(1), with_model(2, secret))
    done = bundle(tmp_path, "create", "--yes")
    assert done.returncode == 4
    assert bundles(tmp_path) == []
    assert re.search(r"error: the bundle is refused: rule \S+ at \S+:\d+", done.stderr)
    assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("form", ["home_unix", "sentence"])
def test_what_no_record_can_hold_is_damage_and_left_out(tmp_path: Path, form: str) -> None:
    secret = canaries(31)[form]
    capture(tmp_path, exchange(1), with_model(2, secret))
    assert bundle(tmp_path, "create", "--yes").returncode == 0
    (made,) = bundles(tmp_path)
    with zipfile.ZipFile(made) as archive:
        assert not any(secret.encode() in archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize(
    ("model", "rule"), [("v1-quorvex", "own_user"), ("k7-lumen-q2", "own_key")]
)
def test_what_this_machine_knows_makes_no_bundle(tmp_path: Path, model: str, rule: str) -> None:
    capture(tmp_path, with_model(1, model))
    done = bundle(tmp_path, "create", "--yes", env={"OPENCODE_API_KEY": "k7-lumen-q2"})
    assert done.returncode == 4
    assert f"rule {rule} at captures/capture-x.jsonl:2" in done.stderr
    assert model not in done.stdout + done.stderr
    assert bundles(tmp_path) == []


def test_a_chosen_part_of_a_bundle_becomes_another_one(tmp_path: Path) -> None:
    capture(tmp_path, *(with_model(seq, "big-pickle") for seq in range(1, 11)))
    whole = json.loads(bundle(tmp_path, "create", "--yes", "--format", "json").stdout)
    since = f"{NOON + timedelta(seconds=6):%Y-%m-%dT%H:%M:%S}"
    part = bundle(
        tmp_path, "create", whole["path"], "--since", since, "--unlinkable", "--yes",
        "--format", "json",
    )  # fmt: skip
    assert (whole["records"], json.loads(part.stdout)["records"]) == (10, 5)


def test_two_bundles_of_the_same_records_hold_the_same_bytes(tmp_path: Path) -> None:
    capture(tmp_path, exchange(1))
    made = [
        json.loads(bundle(tmp_path, "create", "--yes", "--format", "json").stdout) for _ in range(2)
    ]
    members = [Verification.model_validate_json(
        bundle(tmp_path, "verify", one["path"], "--format", "json").stdout
    ).manifest for one in made]  # fmt: skip
    assert members[0] is not None
    assert members[1] is not None
    assert members[0].files == members[1].files
    assert members[0].bundle_id == members[1].bundle_id


def test_a_changed_bundle_is_refused_and_not_shown(tmp_path: Path) -> None:
    made_of = capture(tmp_path, exchange(1))
    bundle(tmp_path, "create", "--yes")
    made_of.unlink()  # a folder is searched with all below it
    (path,) = bundles(tmp_path)
    path.write_bytes(path.read_bytes() + b"more")
    verified = bundle(tmp_path, "verify", path.name)
    assert verified.returncode == 4
    assert verified.stdout.startswith("data_around_the_archive")
    for named in (path.name, "."):
        shown = bundle(tmp_path, "show", named)
        assert shown.returncode == 4
        assert shown.stdout == ""


def test_nothing_to_bundle_is_said(tmp_path: Path) -> None:
    missing = bundle(tmp_path, "create", "--yes")
    assert missing.returncode == 3
    assert "hint:" in missing.stderr
    capture(tmp_path, exchange(1))
    nobody = bundle(tmp_path, "create", "--install", "nobody", "--yes")
    assert nobody.returncode == 2
    assert "no record is chosen" in nobody.stderr
