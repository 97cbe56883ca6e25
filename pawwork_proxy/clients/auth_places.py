"""Where OpenCode and PawWork keep keys on this machine: a table per client, and how to read each.

Sources: zen-facts 3.1 and 3.2 (PawWork C1-C3, DSH, OpenCode v1; Linux, macOS, Windows).
Invariant: the table is made from what it is given and reads nothing; `keys_at` is the only reader.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from pawwork_proxy.clients.client_config import (
    KEY_VARIABLES,
    LARGEST_FILE,
    PROVIDER,
    config_keys,
    credentials_in,
    parsed_plist,
)
from pawwork_proxy.clients.jsonc import parse_jsonc
from pawwork_proxy.model.context import OsFamily

PlaceSource = Literal["config", "saved", "env"]
_PAWWORK_FOLDERS = ("ai.pawwork.desktop", "ai.pawwork.desktop.beta", "ai.pawwork.desktop.dev")
_MOST_PARENTS = 24


@dataclass(frozen=True)
class Surroundings:
    """What decides where a client looks: system, home, environment, working folder."""

    system: OsFamily
    home: Path
    environment: Mapping[str, str]
    folder: Path | None = None


class Place(NamedTuple):
    """One place that may hold a key: a file, or (without a path) an environment variable."""

    id: str
    source: PlaceSource
    form: Literal["auth", "config", "credentials", "variable", "config_text", "plist"]
    path: Path | None = None
    variable: str = ""


def places(around: Surroundings) -> tuple[Place, ...]:
    """All places of one client's surroundings, the ones that a client prefers first."""
    return (
        *_mdm(around),
        *_managed(around),
        Place("opencode.config_content", "config", "config_text",
              variable="OPENCODE_CONFIG_CONTENT"),
        *_project(around),
        *_named_config(around),
        *_user_config(around),
        *_auth_files(around),
        *(Place("client.env", "env", "variable", variable=name) for name in KEY_VARIABLES),
    )  # fmt: skip


def _configs(id_: str, folder: Path, *names: str) -> Iterator[Place]:
    for name in names:
        for ending in (".json", ".jsonc"):
            yield Place(id_, "config", "config", folder / f"{name}{ending}")


def _xdg(around: Surroundings, variable: str, default: str) -> Path:
    return Path(around.environment.get(variable) or around.home / default)


def _pawwork_roots(around: Surroundings) -> Iterator[Path]:
    if around.system == "macos":
        base = around.home / "Library" / "Application Support"
    elif around.system == "windows":
        base = Path(around.environment.get("APPDATA") or around.home / "AppData" / "Roaming")
    else:
        base = _xdg(around, "XDG_CONFIG_HOME", ".config")
    for name in _PAWWORK_FOLDERS:
        yield base / name


def _mdm(around: Surroundings) -> Iterator[Place]:
    """Managed preferences, which macOS keeps as property lists: for the user, then for all."""
    if around.system == "macos":
        base = Path("/Library/Managed Preferences")
        for name in ("pawwork", "opencode"):
            for folder in (base / around.home.name, base):
                yield Place(f"{name}.mdm", "config", "plist", folder / f"ai.{name}.managed.plist")


def _managed(around: Surroundings) -> Iterator[Place]:
    if around.system == "macos":
        base = Path("/Library/Application Support")
    elif around.system == "windows":
        base = Path(around.environment.get("PROGRAMDATA") or "C:/ProgramData")
    else:
        base = Path("/etc")
    for name in ("pawwork", "opencode"):
        yield from _configs(f"{name}.managed", base / name, "config", name)


def _project(around: Surroundings) -> Iterator[Place]:
    """Project files from the working folder up to the worktree's top."""
    disabled = around.environment.get("OPENCODE_DISABLE_PROJECT_CONFIG", "").lower()
    if around.folder is None or disabled in ("1", "true"):  # as the client reads its flags
        return
    for folder in (around.folder, *around.folder.parents)[:_MOST_PARENTS]:
        names = ("config", "opencode", "pawwork")
        yield from _configs("project.config", folder, *names)
        for inner in (".opencode", ".pawwork"):
            yield from _configs("project.config", folder / inner, *names)
        if (folder / ".git").exists():
            return


def _named_config(around: Surroundings) -> Iterator[Place]:
    named = around.environment.get("OPENCODE_CONFIG")
    if named:
        yield Place("opencode.config_file", "config", "config", (around.folder or Path()) / named)


def _user_config(around: Surroundings) -> Iterator[Place]:
    for variable in ("PAWWORK_HOME", "PAWWORK_CONFIG_DIR"):
        named = around.environment.get(variable)
        if named:
            yield from _configs("pawwork.config", Path(named), "pawwork")
    yield from _configs("pawwork.config", around.home / ".pawwork", "pawwork")
    for root in _pawwork_roots(around):
        yield from _configs("pawwork.config", root / "config" / "pawwork", "pawwork")
    folder = _xdg(around, "XDG_CONFIG_HOME", ".config") / "opencode"
    yield from _configs("opencode.config", folder, "config", "opencode")


def _auth_files(around: Surroundings) -> Iterator[Place]:
    for root in _pawwork_roots(around):
        yield Place("pawwork.auth", "saved", "auth", root / "data" / "pawwork" / "auth.json")
    dsh = around.home / ".pawwork" / "dsh" / ".credentials.yaml"
    yield Place("pawwork.dsh", "saved", "credentials", dsh)
    data = _xdg(around, "XDG_DATA_HOME", ".local/share")
    yield Place("opencode.auth", "saved", "auth", data / "opencode" / "auth.json")
    if "XDG_DATA_HOME" in around.environment:
        yield Place("pawwork.auth", "saved", "auth", data / "pawwork" / "auth.json")


def keys_at(place: Place, around: Surroundings) -> list[str]:
    """The keys at a place, raw: the caller turns them into fingerprints at once.

    Raises OSError or ValueError when there is a file that cannot be read or understood.
    """
    if place.path is None:
        text = around.environment.get(place.variable, "")
        if place.form == "variable":
            # No client sends the line end that a file or a paste has left behind a key.
            return [text.strip()] if text.strip() else []
        return _config_keys(parse_jsonc(text), around, around.folder) if text else []
    try:
        with place.path.open("rb") as file:
            data = file.read(LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return []
    if place.form == "plist":
        return _config_keys(parsed_plist(data), around, place.path.parent)
    text = data.decode("utf-8")
    if place.form == "credentials":
        return credentials_in(text)
    parsed = parse_jsonc(text)
    if place.form == "auth":
        return list(_saved_keys(parsed))
    return _config_keys(parsed, around, place.path.parent)


def _config_keys(parsed: object, around: Surroundings, folder: Path | None) -> list[str]:
    return list(config_keys(parsed, around.home, around.environment, folder))


def _saved_keys(parsed: object) -> Iterator[str]:
    """Keys of the `opencode…` entries of an auth.json: api, oauth and wellknown."""
    if not isinstance(parsed, dict):
        raise ValueError("not an object")
    for provider, entry in parsed.items():
        if PROVIDER.match(provider) and isinstance(entry, dict):
            for name in ("key", "access", "token"):
                if isinstance(entry.get(name), str):
                    yield entry[name]


def stamp_of(place: Place) -> tuple[int, int, int] | None:
    """What changes when a file does: time, number, size; None when there is none to see."""
    if place.path is None:
        return None
    try:
        status = os.stat(place.path)  # noqa: PTH116  called for every place, every second
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
