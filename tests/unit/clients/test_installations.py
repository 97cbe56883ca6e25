"""Installed clients are found with their release on every system, and nothing is started."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from pawwork_proxy.clients.installations import Installation, client_of, installations
from pawwork_proxy.facts.clients import release_of
from tests.closed import close
from tests.unit.clients.trees import (
    USERDATA,
    application,
    archive,
    around,
    npm_package,
    sessions,
    write,
)

System = Literal["linux", "macos", "windows"]


def only(found: tuple[Installation, ...]) -> Installation:
    (one,) = found
    return one


def test_an_empty_machine_has_no_client(tmp_path: Path) -> None:
    assert installations(around(tmp_path, PATH=f":{tmp_path}")) == ()


@pytest.mark.parametrize("system", ["macos", "windows"])
@pytest.mark.parametrize(
    ("client", "called"),
    [("pawwork", "PawWork"), ("pawwork-beta", "PawWork Beta"), ("pawwork-dev", "PawWork Dev")],
)
def test_each_channel_of_pawwork_is_found_with_the_release_in_its_archive(
    tmp_path: Path, system: System, client: str, called: str
) -> None:
    content = archive({"name": "pawwork", "version": "2026.7.3"})
    program = application(tmp_path, system, called, content)
    found = only(installations(around(tmp_path, system)))
    assert (found.row.id, found.name, found.programs) == (client, f"{called} 2026.7.3", (program,))
    assert (found.built_on, found.folder, found.dsh) == ("OpenCode", None, None)


@pytest.mark.parametrize(
    ("system", "log"),
    [
        ("linux", ".config/ai.pawwork.desktop/logs/main.log"),
        ("windows", "AppData/Roaming/ai.pawwork.desktop/logs/main.log"),
        ("macos", "Library/Logs/PawWork/main.log"),
    ],
)
def test_the_log_tells_the_release_that_ran_last(tmp_path: Path, system: System, log: str) -> None:
    folder = tmp_path / USERDATA[system] / "ai.pawwork.desktop"
    folder.mkdir(parents=True)
    line = "[2026-08-21 10:00:00.123] [info]  app starting { version: '2026.8.%s', packaged: true }"
    write(tmp_path / log, "\n".join([line % 3, line % 4, "[info] another"]))
    found = only(installations(around(tmp_path, system)))
    assert (found.name, found.folder, found.built_on) == ("PawWork 2026.8.4", folder, "DSH")


@pytest.mark.parametrize("log", ["", "app starting { version: 'soon' }"])
def test_a_log_that_tells_no_release_leaves_it_open(tmp_path: Path, log: str) -> None:
    write(tmp_path / ".config/ai.pawwork.desktop/logs/main.log", log)
    found = only(installations(around(tmp_path)))
    assert (found.name, found.release, found.built_on) == ("PawWork", None, "OpenCode")


@pytest.mark.parametrize(
    ("folder", "client"),
    [
        (".pawwork/dsh", "pawwork"),
        (".config/ai.pawwork.desktop/dsh", "pawwork"),
        (".pawwork/dsh-dev", "pawwork-dev"),
        (".config/ai.pawwork.desktop.dev/dsh", "pawwork-dev"),
        (".config/ai.pawwork.desktop.beta/dsh", "pawwork-beta"),
    ],
)
def test_a_folder_of_dsh_leaves_open_what_an_unknown_release_is_built_on(
    tmp_path: Path, folder: str, client: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    found = only(installations(around(tmp_path)))
    assert (found.row.id, found.built_on, found.dsh) == (client, None, tmp_path / folder)


def test_the_release_decides_also_where_dsh_has_run_before(tmp_path: Path) -> None:
    (tmp_path / ".pawwork/dsh").mkdir(parents=True)
    application(tmp_path, "macos", "PawWork", archive({"version": "2026.8.5"}))
    assert only(installations(around(tmp_path, "macos"))).built_on == "OpenCode"


INDEX = b'{"files": {"package.json": %s}}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ no archive",
        archive({"version": 3}),
        archive({"name": "pawwork"}),
        archive(["2026.7.3"]),
        archive({}, index=b"[]"),
        archive({}, index=b"{"),
        archive({}, index=INDEX % b"{}"),
        archive({}, index=INDEX % b'{"size": 1, "offset": "-900"}'),
        archive({}, index=INDEX % b'{"size": 1, "offset": "99999999999999999999999"}'),
        (4).to_bytes(4, "little") * 3 + b"\xff" * 8,
    ],
)
def test_a_damaged_archive_tells_nothing(tmp_path: Path, content: bytes) -> None:
    application(tmp_path, "windows", "PawWork", content)
    found = only(installations(around(tmp_path, "windows")))
    assert (found.release, len(found.programs)) == (None, 1)


@pytest.mark.parametrize(
    ("package", "version", "client"),
    [("opencode-ai", "1.18.33", "opencode"), ("@opencode/cli", "2.0.18", "opencode-2")],
)
def test_the_package_tells_which_opencode_a_command_is(
    tmp_path: Path, package: str, version: str, client: str
) -> None:
    link = npm_package(tmp_path / "npm", package, version, "opencode")
    found = only(installations(around(tmp_path, PATH=f"/nowhere:{link.parent}")))
    assert (found.row.id, found.name) == (client, f"OpenCode {version}")
    assert found.programs == (link,)


def test_on_windows_a_command_stands_beside_the_packages(tmp_path: Path) -> None:
    command = write(tmp_path / "npm/opencode.cmd")
    package = tmp_path / "npm/node_modules/opencode-ai/package.json"
    write(package, '{"name": "opencode-ai", "version": "1.18.34"}')
    write(tmp_path / "npm/package.json", "[]")
    found = only(installations(around(tmp_path, "windows", PATH=f";{tmp_path / 'npm'}")))
    assert (found.name, found.programs) == ("OpenCode 1.18.34", (command,))


def test_a_package_beside_that_of_the_command_tells_nothing(tmp_path: Path) -> None:
    npm_package(tmp_path, "opencode-ai", "1.18.33", "opencode")
    other = npm_package(tmp_path / "more", "opencode-linux-x64", "1.18.34", "opencode")
    package = tmp_path / "lib/node_modules/opencode-linux-x64"
    other.resolve().parents[1].rename(package)
    other.unlink()
    other.symlink_to(package / "bin/opencode")
    found = only(installations(around(tmp_path, PATH=str(other.parent))))
    assert (found.release, found.programs) == (None, (other,))


def test_a_program_belongs_to_the_client_whose_command_leads_to_it(tmp_path: Path) -> None:
    command = npm_package(tmp_path / "two", "@opencode/cli", "2.0.18", "opencode")
    where = around(tmp_path, PATH=str(command.parent))
    for program in (command, command.resolve()):
        found = client_of(program, where)
        assert found is not None
        assert found.id == "opencode-2"
    assert client_of(tmp_path / "python", where) is None


def test_a_folder_may_be_named_by_the_version(tmp_path: Path) -> None:
    program = write(tmp_path / "Cellar/opencode/1.18.35/bin/opencode")
    found = only(installations(around(tmp_path, PATH=str(program.parent))))
    assert found.name == "OpenCode 1.18.35"


def test_the_first_command_counts_and_each_is_listed_once(tmp_path: Path) -> None:
    first = npm_package(tmp_path / "one", "opencode-ai", "1.15.13", "opencode")
    own = write(tmp_path / ".opencode/bin/opencode")
    path = f"{first.parent}:{own.parent}"
    found = only(installations(around(tmp_path, PATH=path)))
    assert (found.release, found.programs) == ("1.15.13", (first, own))


def test_of_opencodes_own_installer_the_last_conversation_tells_the_release(tmp_path: Path) -> None:
    write(tmp_path / ".opencode/bin/opencode")
    database = sessions(tmp_path / ".local/share/opencode/opencode.db", "1.18.33", "1.18.34")
    assert only(installations(around(tmp_path))).name == "OpenCode 1.18.34"
    assert [file.name for file in database.parent.iterdir()] == [database.name]


def test_conversations_that_are_being_written_count(tmp_path: Path) -> None:
    database = sessions(tmp_path / ".local/share/opencode/opencode.db", "1.18.33")
    with closing(sqlite3.connect(database)) as client:
        client.execute("PRAGMA journal_mode=WAL")
        client.execute("UPDATE session SET version = '1.18.34'")
        client.commit()
        assert only(installations(around(tmp_path))).release == "1.18.34"


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_database_that_cannot_be_read_tells_nothing(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / ".local/share/opencode/opencode.db", content)
    assert only(installations(around(tmp_path))).release is None


def test_a_database_without_a_conversation_tells_nothing(tmp_path: Path) -> None:
    sessions(tmp_path / ".local/share/opencode/opencode.db")
    assert only(installations(around(tmp_path))).release is None


@pytest.mark.parametrize(
    ("version", "era"),
    [
        ("2026.5.2", "C1a"),
        ("2026.7.3", "C3d"),
        ("2026.8.3", "C3d"),
        ("2026.8.4", "C4a"),
        ("2026.8.5", "C3d"),
        ("2026.8.6", "C4b"),
        ("2026.9.5", "C5b"),
        ("2026.9.11", "C6"),
        ("2026.9.30", "C6"),
    ],
)
def test_a_release_of_pawwork_belongs_to_the_range_that_began_last(version: str, era: str) -> None:
    release = release_of("PawWork", version)
    assert release is not None
    assert release.id == era
    assert release.built_on == ("OpenCode" if era.startswith(("C1", "C3")) else "DSH")


def test_what_is_no_version_belongs_to_no_range() -> None:
    assert release_of("PawWork", "next") is None
    assert release_of("OpenCode", "0.1.2") is None


def test_a_folder_that_is_closed_to_the_user_holds_no_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as `sudo` leaves behind: it was an internal error of `connect` and `doctor`."""
    content = archive({"name": "pawwork", "version": "2026.7.3"})
    application(tmp_path, "macos", "PawWork", content)
    (tmp_path / USERDATA["macos"] / "ai.pawwork.desktop").mkdir(parents=True)
    close(monkeypatch, tmp_path)
    assert installations(around(tmp_path, "macos", PATH=str(tmp_path / "bin"))) == ()
