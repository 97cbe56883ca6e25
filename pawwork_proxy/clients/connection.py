"""Connects a client by its configuration, and takes back what is still ours.

What was written is remembered in a private file for each client: places, values and the edits,
never a whole file.
Invariant: a file appears whole or not at all, keeps its mode, and is only replaced while it holds
what was read.
"""

import contextlib
import difflib
import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from pawwork_proxy.clients.configuration import Setting, refused, text_of
from pawwork_proxy.clients.jsonc import Edit, UnreadableError, at, parsed, removal, setting
from pawwork_proxy.environment.looking import is_there
from pawwork_proxy.environment.private_files import (
    read_private,
    remove_private,
    write_new,
    write_private,
)
from pawwork_proxy.errors import ConfigurationError, reason_of

_MEMORY = "connected"
_SECRET = re.compile(
    r'("[^"]*(?:key|token|secret|auth|password|credential)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"', re.I
)
_EMPTY = "{}\n"


class Written(NamedTuple):
    """A value that we have set."""

    path: tuple[str, ...]
    value: str
    before: str | None
    """The text that stood there; None where nothing did."""
    found: int
    """How many names of the path there were already."""


class Connected(NamedTuple):
    """What was done to a client's configuration."""

    file: str
    made: bool
    """Whether there was no such file."""
    folders: tuple[str, ...]
    """Those that had to be made for it, the innermost first."""
    digest: str
    """Of the whole file, as we left it."""
    edits: tuple[Edit, ...]
    written: tuple[Written, ...]


class Change(NamedTuple):
    """A file's text before and after; None where there is no file."""

    path: Path
    before: str | None
    after: str | None


class Undone(NamedTuple):
    """A configuration without what is ours."""

    change: Change
    kept: tuple[str, ...]
    """Values that somebody has changed since: they stay."""


_FORM = TypeAdapter(Connected)


def remembered(home: Path) -> dict[str, Connected]:
    """What was written, by client, as the private folder `home` has it."""
    return {file.stem: _remembered(file) for file in sorted((home / _MEMORY).glob("[a-z]*.json"))}


def _remembered(file: Path) -> Connected:
    try:
        return _FORM.validate_json(read_private(file) or b"")
    except ValidationError:
        raise ConfigurationError(
            f"{file} is damaged",
            "move it away, and take the values out of the client's configuration by hand",
        ) from None


def remember(home: Path, client: str, connected: Connected) -> None:
    """Keep what was written for a client."""
    write_private(home / _MEMORY / f"{client}.json", _FORM.dump_json(connected))


def forget(home: Path, client: str, connected: Connected) -> None:
    """Drop what was written for a client, unless it is another connection by now."""
    remove_private(home / _MEMORY / f"{client}.json", _FORM.dump_json(connected))


def connecting(
    path: Path, settings: Iterable[Setting], before: Connected | None
) -> tuple[Change, Connected]:
    """The change that sets values in a file, and what to remember of it.

    What was set in the same file `before` is taken back first.
    """
    found = text_of(path)
    original = undone(before).change.after if before else found
    text, edits, written = original or _EMPTY, list[Edit](), list[Written]()
    if not original:
        edits.append(Edit(0, "", _EMPTY))
    try:
        for names, value in settings:
            root = parsed(text)
            there = [depth for depth in range(len(names) + 1) if at(root, names[:depth])]
            node = at(root, names)
            schema = len(names) == 1
            if schema and node:
                continue  # any schema keeps the client from adding one
            new = setting(text, names, value, first=schema)
            if new:
                old = text[node.start : node.end] if node else None
                written.append(Written(names, value, old, len(there) - 1))
            for edit in new:
                text = edit.applied(text)
            edits += new
    except UnreadableError as error:
        raise refused(path, error) from None
    missing = tuple(str(folder) for folder in path.parents if not is_there(folder))
    folders = missing or (before.folders if before else ())
    return Change(path, found, text), Connected(
        str(path), original is None, folders, _digest(text), tuple(edits), tuple(written)
    )


def undone(connected: Connected) -> Undone:
    """What takes back what is still ours in a file, and what is not ours any more."""
    path = Path(connected.file)
    found = text_of(path)
    if found is None:
        return Undone(Change(path, None, None), ())
    text, kept = found, []
    if _digest(found) == connected.digest:
        for edit in reversed(connected.edits):
            text = edit.reversed().applied(text)
    else:
        try:
            for one in reversed(connected.written):
                node = at(parsed(text), one.path)
                if node is not None and node.value != one.value:
                    kept.append(".".join(one.path))
                elif node is not None:
                    text = _without(text, one)
            text = "" if connected.made and parsed(text).value == {} else text
        except UnreadableError as error:
            raise refused(path, error) from None
    return Undone(Change(path, found, None if connected.made and not text else text), tuple(kept))


def _without(text: str, one: Written) -> str:
    """A text without a value of ours, and without the objects that were made for it."""
    if one.before is not None:
        node = at(parsed(text), one.path)
        assert node is not None
        return Edit(node.start, text[node.start : node.end], one.before).applied(text)
    for depth in range(len(one.path), one.found, -1):
        node = at(parsed(text), one.path[:depth])
        if node is None or (depth < len(one.path) and node.members != ()):
            break
        for edit in removal(text, one.path[:depth]):
            text = edit.applied(text)
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shown(change: Change) -> Iterator[str]:
    """A change as a diff, without what stands around it: keys may stand there."""
    before, after = (
        [_SECRET.sub(r'\1"..."', line) for line in (text or "").splitlines()]
        for text in (change.before, change.after)
    )
    yield from difflib.unified_diff(
        before, after, str(change.path), str(change.path), lineterm="", n=0
    )


def make(change: Change, folders: Iterable[str] = ()) -> None:
    """Put a change into its file; ConfigurationError where that fails.

    When the file goes, so do those of its `folders` that are empty then.
    """
    path = change.path
    if change.before == change.after:
        return
    try:
        if text_of(path) != change.before:
            raise ConfigurationError(
                f"{path} has been changed by another program just now", "try again"
            )
        if change.after is None:
            path.unlink()
            with contextlib.suppress(OSError):
                for folder in folders:
                    Path(folder).rmdir()
        else:
            _replace(path, change.after.encode())
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {reason_of(error)}", "check its owner and permissions"
        ) from None


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o600
    try:
        write_new(draft, data)
        draft.chmod(mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
