"""What a client's own error lines come to: on the tunnel route nobody else says how it went.

Invariants: each byte is passed on as it came, before it is looked at; of a line only the kind of
its outcome leaves this module. A reader that hangs holds up the client as it would without us, and
nobody else.
"""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from threading import Thread

from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.reported import read_reported

LONGEST_LINE = 64 * 1024
LAST_WORDS_S = 5.0
"""So long we wait for the end of what a client said that has ended; its children may go on."""
_SAYS_NOTHING = {Kind.UNKNOWN, Kind.SUCCESS}
_ERROR = re.compile(rb"(?i)\berror|Error\b")
"""A line that says so; others may hold what a model wrote."""


def error_kind(line: bytes) -> Kind | None:
    """What an error line comes to; None for another line, or where nothing can be told."""
    if not _ERROR.search(line):
        return None
    kind = classify(read_reported(line).signals).kind
    return None if kind in _SAYS_NOTHING else kind


@asynccontextmanager
async def errors_passed_on(
    tell: Callable[[Kind], None], to: int | None = None
) -> AsyncIterator[int]:
    """A descriptor to be a client's stderr: what it writes there comes out at ours.

    `tell` is called from a thread. The block ends when the client has ended.
    """
    source, sink = os.pipe()
    target = sys.stderr.fileno() if to is None else to
    reading = Thread(target=_pass_on, args=(source, target, tell), daemon=True)
    reading.start()
    try:
        yield sink
    finally:
        os.close(sink)
        await asyncio.to_thread(reading.join, LAST_WORDS_S)


def _pass_on(source: int, target: int, tell: Callable[[Kind], None]) -> None:
    line = b""
    with os.fdopen(source, "rb", buffering=0) as stream:
        while piece := stream.read(LONGEST_LINE):
            with suppress(OSError):  # nobody reads our stderr; the client goes on
                _write_all(target, piece)
            *lines, line = (line + piece).split(b"\n")
            line = line[-LONGEST_LINE:]
            _tell_of(lines, tell)
    _tell_of([line], tell)


def _write_all(target: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(target, piece) :]


def _tell_of(lines: list[bytes], tell: Callable[[Kind], None]) -> None:
    for line in lines:
        with suppress(Exception):  # a line that cannot be read costs itself only
            kind = error_kind(line)
            if kind is not None:
                tell(kind)
