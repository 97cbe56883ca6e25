"""Which clients are installed on this machine, and in which release, without starting any.

Invariant: what is looked for stands in `facts`; files are read, nothing is written or run; what
cannot be read or understood counts as not told.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pawwork_proxy.clients.auth_places import Surroundings, root_folder
from pawwork_proxy.clients.client_database import rows_of
from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.environment.looking import is_file, is_folder
from pawwork_proxy.facts.clients import RELEASES, Runtime, release_of
from pawwork_proxy.facts.identifiers import (
    CLIENTS,
    INSTALLED,
    RELEASE_TRACES,
    ClientRow,
    ReleaseTrace,
)

LARGEST_INDEX = 64 * 1024 * 1024
LARGEST_PACKAGE = 1024 * 1024
MOST_LOG = 8 * 1024 * 1024
_DAMAGE = (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError)
"""What reading an archive may raise that is damaged, or none."""
_PARENTS = 4  # folders between a command and the package.json of the package that brings it


class Installation(NamedTuple):
    """A client on this machine."""

    row: ClientRow
    release: str | None
    """None where nothing tells it."""
    built_on: Runtime | None
    """What asks the server; None where it may be either."""
    programs: tuple[Path, ...]
    """Its programs, the one that a user starts first."""
    folder: Path | None
    """Where it keeps its own things, if it has run here."""
    dsh: Path | None
    """Where its DSH keeps things, if it has run on DSH here."""

    @property
    def name(self) -> str:
        """What people call it, with its release where that is known."""
        return f"{self.row.called} {self.release}" if self.release else self.row.called

    @property
    def eras(self) -> tuple[str, ...]:
        """Ids of the release ranges that it can be of."""
        known = release_of(self.row.program, self.release) if self.release else None
        if known is not None:
            return (known.id,)
        return tuple(
            release.id
            for release in RELEASES.values()
            if release.program == self.row.program and self.built_on in (None, release.built_on)
        )


class _Program(NamedTuple):
    client: str
    path: Path
    release: str | None


def installations(around: Surroundings) -> tuple[Installation, ...]:
    """The clients that these surroundings have, in the order of the table."""
    programs = [*_commands(around), *_installed(around)]
    found = (_installation(row, programs, around) for row in CLIENTS.values())
    return tuple(one for one in found if one is not None)


def client_of(program: Path, around: Surroundings) -> ClientRow | None:
    """The client that a program starts, if it is one of those that these surroundings have."""
    for one in installations(around):
        if program.resolve() in map(Path.resolve, one.programs):
            return one.row
    return None


def _installation(
    row: ClientRow, programs: list[_Program], around: Surroundings
) -> Installation | None:
    own = [one for one in programs if one.client == row.id]
    folders = [folder / row.folder for folder in root_folder(row.root, around)] if row.root else []
    dsh = [*(folder / "dsh" for folder in folders), *(around.home / name for name in row.dsh)]
    folder = next((one for one in folders if is_folder(one)), None)
    on_dsh = next((one for one in reversed(dsh) if is_folder(one)), None)
    if not (own or folder or on_dsh):
        return None
    release = (own[0].release if own else None) or next(_traced(row, around), None)
    known = release_of(row.program, release) if release else None
    built_on: Runtime | None = known.built_on if known else None if on_dsh else "OpenCode"
    paths = tuple(dict.fromkeys(one.path for one in own))
    return Installation(row, release, built_on, paths, folder, on_dsh)


def _commands(around: Surroundings) -> Iterator[_Program]:
    """Commands that a shell would find, in its order."""
    windows = around.system == "windows"
    for folder in around.environment.get("PATH", "").split(";" if windows else ":"):
        for row in CLIENTS.values():
            for command in row.commands:
                for ending in (".exe", ".cmd") if windows else ("",):
                    path = Path(folder) / f"{command}{ending}"
                    if folder and is_file(path):
                        yield _command(row, command, path)


def _command(row: ClientRow, command: str, path: Path) -> _Program:
    """Whose command it is, and which release: its package says so, or else its folder may."""
    real = path.resolve()
    for client in CLIENTS.values():
        for package in client.packages:
            # On Windows a command stands beside the packages.
            for folder in (*real.parents[:_PARENTS], path.parent / "node_modules" / package):
                content = _json(folder / "package.json")
                if content.get("name") == package:
                    return _Program(client.id, path, _text(content.get("version")))
    versioned = re.search(rf"{re.escape(command)}[/\\-](\d+\.\d+\.\d+[^/\\]*)", str(real))
    return _Program(row.id, path, versioned and versioned[1])


def _installed(around: Surroundings) -> Iterator[_Program]:
    """Programs where installers put them."""
    for row in INSTALLED:
        for root in root_folder(row.root, around):
            for client in row.clients:
                called = CLIENTS[client].called
                path = root / row.file.format(called=called)
                if is_file(path):
                    archive = row.archive and root / row.archive.format(called=called)
                    yield _Program(client, path, archived_version(archive) if archive else None)


def archived_version(archive: Path) -> str | None:
    """The version in the package.json of an application's archive (Electron's asar)."""
    with suppress(*_DAMAGE), archive.open("rb") as file:
        _, padded, _, length = (int.from_bytes(file.read(4), "little") for _ in range(4))
        if max(padded, length) > LARGEST_INDEX:
            return None
        entry = json.loads(file.read(length))["files"]["package.json"]
        file.seek(8 + padded + int(entry["offset"]))
        content = json.loads(file.read(min(int(entry["size"]), LARGEST_PACKAGE)))
        return _text(content["version"])
    return None


def _traced(client: ClientRow, around: Surroundings) -> Iterator[str]:
    """The release that has run last, by what it has left."""
    for row in RELEASE_TRACES:
        for root in root_folder(row.root, around) if client.id in row.clients else ():
            path = root / row.file.format(called=client.called, folder=client.folder)
            found = _last_session(path) if row.form == "sessions" else _last_logged(path, row)
            if found:
                yield found


def _last_logged(path: Path, row: ReleaseTrace) -> str | None:
    assert row.pattern is not None
    with suppress(OSError), path.open("rb") as file:
        found = row.pattern.findall(file.read(MOST_LOG).decode("utf-8", "replace"))
        return _text(found[-1]) if found else None
    return None


def _last_session(path: Path) -> str | None:
    with suppress(OSError, ValueError):
        rows = rows_of(path, "SELECT version FROM session ORDER BY time_updated DESC LIMIT 1")
        return _text(rows[0][0]) if rows else None
    return None


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(read_regular(path, LARGEST_PACKAGE))
        return content if isinstance(content, dict) else {}
    return {}


def _text(value: object) -> str | None:
    """A release as its makers number it; nothing else is taken for one."""
    version = isinstance(value, str) and re.fullmatch(r"\d+\.\d+\.\d+[\w.+-]{0,40}", value)
    return version[0] if version else None
