"""Where clients keep keys on this machine: the places of `facts`, and how to read each.

Places hold configurations (JSON with comments, property lists), an auth.json, or DSH's YAML.
Invariant: places are made from what is given and nothing is read; only `keys_at` reads, and it
raises OSError or ValueError for what cannot be read or understood, never more than that.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.environment.machine import system
from pawwork_proxy.facts.fields import KEY_HEADERS
from pawwork_proxy.facts.identifiers import (
    KEY_VARIABLES,
    PLACES,
    PROJECT,
    ROOTS,
    Kept,
    PlaceForm,
    PlaceRow,
)
from pawwork_proxy.model.context import OsFamily
from pawwork_proxy.redaction.headers import split_credential
from pawwork_proxy.wire.bounded_json import member

LARGEST_FILE = 1024 * 1024
LARGEST_YAML = 64 * 1024
"""Parsing this much takes some tenths of a second; a real file has a few lines."""
_PROVIDER = re.compile(r"opencode")
_DEEPEST = 8  # levels of a configuration that are searched for keys
_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_REFERENCE = re.compile(r"\{(env|file):([^}]*)\}")
_MOST_PARENTS = 24  # folders above the working folder in which a project may begin


@dataclass(frozen=True)
class Surroundings:
    """What decides where a client looks: system, home, environment, working folder."""

    system: OsFamily
    home: Path
    environment: Mapping[str, str]
    folder: Path | None = None


def surroundings(environment: Mapping[str, str], folder: Path | None = None) -> Surroundings:
    """What decides it for a process with this environment."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return Surroundings(
        system=system(),
        home=Path(home) if home else Path.home(),
        environment=dict(environment),
        folder=folder,
    )


class Place(NamedTuple):
    """One place that may hold a key: a file, or (without a path) an environment variable."""

    id: str
    source: Kept
    form: PlaceForm
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
    for folder in _project(around) if row.root == PROJECT else root_folder(row.root, around):
        for name in row.files:
            for ending in endings:
                file = name.format(user=around.home.name) + ending
                yield Place(row.id, row.kept, row.form, folder / file)


def root_folder(name: str, around: Surroundings) -> Iterator[Path]:
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
    data = _content(place, around)
    if not data.strip():
        return []
    if place.form == "variable":
        # No client sends the line end that a file or a paste has left behind a key.
        return [data.decode("utf-8").strip()]
    if place.form == "credentials":
        return _credentials_in(data.decode("utf-8"))
    if place.form == "auth":
        return list(_saved_keys(parse_jsonc(data.decode("utf-8"))))
    folder = place.path.parent if place.path else around.folder
    return list(_config_keys(_parsed_config(place, data), around, folder))


def configurations(around: Surroundings) -> Iterator[object]:
    """The configurations of one client that can be read, the one that it prefers first."""
    for place in places(around):
        if place.source == "config":
            with suppress(OSError, ValueError, RecursionError):
                yield _parsed_config(place, _content(place, around))


def configuration_at(place: Place, around: Surroundings) -> object:
    """What a configuration says; OSError or ValueError when it cannot be read or understood."""
    return _parsed_config(place, _content(place, around))


def _content(place: Place, around: Surroundings) -> bytes:
    """What stands at a place; nothing where there is none."""
    if place.path is None:
        return around.environment.get(place.variable, "").encode()
    try:
        with place.path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _parsed_config(place: Place, data: bytes) -> object:
    return _parsed_plist(data) if place.form == "plist" else parse_jsonc(data.decode("utf-8"))


def stamp_of(place: Place) -> tuple[int, int, int] | None:
    """What changes when a file does: time, number, size; None when there is none to see."""
    if place.path is None:
        return None
    try:
        status = os.stat(place.path)  # noqa: PTH116  called for every place, every second
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _saved_keys(parsed: object) -> Iterator[str]:
    """Keys of the `opencode…` entries of an auth.json: api, oauth and wellknown."""
    if not isinstance(parsed, dict):
        raise ValueError("not an object")
    for provider, entry in parsed.items():
        if _PROVIDER.match(provider) and isinstance(entry, dict):
            for name in ("key", "access", "token"):
                if isinstance(entry.get(name), str):
                    yield entry[name]


def parse_jsonc(text: str) -> object:
    """The value of JSON with comments and trailing commas; ValueError when it is none."""
    plain = _COMMENT.sub(lambda match: match[1] or " ", text.removeprefix("\ufeff"))
    parsed: object = json.loads(_TRAILING_COMMA.sub(lambda match: match[1] or "", plain))
    return parsed


def _config_keys(parsed: object, around: Surroundings, folder: Path | None) -> Iterator[str]:
    """Keys of `provider.opencode…`, with `{env:…}` and `{file:…}` replaced.

    They stand in the options, and in headers of the options, of a model and of its options.
    """

    def referred(match: re.Match[str]) -> str:
        named = match[2].strip()
        if match[1] == "env":
            return around.environment.get(named, "")
        path = around.home / named[2:] if named.startswith("~/") else Path(named)
        with ((folder or around.home) / path).open("rb") as file:
            return file.read(LARGEST_FILE).decode("utf-8").strip()

    for name, provider in _members(member(parsed, "provider")):
        if _PROVIDER.match(name):
            for key in _keys_of(provider):
                if isinstance(key, str) and key:
                    yield _REFERENCE.sub(referred, key)


def _keys_of(provider: object) -> Iterator[object]:
    holders = [member(provider, "options")]
    for _, model in _members(member(provider, "models")):
        holders += [model, member(model, "options")]
    for holder in holders:
        yield member(holder, "apiKey")
        for header, value in _members(member(holder, "headers")):
            if header.lower() in KEY_HEADERS and isinstance(value, str):
                yield split_credential(value)[1]


def _credentials_in(text: str) -> list[str]:
    """Keys of DSH's credentials file, in whatever way its YAML is written."""
    if len(text) > LARGEST_YAML:
        raise ValueError("too long")
    import yaml  # noqa: PLC0415  slow to load, and few users have such a file

    try:
        parsed: object = yaml.safe_load(text.removeprefix("\ufeff"))
    except yaml.YAMLError as error:
        raise ValueError(type(error).__name__) from None
    return list(_named_keys(parsed, _DEEPEST, set()))


def _named_keys(node: object, depth: int, seen: set[int]) -> Iterator[str]:
    """Texts under the names of keys; an anchor's content is looked at once."""
    if depth == 0 or id(node) in seen:
        return
    seen.add(id(node))
    for name, value in _members(node):
        if name in KEY_VARIABLES:
            holders = [value, *(inner for label, inner in _members(value) if label != "type")]
            yield from (held.strip() for held in holders if isinstance(held, str) and held.strip())
        else:
            yield from _named_keys(value, depth - 1, seen)


def _parsed_plist(data: bytes) -> object:
    """ValueError when it is no property list; plistlib's own errors differ by format."""
    import plistlib  # noqa: PLC0415  on macOS only there are such files
    from xml.parsers.expat import ExpatError  # noqa: PLC0415

    try:
        parsed: object = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError) as error:
        raise ValueError(type(error).__name__) from None
    return parsed


def _members(node: object) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        yield from ((name, value) for name, value in node.items() if isinstance(name, str))
