"""Has slow pseudonyms of request headers made on a worker thread, while the response is under way.

A project's takes some 35 ms, which on the event loop would hold up everybody's traffic. Each header
line is handed over once; what was made is remembered by the redactor.
Invariant: bounded; who sends ever new values has them made when their records are.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

Line = tuple[bytes, bytes]
MOST_WAITING = 64
_MOST_KNOWN = 1024


class Derivations:
    """Header lines that are being noted, or were."""

    def __init__(
        self, note: Callable[[Sequence[Line]], object], is_slow: Callable[[bytes], bool]
    ) -> None:
        self._note = note
        self._is_slow = is_slow
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pseudonyms")
        self._known: dict[Line, Future[object]] = {}

    def begin(self, headers: Sequence[Line]) -> tuple[Future[object], ...]:
        """What a record of a request with these headers has to wait for."""
        under_way = [self._of(line) for line in headers if self._is_slow(line[0])]
        return tuple(one for one in under_way if one is not None and not one.done())

    def close(self) -> None:
        """Let go of the worker; what has not begun is made where it is needed."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _of(self, line: Line) -> Future[object] | None:
        known = self._known.get(line)
        if known is not None:
            return known
        if len(self._known) >= _MOST_KNOWN:
            self._known = {}
        if sum(not one.done() for one in self._known.values()) >= MOST_WAITING:
            return None
        self._known[line] = self._worker.submit(self._note, (line,))
        return self._known[line]
