"""Keeps everybody from waiting for who reads our output: a thread carries it out.

While the block lasts, what is written to stdout and stderr is put in line. What no longer fits is
dropped, and how many lines that were is said once there is room again. Invariants: writing never
waits and never fails; the order is kept, also where both go to one place; the block is left after
a moment, even if nobody reads. Of results that could not be written, the failure is raised then.
"""

import io
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

MOST_WAITING = 256 * 1024
"""Bytes that wait for a reader at most."""
LAST_WORDS_S = 2.0
"""So long the end of the block waits for a reader."""
REST_S = 0.02
"""Lines that come meanwhile are written together: each by itself would cost the traffic more."""
_ASK_AGAIN_S = 0.05  # of a terminal that somebody else has made non-blocking


class Outlet:
    """A line of waiting output, and the thread that writes it."""

    def __init__(self, target: io.RawIOBase) -> None:
        self.failure: OSError | None = None
        """The first that a write met with."""
        self._target = target
        self._waiting: deque[bytes] = deque()
        self._size = self._dropped = 0
        self._ended = threading.Event()
        self._changed = threading.Condition()
        self._carrier = threading.Thread(target=self._carry, name="output", daemon=True)
        self._carrier.start()

    def put(self, piece: bytes) -> None:
        """Put a piece in line, or drop it; after one has been dropped, until all before are out."""
        with self._changed:
            if self._dropped or self._size > MOST_WAITING:
                self._dropped += max(1, piece.count(b"\n"))
                return
            self._waiting.append(piece)
            self._size += len(piece)
            self._changed.notify()

    def finish(self, patience_s: float = LAST_WORDS_S) -> None:
        """Wait a moment until all is written."""
        self._ended.set()
        with self._changed:
            self._changed.notify()
        self._carrier.join(patience_s)

    def _carry(self) -> None:
        while piece := self._next():
            try:
                while piece:
                    piece = piece[self._written(piece) :]
            except OSError as error:
                self.failure = self.failure or error
            self._ended.wait(REST_S)

    def _next(self) -> bytes:
        """All that waits; nothing when that was all."""
        with self._changed:
            self._changed.wait_for(lambda: self._size or self._dropped or self._ended.is_set())
            piece = b"".join(self._waiting)
            if self._dropped:
                piece += f"warning: nobody read this, {self._dropped} lines left out\n".encode()
            self._waiting.clear()
            self._size = self._dropped = 0
            return piece

    def _written(self, piece: bytes) -> int:
        """How much of a piece went out."""
        written = self._target.write(piece)
        if written is None:
            threading.Event().wait(_ASK_AGAIN_S)
        return written or 0


class _Stream(io.BufferedIOBase):
    """Stands before an outlet in the place of `stream`."""

    def __init__(self, outlet: Outlet, stream: TextIO) -> None:
        self._outlet = outlet
        self._stream = stream

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._outlet.put(bytes(data))
        return len(data)


@contextmanager
def output_never_waits() -> Iterator[None]:
    """Let nobody in the block wait for who reads stdout and stderr. Raises OSError, see above."""
    before = sys.stdout, sys.stderr
    results = Outlet(_below(sys.stdout))
    messages = results if _to_one_place() else Outlet(_below(sys.stderr))
    sys.stdout, sys.stderr = _before(results, sys.stdout), _before(messages, sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        results.finish()
        messages.finish()
    if results.failure is not None:
        raise results.failure


def _below(stream: TextIO) -> io.RawIOBase:
    """What writes without a buffer: one whose lock a thread holds could not be flushed at exit."""
    stream.flush()
    return cast(io.RawIOBase, getattr(stream.buffer, "raw", stream.buffer))


def _before(outlet: Outlet, stream: TextIO) -> io.TextIOWrapper:
    place = cast(BinaryIO, _Stream(outlet, stream))  # all of it that a text stream asks for
    return io.TextIOWrapper(place, stream.encoding, stream.errors, write_through=True)


def _to_one_place() -> bool:
    """Whether stdout and stderr lead to one terminal, file or pipe."""
    try:
        one, other = (os.fstat(stream.fileno()) for stream in (sys.stdout, sys.stderr))
    except OSError:  # what stands in their place in a test has no descriptor
        return False
    # Windows numbers neither pipes nor consoles.
    numbered = one.st_ino != 0 or (sys.stdout.isatty() and sys.stderr.isatty())
    return numbered and os.path.samestat(one, other)
