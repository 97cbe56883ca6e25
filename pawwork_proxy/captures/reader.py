"""Reads one capture, line by line: every whole line, whatever happened to the others.

Invariant: reading never raises for what a line holds, and never mixes two captures. A torn, damaged
or unknown line is counted and named by its number, and so is what does not belong to the first
capture of the file; only a file with no header we can use is refused. Memory holds one record, the
numbers of those that were read, and the requests that are under way.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic_core import from_json

from pawwork_proxy.captures.lines import (
    MAX_LINE_BYTES,
    Damage,
    Reading,
    is_overlong,
    read_line,
    read_view,
)
from pawwork_proxy.errors import CaptureFormatError, UnsupportedSchemaError, reason_of
from pawwork_proxy.model.capture import SCHEMA_VERSION, End, Header, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection, Hello
from pawwork_proxy.model.view import ExchangeView, OpenedView

_BUFFER_BYTES = 262_144
_BOM = b"\xef\xbb\xbf"
_HEADER = b'{"type":"header"'
"""How a header begins, also one that is torn, or glued to a torn line."""

# Types are looked up, not asked: `isinstance` of a model costs as much as decoding a line.
_EXCHANGE: Final = frozenset({ExchangeView, Exchange})
_OPENED: Final = frozenset({OpenedView, Opened})
_NUMBERED: Final = _EXCHANGE | _OPENED | {Stub}
"""Lines that bear the number of a request."""


@dataclass
class Capture:
    """What one capture holds beside its exchanges, which were handed on one by one."""

    path: Path
    header: Header
    count: int
    """Of the exchanges."""
    in_part: int
    """Exchanges of which only part was observed."""
    stubs: list[Stub]
    notes: list[Note]
    hellos: list[Hello]
    handshakes: set[tuple[str | None, str]]
    """Digests of the client's hello and of ours, as exchanges over TLS name them together."""
    connections: list[Connection]
    """Of the tunnel route."""
    interrupted: list[Opened]
    """Requests that were under way when the run stopped, in order of arrival."""
    damages: list[Damage]
    end: End | None
    exchanges: list[Exchange] = field(default_factory=list)
    """In order of arrival, where they were read whole and not handed on."""


class Lines:
    """The lines of one capture in turn, its header first, or what is wrong with them.

    `name` is how messages call the file, `read` what is made of each line. While a line is looked
    at, `number` and `offset` tell its place in the file. That a request has arrived is not among
    them: `under_way` holds it until it is over. Iterating raises UnsupportedSchemaError when a
    newer version of this tool wrote the capture.
    """

    number: int
    _length: int

    def __init__(self, stream: BinaryIO, name: object, read: Reading) -> None:
        self.under_way: dict[int, tuple[int, Opened]] = {}
        """By the number of a request: its line, and which line that is."""
        self._stream = stream
        self._name = name
        self._read = read

    def __iter__(  # noqa: PLR0912  a million lines pass here: one loop, and what it asks is cheap
        self,
    ) -> Iterator[Header | Exchange | Stub | Note | End | Damage]:
        read, next_line = self._read, partial(self._stream.readline, MAX_LINE_BYTES)
        begun = over = False
        records: set[int] = set()
        under_way = self.under_way
        for number, raw in enumerate(iter(next_line, b""), start=1):
            length = len(raw)
            if number == 1:
                raw = raw.removeprefix(_BOM)  # noqa: PLW2901  some editors put it there
            line: Any = Damage(number, "another_capture") if over else read(raw, number)
            kind = type(line)
            if begun and kind in _NUMBERED:
                seq = line.seq
                if seq in records:
                    line = Damage(number, "repeated")
                elif kind in _OPENED:
                    under_way[seq] = (number, line)
                    continue
                else:
                    records.add(seq)
                    under_way.pop(seq, None)
            elif isinstance(line, Damage):
                rest = raw
                while is_overlong(rest):
                    rest = next_line()
                    length += len(rest)
                if raw.isspace():
                    continue
                if not begun:
                    _refuse_newer(raw, self._name)
                elif _HEADER in raw or _header_fields(raw):
                    over = True
            elif isinstance(line, Header):
                begun, over = True, begun
            elif not begun:
                line = Damage(number, "before_header")
            self.number, self._length = number, length
            yield Damage(number, "another_capture") if over else line

    @property
    def offset(self) -> int:
        """Where the line begins, in bytes."""
        return self._stream.tell() - self._length


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
        with path.open("rb", buffering=_BUFFER_BYTES) as stream:
            yield stream
    except OSError as error:
        raise cannot_read(path, error) from None


def cannot_read(path: Path, error: OSError) -> CaptureFormatError:
    """The error of a file or folder that the system does not let us read."""
    return CaptureFormatError(
        f"{path} cannot be read: {reason_of(error)}", "check the path and its permissions"
    )


def view_capture(
    path: Path, stream: BinaryIO, seen: Callable[[ExchangeView, Lines], None] = lambda *_: None
) -> Capture:
    """A capture that is open already; `path` only names it.

    `seen` is given each exchange, in the order of the file, and the lines that know its place.
    Raises CaptureFormatError when it is no capture, UnsupportedSchemaError when a newer version of
    this tool wrote it.
    """
    return _gone_through(path, Lines(stream, path, read_view), seen)


def read_capture(path: Path) -> Capture:
    """A capture file with all its records in memory, each held against the schema.

    Raises CaptureFormatError when it is no capture or cannot be opened, UnsupportedSchemaError
    when a newer version of this tool wrote it.
    """
    exchanges: list[Exchange] = []
    with opened_capture(path) as stream:
        lines = Lines(stream, path, read_line)
        capture = _gone_through(path, lines, lambda exchange, _: exchanges.append(exchange))
    capture.exchanges = sorted(exchanges, key=lambda exchange: exchange.seq)
    return capture


def _gone_through(path: Path, lines: Lines, seen: Callable[[Exchange, Lines], None]) -> Capture:
    header: Header | None = None
    end: End | None = None
    stubs, notes, damages = list[Stub](), list[Note](), list[Damage]()
    hellos, connections = list[Hello](), list[Connection]()
    handshakes: set[tuple[str | None, str]] = set()
    count = in_part = 0
    line: Any
    for line in lines:
        if type(line) in _EXCHANGE:
            count += 1
            ours = line.context.upstream_hello
            if ours is not None:
                handshakes.add((line.context.client_hello, ours))
            in_part += line.signals.unobserved is not None
            seen(line, lines)
            continue
        match line:
            case Header():
                header = line
            case Stub():
                stubs.append(line)
            case Note():
                notes.append(line)
            case Hello():
                hellos.append(line)
            case Connection():
                connections.append(line)
            case End():
                end = line
            case Damage():
                damages.append(line)
    if header is None:
        raise no_capture(path, damages)
    return Capture(
        path,
        header,
        count,
        in_part,
        stubs,
        notes,
        hellos,
        handshakes,
        connections,
        interrupted=[lines.under_way[seq][1] for seq in sorted(lines.under_way)],
        damages=damages,
        end=end,
    )


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
            f"{name} has schema version {version}, this tool reads 1 to {SCHEMA_VERSION}",
            "update pawwork-proxy",
        )
