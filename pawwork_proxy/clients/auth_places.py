"""Where clients keep keys on this machine: the places of `facts`, and how to read each.

Invariant: places are made from what is given and nothing is read; only `keys_at` reads.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.clients.client_config import (
    LARGEST_FILE,
    PROVIDER,
    config_keys,
    credentials_in,
    parse_jsonc,
    parsed_plist,
)
from pawwork_proxy.facts.identifiers import PLACES, PROJECT, ROOTS, Form, Kept, PlaceRow
from pawwork_proxy.model.context import OsFamily

_MOST_PARENTS = 24  # folders above the working folder in which a project may begin


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
    source: Kept
    form: Form
    path: Path | None = None
    variable: str = ""


def places(around: Surroundings) -> tuple[Place, ...]:
    """All places of one client's surroundings, the ones that a client prefers first."""
    return tuple(place for row in PLACES for place in _places_of(row, around))


def _places_of(row: PlaceRow, around: Surroundings) -> Iterator[Place]:
    if not row.root:
        named = around.environment.get(row.variable)
        if row.form != "config":
            yield Place(row.id, row.kept, row.form, variable=row.variable)
        elif named:
            yield Place(row.id, row.kept, row.form, (around.folder or Path()) / named)
        return
    endings = (".json", ".jsonc") if row.form == "config" else ("",)
    for folder in _project(around) if row.root == PROJECT else _root(row.root, around):
        for name in row.files:
            for ending in endings:
                file = name.format(user=around.home.name) + ending
                yield Place(row.id, row.kept, row.form, folder / file)


def _root(name: str, around: Surroundings) -> Iterator[Path]:
    """The root's folder in these surroundings, if it has one."""
    folders = ROOTS[name]
    for folder in folders.get("any") or folders.get(around.system, ()):
        if not folder.startswith("$"):
            yield around.home / folder[2:] if folder.startswith("~") else Path(folder)
            return
        named = around.environment.get(folder[1:])
        if named:
            yield Path(named)
            return


def _project(around: Surroundings) -> Iterator[Path]:
    """The working folder and its parents up to the worktree's top."""
    disabled = around.environment.get("OPENCODE_DISABLE_PROJECT_CONFIG", "").lower()
    if around.folder is None or disabled in ("1", "true"):  # as the client reads its flags
        return
    for folder in (around.folder, *around.folder.parents)[:_MOST_PARENTS]:
        yield folder
        if (folder / ".git").exists():
            return


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
