"""This user's identity, from files that others may have damaged, or make at the same time."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.errors import ConfigurationError


@pytest.mark.parametrize("content", [b"{bad secret-value", b'["secret-value"]', b"\xff\xfe", b"7"])
def test_a_damaged_list_of_installs_is_said_without_its_content(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    identity = load_identity()
    (tmp_path / "installs.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"installs\.json is damaged") as caught:
        identity.register_install("main")
    assert "secret-value" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("kept", [None, b"", b"x y", b"\xff", b"0" * 64 + b" device:" + b"0" * 24])
def test_the_kept_pseudonym_of_the_machine_is_the_derived_one(
    kept: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    derived = load_identity().machine.device
    if kept is not None:
        (tmp_path / "device").write_bytes(kept)
    assert load_identity().machine.device == derived
    (tmp_path / "key").unlink()
    assert load_identity().machine.device != derived, "another key, another pseudonym"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def test_an_install_keeps_its_id_and_no_two_share_one(home: Path) -> None:
    labels = ("main", "Main", "con", "a.b_c-d" + "x" * 25)
    ids = [load_identity().register_install(label) for label in labels]
    assert len(set(ids)) == len(labels)
    assert [load_identity().register_install(label) for label in labels] == ids
    assert load_identity().install_labels() == ()


def test_ids_of_earlier_versions_go_on(home: Path) -> None:
    (home / "installs.json").write_text(json.dumps({"main": "0" * 32}))
    first = load_identity().register_install("main")
    other = load_identity().register_install("other")
    (home / "installs.json").unlink()
    assert load_identity().register_install("main") == first != other


STARTS = 8
START = """
import sys
from pawwork_proxy.environment.identity import load_identity
print("ready", flush=True)
input()
identity = load_identity()
print(identity.study_id, identity.machine.device, *map(identity.register_install, sys.argv[1:]))
"""


@pytest.mark.process
@pytest.mark.slow
def test_eight_starts_at_once_agree_on_every_id(home: Path) -> None:
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", START, "same", f"own{number}"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
            )
            for number in range(STARTS)
        ]
        assert {process.stdout and process.stdout.readline() for process in started} == {"ready\n"}
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate()[0].split() for process in started]
    assert len({tuple(line[:3]) for line in said}) == 1, "one key, one machine, one id for a label"
    own = [line[3] for line in said]
    assert len(set(own)) == STARTS
    assert [load_identity().register_install(f"own{n}") for n in range(STARTS)] == own


def test_two_clients_that_trust_more_get_bundles_of_their_own(home: Path) -> None:
    identity = load_identity()
    identity.ca_certificate.write_bytes(b"ours\n")
    for name in ("one", "two"):
        (home / name).write_text(f"{name}\n")
    first, second = (identity.ca_bundle(str(home / name)) for name in ("one", "two"))
    assert (first.read_text(), second.read_text()) == ("one\nours\n", "two\nours\n")


def test_a_home_that_is_read_only_is_an_error_with_a_hint(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = load_identity()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    with pytest.raises(ConfigurationError, match="private folder: Read-only file system") as caught:
        identity.register_install("new")
    assert HOME_VARIABLE in caught.value.hint
    monkeypatch.setattr("pawwork_proxy.environment.private_files.private_folder", Path)
    monkeypatch.setattr("pawwork_proxy.environment.private_files.write_new", refuse)
    with pytest.raises(ConfigurationError, match="cannot use the private file") as caught:
        identity.register_install("new")
    assert "permissions" in caught.value.hint
