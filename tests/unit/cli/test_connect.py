"""`connect` as a user types it: which client, which port, what is said, and the way back."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli import cli
from pawwork_proxy.clients import auth_places
from pawwork_proxy.environment.running import noted, this_run
from tests.unit.clients.trees import application, archive, npm_package, write

BASE = "http://127.0.0.1:{}/zen/v1"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it; we work in an empty folder of its user's."""
    for name in [*os.environ]:
        if name.startswith(("XDG_", "OPENCODE_", "PAWWORK_", "NODE_")) or "_proxy" in name.lower():
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    (folder / "work").mkdir(parents=True)
    monkeypatch.chdir(folder / "work")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "private"))
    return folder


def connect(*options: str) -> Result:
    return CliRunner().invoke(cli, ["connect", *options], standalone_mode=True)


def said(*options: str) -> dict[str, Any]:
    done = connect("--format", "json", *options)
    assert done.exit_code == 0, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(*options: str) -> str:
    error = connect(*options).exception
    return f"{getattr(error, 'message', error)}; {getattr(error, 'hint', '')}"


def fork(home: Path) -> Path:
    """PawWork on a fork of OpenCode, by the files that it has left; its configuration."""
    write(
        home / ".config/ai.pawwork.desktop/logs/main.log",
        "app starting { version: '2026.7.3', packaged: true }\n",
    )
    return write(home / ".pawwork/pawwork.jsonc", '{\n  // mine\n  "model": "a/b",\n}\n')


def test_a_fork_is_led_by_its_file_and_by_a_command(home: Path) -> None:
    file = fork(home)
    before = file.read_bytes()
    done = connect()
    assert done.exit_code == 0, done.exception
    assert done.stdout.startswith("PawWork 2026.7.3 (pawwork) -> http://127.0.0.1:9610\n")
    assert "HTTPS_PROXY=http://127.0.0.1:9610 \\\nNODE_EXTRA_CA_CERTS=" in done.stdout
    assert "/opt/PawWork/pawwork\n\nIts program was not found: correct the last" in done.stdout
    setting = f"{file}\n  provider.opencode.options.baseURL = {BASE.format(9610)}\n"
    assert f"Its configuration leads to the proxy now, however it is started:\n{setting}" in (
        done.stdout
    )
    assert '  // mine\n  "model": "a/b",\n' in file.read_text()
    assert "leads to the proxy already" in connect().stdout
    done = connect("--undo")
    assert done.stdout == f"pawwork: as it was before us: {file}\n"
    assert file.read_bytes() == before
    assert connect("--undo").stdout == "Nothing of ours is in a client's configuration.\n"


def test_a_client_on_dsh_is_led_by_the_command_alone(home: Path) -> None:
    (home / ".pawwork/dsh").mkdir(parents=True)
    write(
        home / ".config/ai.pawwork.desktop/logs/main.log",
        "app starting { version: '2026.9.5', packaged: true }\n",
    )
    before = set(home.rglob("*"))
    found = said()
    assert (found["built_on"], "file" in found) == ("DSH", False)
    words = " ".join(connect().stdout.split())
    assert words.endswith(
        "overwrites its own configuration: only the command leads it to the proxy."
    )
    assert set(home.rglob("*")) == before


def test_where_it_may_be_either_the_command_alone_is_sure(home: Path) -> None:
    (home / ".pawwork/dsh").mkdir(parents=True)
    found = said()
    assert (found["built_on"], "file" in found) == (None, False)
    assert "is sure to lead it to the proxy." in " ".join(connect().stdout.split())


def test_opencode_2_is_led_by_its_file_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = npm_package(home / "npm", "@opencode/cli", "2.0.18", "opencode")
    monkeypatch.setenv("PATH", str(link.parent))
    found = said()
    assert (found["name"], "start" in found) == ("OpenCode 2.0.18", False)
    assert found["file"] == str(home / ".config/opencode/opencode.json")
    assert "is reported to ignore a proxy" in connect().stdout
    assert connect("--undo").stdout.startswith("opencode-2: removed, since we had made it: ")
    assert not (home / ".config").exists()


def test_on_windows_the_command_is_one_for_powershell(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_places, "system", lambda: "windows")
    program = application(home, "windows", "PawWork", archive({"version": "2026.8.6"}))
    start = said()["start"]
    assert (start["shell"], start["program"]) == ("PowerShell", str(program))
    assert start["command"].endswith(f"\n& '{program}'")
    assert "$env:HTTPS_PROXY = 'http://127.0.0.1:9610'\n" in connect().stdout
    assert "Its program was not found" not in connect().stdout


def test_a_dry_run_shows_the_change_and_makes_none(home: Path) -> None:
    file = fork(home)
    before = file.read_bytes()
    shown = connect("--dry-run").stdout
    assert f'+      "options": {{\n+        "baseURL": "{BASE.format(9610)}"\n' in shown
    assert file.read_bytes() == before
    connect()
    led = file.read_bytes()
    assert "Nothing would be changed." in connect("--dry-run").stdout
    shown = connect("--undo", "--dry-run").stdout
    assert shown.startswith("pawwork: this would be changed:\n---")
    assert f'-        "baseURL": "{BASE.format(9610)}"' in shown
    assert file.read_bytes() == led


def test_of_several_clients_one_has_to_be_named(home: Path) -> None:
    fork(home)
    (home / ".local/share/opencode").mkdir(parents=True)
    listed = "pawwork (PawWork 2026.7.3), opencode (OpenCode)"
    assert refused() == f"several clients are installed: {listed}; say which one with --client NAME"
    assert refused("--client", "pawwork-dev") == (
        f"there is no client pawwork-dev here; what was found: {listed}"
    )
    assert said("--client", "opencode")["client"] == "opencode"
    assert said("--client", "pawwork")["client"] == "pawwork"
    assert [one["client"] for one in said("--undo", "--client", "opencode")["undone"]] == [
        "opencode"
    ]
    assert [one["client"] for one in said("--undo")["undone"]] == ["pawwork"]


def test_without_a_client_it_is_said() -> None:
    assert refused().startswith("no PawWork and no OpenCode was found on this machine; start")


def test_the_listener_that_runs_is_the_one_to_lead_to(home: Path, tmp_path: Path) -> None:
    fork(home)
    start = "Start one before the client:\npawwork-proxy run --install main@9610\n"
    assert f"No run of pawwork-proxy listens there now. {start}" in connect().stdout
    private = tmp_path / "private"
    one = this_run({"main": 9700}, private, "opencode.ai:443", None, password=False)
    with noted(private, one):
        assert said()["listener"] == "http://127.0.0.1:9700"
        assert "No run" not in connect().stdout
    two = this_run({"a": 9700, "b": 9701}, private, "opencode.ai:443", None, password=False)
    with noted(private, two):
        assert refused() == (
            "several listeners run: 9700 (install a), 9701 (install b); "
            "say which one with --port PORT"
        )
        assert said("--port", "9701")["listens"]


def test_a_stronger_source_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fork(home)
    config = {"provider": {"opencode": {"options": {"baseURL": "http://127.0.0.1:1"}}}}
    monkeypatch.setenv("OPENCODE_CONFIG_CONTENT", json.dumps(config))
    assert said()["overruled_by"] == ["$OPENCODE_CONFIG_CONTENT"]
    assert "warning: $OPENCODE_CONFIG_CONTENT names another address" in connect().stdout


def test_what_is_not_ours_any_more_stays_and_is_named(home: Path) -> None:
    file = fork(home)
    connect()
    file.write_text(file.read_text().replace(":9610", ":9999"))
    assert connect("--undo").stdout.endswith(
        "  provider.opencode.options.baseURL stays: somebody has changed it since\n"
    )
    connect()
    file.unlink()
    assert connect("--undo").stdout == f"pawwork: the file is gone: {file}\n"


def test_when_another_file_counts_now_the_first_is_put_right(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = fork(home)
    before = file.read_bytes()
    connect()
    stronger = write(home / "named/pawwork.json", "{}")
    monkeypatch.setenv("PAWWORK_HOME", str(stronger.parent))
    assert said()["file"] == str(stronger)
    assert file.read_bytes() == before
    connect("--undo")
    assert stronger.read_text() == "{}"


def test_clients_that_share_a_file_are_taken_back_together(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = npm_package(home / "one", "opencode-ai", "1.18.33", "opencode")
    two = npm_package(home / "two", "@opencode/cli", "2.0.18", "opencode")
    monkeypatch.setenv("PATH", f"{one.parent}:{two.parent}")
    file = write(home / ".config/opencode/opencode.json", '{"model": "a/b"}')
    said("--client", "opencode")
    said("--client", "opencode-2", "--port", "9700")
    assert ":9610" not in file.read_text()
    assert said("--undo", "--client", "opencode")["undone"] == []
    assert [found["client"] for found in said("--undo")["undone"]] == ["opencode-2"]
    assert file.read_text() == '{"model": "a/b"}'
