"""Server-sent events, split as they pass.

Invariant: splitting does not depend on how the bytes were cut into chunks; one event never
occupies more than `MAX_EVENT` bytes. Line ends may be LF, CR LF or CR (WHATWG, section 9.2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_EVENT = 256 * 1024
SEGMENT = 16 * 1024
KEPT_OF_LARGE = 128 * 1024
BLANK = b"\n\n"
_MORE_THAN_BLANK = re.compile(rb"\n{3,}")
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Event:
    """One block of lines."""

    name: str = ""
    data: bytes | None = None
    comments: int = 0
    loose: bytes = b""
    """Lines that are no field: a JSON object that somebody wrote into the stream unframed."""


class EventSplitter:
    """Takes bytes, gives back whole events with LF line ends."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._after_cr = False
        self._fresh = True
        self.truncated = False

    def feed(self, data: bytes) -> bytes:
        """All events that are complete by now, each ending in a blank line; often empty."""
        if not data:
            return b""
        if (  # by far most pieces are one or more whole events
            not self._pending
            and not self._fresh
            and not self._after_cr
            and data.endswith(BLANK)
            and b"\n\n\n" not in data
            and b"\r" not in data
        ):
            return data
        if self._after_cr:
            self._after_cr = False
            if data[:1] == b"\n":
                data = data[1:]
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        pending = self._pending
        searched = max(0, len(pending) - 1)
        pending += data
        if self._fresh and len(pending) >= len(BOM):
            self._fresh = False
            if pending.startswith(BOM):
                del pending[: len(BOM)]
                searched = 0
        end = pending.rfind(BLANK, searched)
        if end < 0:
            if len(pending) > MAX_EVENT:
                self.truncated = True
                del pending[KEPT_OF_LARGE:-1]  # the last byte may be half of a blank line
            return b""
        whole = bytes(pending[: end + 2])
        del pending[: end + 2]
        return _MORE_THAN_BLANK.sub(BLANK, whole) if b"\n\n\n" in whole else whole

    def rest(self) -> bytes:
        """What is left when the stream ends: an event without its blank line, or part of one."""
        return bytes(self._pending)


def parse_events(block: bytes) -> Iterator[Event]:
    """The events of a block that `EventSplitter` gave."""
    for piece in block.split(BLANK):
        lines = piece.strip(b"\n")
        if lines:
            yield _parse_event(lines)


def segments(block: bytes) -> Iterator[bytes]:
    """A block in parts of whole events, none much larger than `SEGMENT`."""
    start = 0
    while len(block) - start > SEGMENT and (end := block.find(BLANK, start + SEGMENT)) >= 0:
        yield block[start : end + 2]
        start = end + 2
    yield block[start:]


def _parse_event(lines: bytes) -> Event:
    event = Event()
    data: list[bytes] = []
    for line in lines.split(b"\n"):
        if line.startswith(b":"):
            event.comments += 1
            continue
        field, colon, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            event.name = value.decode("utf-8", "replace")
        elif not (colon and field in (b"id", b"retry")) and line.lstrip()[:1] in (b"{", b"["):
            event.loose = line
    if data:
        event.data = b"\n".join(data)
    return event
