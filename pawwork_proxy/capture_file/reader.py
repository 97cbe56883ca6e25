"""Reads captures: every whole line, whatever happened to the others.

Invariant: reading never raises for what a line holds. A torn, damaged or unknown line is counted
and named by its number; only a file with no header we can use is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
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


@dataclass(frozen=True)
class Damage:
    """A line that could not be read; `number` counts from 1."""

    number: int
    reason: Literal["torn", "not_json", "not_a_record", "too_long"]


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


def read_lines(stream: BinaryIO) -> Iterator[Line | Damage]:
    """Each line of a capture in turn, or what is wrong with it; memory bounded by a line."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES):
        number += 1
        if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield Damage(number, "too_long")
        elif raw.strip():
            yield _line_or_damage(raw, number)


def _line_or_damage(raw: bytes, number: int) -> Line | Damage:
    try:
        return LINE.validate_json(raw)
    except ValidationError as error:
        _refuse_newer(raw)
        if error.errors(include_input=False, include_url=False)[0]["type"] != "json_invalid":
            return Damage(number, "not_a_record")
        return Damage(number, "not_json" if raw.endswith(b"\n") else "torn")


def read_capture(path: Path) -> Capture:
    """The readable whole of a capture file.

    Raises CaptureFormatError when it is no capture or cannot be opened, UnsupportedSchemaError
    when a newer version of this tool wrote it.
    """
    try:
        with path.open("rb") as stream:
            return capture_from(path, stream)
    except OSError as error:
        raise CaptureFormatError(
            f"cannot read {path}: {type(error).__name__}", "check the path and its permissions"
        ) from None


def capture_from(path: Path, stream: BinaryIO) -> Capture:
    """The readable whole of a capture that is open already; `path` only names it."""
    return _collect(path, read_lines(stream))


def _collect(path: Path, lines: Iterator[Line | Damage]) -> Capture:
    capture: Capture | None = None
    early: list[Damage] = []
    opened: dict[int, Opened] = {}
    for line in lines:
        if capture is None:
            if isinstance(line, Header):
                capture = Capture(path, line, damages=early)
            elif isinstance(line, Damage):
                early.append(line)
            continue
        match line:
            case Header():  # two captures glued together: the first one's context holds
                capture.damages.append(Damage(0, "not_a_record"))
            case Opened():
                opened[line.seq] = line
            case Exchange():
                opened.pop(line.seq, None)
                capture.exchanges.append(line)
            case Stub():
                opened.pop(line.seq, None)
                capture.stubs.append(line)
            case Note():
                capture.notes.append(line)
            case End():
                capture.end = line
            case damage:
                capture.damages.append(damage)
    if capture is None:
        raise CaptureFormatError(
            f"{path} is no capture: it has no header line",
            "give a capture-….jsonl written by 'pawwork-proxy run'",
        )
    capture.interrupted = [opened[seq] for seq in sorted(opened)]
    capture.exchanges.sort(key=lambda exchange: exchange.seq)
    return capture


def _refuse_newer(raw: bytes) -> None:
    """A header that does not fit may be one of a newer schema: that is said, not skipped."""
    try:
        line = from_json(raw)
    except ValueError:
        return
    if not isinstance(line, dict) or line.get("type") != "header":
        return
    version = line.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UnsupportedSchemaError(
            f"the capture has schema version {version}, this tool reads {SCHEMA_VERSION}",
            "update pawwork-proxy",
        )
