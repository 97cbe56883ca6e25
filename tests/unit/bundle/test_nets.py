"""Each net between a secret and a bundle holds on its own: cut one, and a test here fails.

The nets are what is checked before a preview is shown, the search for what this machine knows, and
the scan of every kind of member by a process that has nothing but the finished file.
"""

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli.commands.bundle import bundle
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.errors import BundleError
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.manifest import MANIFEST, SUMMARY, Manifest
from pawwork_proxy.verification.verify import verify
from tests.unit.builders import exchange
from tests.unit.bundle.files import bundle_file, capture, forged, saying
from tests.unit.redaction.canaries import canaries
from tests.unit.verification.test_verify import repacked

CAPTURE = "captures/0001.jsonl"
PLAIN = "zorblax-model"
"""Looks like the id of a model: no rule finds anything wrong with it."""
KEY = b"a pseudonym key of thirty-two by"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that knows no secret yet."""
    place = tmp_path / "person"
    place.mkdir()
    for name in os.environ.keys() - {"PATH", "SYSTEMROOT", "TEMP", "TMP"}:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "private"))
    monkeypatch.chdir(place)
    return place


def hiding(text: str, *, previewed: bool) -> list[Noun]:
    """Two records, one of which holds `text`; the preview shows the later of them.

    It stands where the summary, which the preview shows too, does not repeat it.
    """
    plain = [exchange(1), exchange(2)]
    where = 1 if previewed else 0
    request = plain[where].request.model_copy(update={"user_agent": f"opencode/{text}"})
    plain[where] = plain[where].model_copy(update={"request": request})
    return list(plain)


def create(tmp_path: Path, *records: Noun) -> Result:
    """What `bundle create` says of a capture of these records."""
    path = capture(tmp_path, *records)
    arguments = ["create", str(path), "--yes", "--out", str(tmp_path / "out")]
    return CliRunner().invoke(bundle, arguments)


def refusal(tmp_path: Path, *records: Noun) -> str:
    """The message of the refusal that there must be; no file is left, no secret shown."""
    result = create(tmp_path, *records)
    assert isinstance(result.exception, BundleError), result.output
    assert result.exception.exit_code == 4
    assert not (tmp_path / "out").exists()
    for word in (PLAIN, canaries(1)["zen"]):
        assert word not in result.output + result.exception.message
    return result.exception.message


@pytest.mark.process
def test_records_without_secrets_become_a_bundle(tmp_path: Path, home: Path) -> None:
    assert create(tmp_path, saying(PLAIN), exchange(2)).exit_code == 0


@pytest.mark.process
@pytest.mark.parametrize("previewed", [True, False])
def test_the_rules_stop_it_whether_or_not_the_preview_shows_the_record(
    tmp_path: Path, home: Path, *, previewed: bool
) -> None:
    records = hiding(canaries(1)["zen"], previewed=previewed)
    assert "rule zen_key " in refusal(tmp_path, *records)


@pytest.mark.parametrize("previewed", [True, False])
@pytest.mark.parametrize(
    ("variable", "rule"),
    [("OPENCODE_API_KEY", "own_key"), ("LOGNAME", "own_user"), ("HOSTNAME", "own_host")],
)
def test_what_the_environment_says_of_this_machine_stops_it(
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    rule: str,
    *,
    previewed: bool,
) -> None:
    monkeypatch.setenv(variable, PLAIN if variable == "OPENCODE_API_KEY" else "Zorblax")
    assert f"rule {rule} " in refusal(tmp_path, *hiding(PLAIN, previewed=previewed))


def test_a_key_that_a_client_has_saved_stops_it(tmp_path: Path, home: Path) -> None:
    folder = home / ".local" / "share" / "opencode"
    folder.mkdir(parents=True)
    (folder / "auth.json").write_text(json.dumps({"opencode": {"type": "api", "key": PLAIN}}))
    assert "rule own_key " in refusal(tmp_path, saying(PLAIN))


def test_a_key_of_the_working_folder_stops_it(tmp_path: Path, home: Path) -> None:
    (home / "opencode.json").write_text(
        json.dumps({"provider": {"opencode": {"options": {"apiKey": PLAIN}}}})
    )
    assert "rule own_key " in refusal(tmp_path, saying(PLAIN))


@pytest.mark.parametrize(
    "spelling", [KEY.hex(), base64.urlsafe_b64encode(KEY).decode()], ids=["hex", "token"]
)
def test_the_pseudonym_key_stops_it(tmp_path: Path, home: Path, spelling: str) -> None:
    """The record is not previewed, so that this search comes before any scan by rules."""
    private = tmp_path / "private"
    private.mkdir()
    (private / "key").write_bytes(KEY)
    assert "rule own_study_key " in refusal(tmp_path, *hiding(spelling[:14], previewed=False))


def test_a_check_that_does_not_consent_has_not_consented(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither findings nor another content: nothing but its word and its exit code says no."""

    def refuse(file: str, *_: object) -> subprocess.CompletedProcess[bytes]:
        told = verify(Path(file)).model_copy(update={"ok": False})
        return subprocess.CompletedProcess([], 4, told.model_dump_json().encode(), b"")

    monkeypatch.setattr(subprocess, "run", lambda command, **_: refuse(command[-1]))
    assert "did not see what was built" in refusal(tmp_path, exchange())


def _with(place: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def plant(members: dict[str, bytes]) -> None:
        assert old.encode() in members[place]
        members[place] = members[place].replace(old.encode(), new.encode())

    return plant


@pytest.mark.parametrize("place", [CAPTURE, SUMMARY])
@pytest.mark.parametrize("form", ["zen", "github", "email", "uuid", "jwt", "hex64", "passphrase"])
def test_the_finished_file_is_scanned_in_records_and_summary(
    tmp_path: Path, place: str, form: str
) -> None:
    """Members that fit schema and manifest: nothing but the scan can object."""
    secret = canaries(17)[form]
    file = forged(bundle_file(tmp_path, exchange(1)), _with(place, '"big-pickle"', f'"{secret}"'))
    result = verify(file)
    assert not result.ok
    assert result.content_hash is None
    scanned = [one for one in result.findings if one.rule != "wrong_rows"]
    assert {one.member for one in scanned} == {place}
    assert {one.rule for one in scanned}.isdisjoint({"schema", "not_canonical"})


def test_the_manifest_is_scanned_too(tmp_path: Path) -> None:
    def plant(members: dict[str, bytes]) -> None:
        manifest = Manifest.model_validate_json(members[MANIFEST])
        told = manifest.model_copy(update={"redacted": {"jane_hollenbeck": 1}})
        members[MANIFEST] = line_of(told)

    result = verify(repacked(bundle_file(tmp_path, exchange(1)), plant))
    assert {(one.member, one.rule) for one in result.findings} == {
        (MANIFEST, "unknown_word"),
        (MANIFEST, "wrong_redacted"),
    }
