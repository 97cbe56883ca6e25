"""Studies: shared pseudonym keys, so that captures of several machines can be joined.

A study is a name and 32 random bytes. It travels as one token, out of band; whoever has the token
can join captures and guess values against them, so it is as private as a password. Without a
study, captures are pseudonymised under the user's own key and cannot be joined with anybody's.
Invariant: a key is in its file (0600) and in tokens that were asked for, nowhere else; a study
whose key is missing is an error, never silently another key.
"""

import base64
import binascii
import hashlib
import re
import secrets
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.environment.private_files import (
    create_private,
    read_private,
    remove_private,
    write_private,
)
from pawwork_proxy.errors import StudyError
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser

KEY_BYTES = 32
_WORD_BEFORE = "pawwork-study"  # makes a token recognisable in a chat or a mail
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CHECK_DIGITS = 8  # of a checksum, by which a mistyped token is noticed
_OWN_KEY = "key"
_OWN_MEANS = "have"
_CURRENT = "study"


class Study(NamedTuple):
    """A study this machine takes part in; `study_id` is what its captures say."""

    name: str
    study_id: str
    current: bool


def current_key(home: Path) -> bytes:
    """The key to pseudonymise under: the current study's, else the user's own (made once).

    Raises StudyError when the current study's key file is missing or damaged.
    """
    name = _current_name(home)
    if name is None:
        return create_private(home / _OWN_KEY, lambda: secrets.token_bytes(KEY_BYTES))
    return _read_key(home, name)


def create_study(home: Path, name: str) -> str:
    """Start a study, make it the current one, and return its token."""
    _check_name(name)
    key = secrets.token_bytes(KEY_BYTES)
    _adopt(home, name, key, f"there is a study {name} on this machine already")
    return _token(name, key)


def join_study(home: Path, token: str) -> Study:
    """Take part in the study of a token and make it the current one."""
    name, key = _parse(token)
    _adopt(home, name, key, f"another study on this machine is called {name}")
    return Study(name, Pseudonymiser(key).study_id, True)


def _adopt(home: Path, name: str, key: bytes, otherwise: str) -> None:
    """Keep a study's key and make the study current; StudyError when the name has another key."""
    if create_private(_key_file(home, name), lambda: key) != key:
        raise StudyError(otherwise, f"leave it first: study leave {name}")
    write_private(home / _CURRENT, name.encode())


def list_studies(home: Path) -> tuple[Study, ...]:
    """The studies whose keys are on this machine, by name."""
    current = _current_name(home)
    names = sorted(path.stem for path in (home / "studies").glob("*.key"))
    return tuple(
        Study(name, Pseudonymiser(_read_key(home, name)).study_id, name == current)
        for name in names
        if _NAME.fullmatch(name)
    )


def leave_study(home: Path, name: str | None = None) -> str:
    """Remove a study's key from this machine (the current study's when none is named)."""
    current = _current_name(home)
    leaving = name or current
    if leaving is None:
        raise StudyError("no study is current", "name the one to leave; `study list` shows them")
    _check_name(leaving)
    path = _key_file(home, leaving)
    if leaving != current and not path.exists():
        raise StudyError(
            f"there is no study {leaving} on this machine",
            "`study list` shows which there are",
        )
    if leaving == current:
        remove_private(home / _CURRENT, leaving.encode())
    path.unlink(missing_ok=True)
    _means_file(home, leaving).unlink(missing_ok=True)
    return leaving


class Remembered(NamedTuple):
    """What the user has for experiments, as they said it, and the file in which that is kept."""

    text: str
    place: Path


def remember_means(home: Path, text: str) -> None:
    """Keep what the user has for experiments with the current study, or without one their own."""
    write_private(_means_file(home, _current_name(home)), text.encode())


def remembered_means(home: Path) -> Remembered | None:
    """What the user said that they have; None if they were never asked."""
    place = _means_file(home, _current_name(home))
    found = read_private(place)
    return None if found is None else Remembered(found.decode("utf-8", "replace").strip(), place)


def _means_file(home: Path, study: str | None) -> Path:
    return home / _OWN_MEANS if study is None else home / "studies" / f"{study}.have"


def _key_file(home: Path, name: str) -> Path:
    return home / "studies" / f"{name}.key"


def _current_name(home: Path) -> str | None:
    found = read_private(home / _CURRENT)
    if found is None:
        return None
    name = found.decode("ascii", "replace").strip()
    if _NAME.fullmatch(name) is None:
        raise StudyError("the note of the current study is damaged", "join the study again")
    return name


def _read_key(home: Path, name: str) -> bytes:
    key = read_private(_key_file(home, name))
    if key is None or len(key) != KEY_BYTES:
        raise StudyError(
            f"the key of the study {name} is missing or damaged",
            f"join it again with its token, or leave it: study leave {name}",
        )
    return key


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise StudyError(
            "this cannot be a study's name",
            "use 1 to 32 lower-case letters, digits and hyphens",
        )


def _token(name: str, key: bytes) -> str:
    encoded = base64.urlsafe_b64encode(key).decode().rstrip("=")
    return f"{_WORD_BEFORE}:{name}:{encoded}:{_check(name, key)}"


def _check(name: str, key: bytes) -> str:
    """Digits that tell a mistyped token from a whole one."""
    return hashlib.sha256(name.encode() + b"\0" + key).hexdigest()[:_CHECK_DIGITS]


def _parse(token: str) -> tuple[str, bytes]:
    parts = token.strip().split(":")
    if len(parts) == 4 and parts[0] == _WORD_BEFORE and _NAME.fullmatch(parts[1]):
        try:
            key = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4))
        except (binascii.Error, ValueError):
            key = b""
        if len(key) == KEY_BYTES and secrets.compare_digest(parts[3], _check(parts[1], key)):
            return parts[1], key
    raise StudyError(
        "this is no complete study token",
        f"copy it again; it starts with {_WORD_BEFORE}: and is one word",
    )
