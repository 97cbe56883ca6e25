"""Trees of files as clients and their installers leave them, for each system."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from pawwork_proxy.clients.auth_places import Surroundings
from pawwork_proxy.model.context import OsFamily

USERDATA = {
    "linux": ".config",
    "macos": "Library/Application Support",
    "windows": "AppData/Roaming",
}
"""Below the home: where an Electron application keeps its things."""


def around(home: Path, system: OsFamily = "linux", **environment: str) -> Surroundings:
    return Surroundings(system, home, environment)


def write(path: Path, content: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def archive(package: object, *, index: bytes | None = None) -> bytes:
    """An asar archive: two sizes, a padded index as JSON, and the files one after the other."""
    before, content = b"x" * 7, json.dumps(package).encode()
    entry = {"size": len(content), "offset": str(len(before))}
    index = index or json.dumps({"files": {"package.json": entry}}).encode()
    padded = index + b"\0" * (-len(index) % 4)
    sizes = (4, len(padded) + 8, len(padded) + 4, len(index))
    return b"".join(size.to_bytes(4, "little") for size in sizes) + padded + before + content


def application(home: Path, system: OsFamily, called: str, content: bytes) -> Path:
    """PawWork as the installer of a system puts it for one user; its program."""
    if system == "macos":
        contents = home / f"Applications/{called}.app/Contents"
        write(contents / "Resources/app.asar", content)
        return write(contents / f"MacOS/{called}")
    folder = home / f"AppData/Local/Programs/{called}"
    write(folder / "resources/app.asar", content)
    return write(folder / f"{called}.exe")


def npm_package(folder: Path, name: str, version: str, command: str) -> Path:
    """A package as npm installs it globally, with the link to its command; the link."""
    package = folder / "lib/node_modules" / name
    write(package / "package.json", json.dumps({"name": name, "version": version}))
    program = write(package / "bin" / command)
    link = folder / "bin" / command
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(program)
    return link


def sessions(path: Path, *versions: str, folder: Path = Path("/")) -> Path:
    """A database of conversations, each held with a release, in a folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        columns = "id TEXT, version TEXT, directory TEXT, time_updated INTEGER"
        database.execute(f"CREATE TABLE session ({columns})")
        rows = [(number, version, str(folder), number) for number, version in enumerate(versions)]
        database.executemany("INSERT INTO session VALUES (?, ?, ?, ?)", rows)
        database.commit()
    return path
