"""Reads captures: every whole line, whatever happened to the others.

Invariant: reading never raises for what a line holds, and never mixes two captures. A torn, damaged
or unknown line is counted and named by its number, and so is what does not belong to the first
capture of the file; only a file with no header we can use is refused.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import ValidationError
from pydantic_core import from_json

from pawwork_proxy.errors import CaptureFormatError, UnsupportedSchemaError
from pawwork_proxy.model.capture import (
    LINE,
    SCHEMA_VERSION,
    End,
    Header,
    Line,
    Note,
    Opened,
    Stub,
)
from pawwork_proxy.model.exchange import Exchange

MAX_LINE_BYTES = 4 * 1024 * 1024
"""Our longest record is some tens of kilobytes; a longer line is no line of ours."""

OBSERVED_IN_PART = "exchanges were observed in part: looking at the traffic failed"
"""Said of a capture behind their number."""

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{")
_HEADER = b'{"type":"header"'
"""How a header begins, also one that is torn, or glued to a torn line."""

Reason = Literal[
    "torn",
    "not_json",
    "not_a_record",
    "too_long",
    "utf_16",
    "before_header",
    "repeated",
    "another_capture",
]
"""`repeated`: there is a record of that number already; `another_capture`: a second header, and
all lines behind it."""


@dataclass(frozen=True)
class Damage:
    """A line that could not be read or used; `number` counts from 1."""

    number: int
    reason: Reason


@dataclass
class Capture:
    """All of one capture that can be read."""

    path: Path
    header: Header
    exchanges: list[Exchange] = field(default_factory=list)
    stubs: list[Stub] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    interrupted: list[Opened] = field(default_factory=list)
    """Requests that were under way when the run stopped, in order of arrival."""
    damages: list[Damage] = field(default_factory=list)
    end: End | None = None


def read_lines(stream: BinaryIO, name: object = "the capture") -> Iterator[Line | Damage]:
    """The lines of one capture in turn, its header first, or what is wrong with them.

    `name` is how messages call the file. Memory is bounded by a line and the records' numbers.
    Raises UnsupportedSchemaError when a newer version of this tool wrote it.
    """
    begun = another = False
    records: set[int] = set()
    for number, raw in _raw_lines(stream):
        if another:
            yield Damage(number, "another_capture")
            continue
        line = read_line(raw, number)
        if begun and _begins_another(line, raw):
            another = True
            yield Damage(number, "another_capture")
        elif isinstance(line, Damage):
            if not begun:
                _refuse_newer(raw, name)
            yield line
        elif not begun and not isinstance(line, Header):
            yield Damage(number, "before_header")
        elif isinstance(line, Opened | Exchange | Stub) and line.seq in records:
            yield Damage(number, "repeated")
        else:
            begun = True
            if isinstance(line, Exchange | Stub):
                records.add(line.seq)
            yield line


def read_line(raw: bytes, number: int) -> Line | Damage:
    """One line by itself; `number` is its place in the file."""
    if _is_overlong(raw):
        return Damage(number, "too_long")
    if number == 1 and raw.startswith(_UTF_16):
        return Damage(number, "utf_16")
    try:
        return LINE.validate_json(raw)
    except ValidationError as error:
        if error.errors(include_input=False, include_url=False)[0]["type"] != "json_invalid":
            return Damage(number, "not_a_record")
        return Damage(number, "not_json" if raw.endswith(b"\n") else "torn")


def _raw_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line that is not blank; of an overlong one its beginning."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES):
        number += 1
        if _is_overlong(raw):
            while _is_overlong(stream.readline(MAX_LINE_BYTES)):
                pass
        elif number == 1:
            raw = raw.removeprefix(_BOM)  # some editors put it there
        if raw.strip():
            yield number, raw


def _is_overlong(raw: bytes) -> bool:
    return len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")


def _begins_another(line: Line | Damage, raw: bytes) -> bool:
    """Whether a line behind the header is one of another capture, whole or not."""
    if isinstance(line, Damage):
        return _HEADER in raw or bool(_header_fields(raw))
    return isinstance(line, Header)


def _header_fields(raw: bytes) -> dict[str, object]:
    """What a line says that calls itself a header, of whatever schema; of any other nothing."""
    try:
        line = from_json(raw)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and line.get("type") == "header" else {}


@contextmanager
def opened_capture(path: Path) -> Iterator[BinaryIO]:
    """The file at `path`, open for reading.

    Raises CaptureFormatError when it cannot be read, or is no regular file: a pipe, a socket or a
    device may never end.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CaptureFormatError(
                f"{path} is no regular file", "give a capture-….jsonl, or a folder of captures"
            )
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise CaptureFormatError(
            f"cannot read {path}: {errno.errorcode.get(error.errno or 0, type(error).__name__)}",
            "check the path and its permissions",
        ) from None


def read_capture(path: Path) -> Capture:
    """The readable whole of a capture file.

    Raises CaptureFormatError when it is no capture or cannot be opened, UnsupportedSchemaError
    when a newer version of this tool wrote it.
    """
    with opened_capture(path) as stream:
        return capture_from(path, stream)


def capture_from(path: Path, stream: BinaryIO) -> Capture:
    """The readable whole of a capture that is open already; `path` only names it."""
    header: Header | None = None
    end: End | None = None
    opened: dict[int, Opened] = {}
    exchanges: list[Exchange] = []
    stubs: list[Stub] = []
    notes: list[Note] = []
    damages: list[Damage] = []
    for line in read_lines(stream, path):
        match line:
            case Header():
                header = line
            case Opened():
                opened[line.seq] = line
            case Exchange():
                opened.pop(line.seq, None)
                exchanges.append(line)
            case Stub():
                opened.pop(line.seq, None)
                stubs.append(line)
            case Note():
                notes.append(line)
            case End():
                end = line
            case damage:
                damages.append(damage)
    if header is None:
        raise no_capture(path, damages)
    exchanges.sort(key=lambda exchange: exchange.seq)
    interrupted = [opened[seq] for seq in sorted(opened)]
    return Capture(path, header, exchanges, stubs, notes, interrupted, damages, end)


def no_capture(path: Path, damages: Iterable[Damage]) -> CaptureFormatError:
    """What to say of a file in which no header was found."""
    reasons = [damage.reason for damage in damages]
    if not reasons:
        why = "an empty file, nothing was recorded in it"
    elif "utf_16" in reasons:
        return CaptureFormatError(
            f"{path} is no capture: it is UTF-16 text, a capture is UTF-8",
            "give the file as it was written, or save it as UTF-8",
        )
    else:
        why = "it has no header line"
    return CaptureFormatError(
        f"{path} is no capture: {why}", "give a capture-….jsonl written by 'pawwork-proxy run'"
    )


def _refuse_newer(raw: bytes, name: object) -> None:
    """A header that does not fit may be one of a newer schema: that is said, not skipped."""
    version = _header_fields(raw).get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UnsupportedSchemaError(
            f"{name} has schema version {version}, this tool reads {SCHEMA_VERSION}",
            "update pawwork-proxy",
        )
