"""Writes a capture's lines on a thread of their own, so that a disk that hangs holds nobody up.

Invariants: lines reach the file in the order in which they came; what waits is bounded, and what
does not fit is counted as lost. A request may wait for the line that says that it has come
(`on_disk`), up to a limit: then it goes on, and counts as lost until that line is written. A disk
is mostly faster than what it takes to be told of it, so the event loop itself waits first, a
thousandth of a second at most, and for a second not again after a line that took longer. All but
the thread belongs to the event loop.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple

from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.model.capture import End

MOST_WAITING = 32 * 1024 * 1024
"""Bytes of lines that wait for the disk at most."""
PATIENCE_S = 0.1
"""A request waits no longer for its line; nobody notices a tenth of a second."""
HERE_S = 0.001
"""The event loop waits no longer for a line."""
NOT_AGAIN_S = 1.0
"""After a line that took longer the event loop waits for none, for so long."""
LAST_LINES_S = 5.0
"""The end of a run waits no longer for a disk that hangs."""


class _Line(NamedTuple):
    text: bytes
    weight: int
    """How many exchanges are lost with it."""


class _Request(NamedTuple):
    line: int
    """Which line it waits for, by number."""
    until: float
    passed: asyncio.Future[None]


class WritingThread:
    """Puts the lines of a run in line for its writer."""

    def __init__(self, writer: CaptureWriter, loop: asyncio.AbstractEventLoop) -> None:
        self.path = writer.path
        self.on_change: Callable[[], None] = lambda: None
        """Called in the event loop when `lost` has changed meanwhile."""
        self._writer = writer
        self._loop = loop
        self._lines: SimpleQueue[_Line | End] = SimpleQueue()
        # Each number is changed by one side only: these by the event loop, those by the thread.
        self._put = self._put_bytes = self._put_weight = 0
        self._dropped = self._late = self._late_until = 0
        self._done = self._done_bytes = self._done_weight = 0
        self._dropped_noted = self._late_noted = 0
        self._awaited = 0
        """The line for which the event loop waits, by number, until the thread has told it."""
        self._written: SimpleQueue[None] = SimpleQueue()
        self._slow_until = 0.0
        self._requests: deque[_Request] = deque()
        self._watched = self._hangs = self._given_up = False
        self._thread = threading.Thread(target=self._write, name="capture", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Exchanges that have no line in the file; while it is not written, the late ones too."""
        dropped, late = self._dropped - self._dropped_noted, self._late - self._late_noted
        waiting = self._put_weight - self._done_weight if self._given_up else late
        return self._writer.lost + dropped + waiting

    def append(self, line: bytes, weight: int = 1) -> bool:
        """Put a line in line; False when it is lost, because too much waits already."""
        if self._is_full():
            self.lose(weight)
            return False
        self._put += 1
        self._put_bytes += len(line)
        self._put_weight += weight
        self._lines.put(_Line(line, weight))
        return True

    def lose(self, weight: int) -> None:
        """Count exchanges that have no line; the capture says so as soon as it can be written."""
        self._dropped += weight

    def on_disk(self) -> asyncio.Future[None] | None:
        """What a request waits for whose line was put last; None when it need not wait."""
        if self._done == self._put or self._is_full() or self._is_written_at_once():
            return None
        request = _Request(self._put, self._loop.time() + PATIENCE_S, self._loop.create_future())
        self._requests.append(request)
        if self._hangs:
            self._let_all_go()
        self._let_go()  # the thread may just have written it, and have seen nobody who waits
        if self._requests and not self._watched:
            self._watched = True
            self._loop.call_at(request.until, self._watch)
        return request.passed

    def close(self, end: End) -> None:
        """Write what waits and the end line, unless the disk hangs; closing twice is harmless."""
        self._lines.put(end)
        self._thread.join(LAST_LINES_S)
        self._given_up = self._thread.is_alive()

    def _is_full(self) -> bool:
        return self._put_bytes - self._done_bytes > MOST_WAITING

    def _is_written_at_once(self) -> bool:
        if self._hangs or self._loop.time() < self._slow_until:
            return False
        self._awaited = self._put
        try:
            while self._done < self._put:  # the thread may tell of an earlier line
                self._written.get(timeout=HERE_S)
        except Empty:
            self._slow_until = self._loop.time() + NOT_AGAIN_S
            return False
        return True

    def _watch(self) -> None:
        """See whether the first that waits has waited long enough."""
        self._let_go()
        if self._requests and self._requests[0].until <= self._loop.time():
            self._hangs = True
            self._let_all_go()
        self._watched = bool(self._requests)
        if self._watched:
            self._loop.call_at(self._requests[0].until, self._watch)

    def _let_all_go(self) -> None:
        """Requests go on that are not noted on disk: until they are, they count as lost."""
        self._late_until = self._put
        self._late += len(self._requests)
        while self._requests:
            self._pass(self._requests.popleft())
        self.on_change()

    def _let_go(self) -> None:
        while self._requests and self._requests[0].line <= self._done:
            self._pass(self._requests.popleft())

    def _pass(self, request: _Request) -> None:
        if not request.passed.done():  # whoever waited may have been cancelled
            request.passed.set_result(None)

    def _went_on(self) -> None:
        self._hangs = False
        self.on_change()

    def _write(self) -> None:
        """The thread: write what comes, until the end."""
        end: End | None = None
        while end is None:
            taken = [self._lines.get()]
            taken += [self._lines.get() for _ in range(self._lines.qsize())]
            lines = [one for one in taken if isinstance(one, _Line)]
            end = next((one for one in taken if isinstance(one, End)), None)
            kept = self._writer.append_all(lines)
            self._done_bytes += sum([len(line.text) for line in lines])
            self._done_weight += sum([line.weight for line in lines])
            self._done += len(lines)
            if 0 < self._awaited <= self._done:
                self._awaited = 0
                self._written.put(None)
            self._note_losses()
            if self._requests:
                self._tell(self._let_go)
            if self._hangs or not kept:
                self._tell(self._went_on)
        self._writer.close(end.model_copy(update={"lost": self.lost}))

    def _note_losses(self) -> None:
        """Have the capture say what was dropped, and that requests are noted now that were late."""
        late, until = self._late, self._late_until
        if late > self._late_noted and self._done >= until:
            self._writer.note("noted_late", late - self._late_noted)
            self._late_noted = late
        dropped = self._dropped
        if dropped > self._dropped_noted:
            self._writer.lose(dropped - self._dropped_noted)
            self._dropped_noted = dropped

    def _tell(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # a run that could not wait has ended, and its loop with it
            self._loop.call_soon_threadsafe(call)
