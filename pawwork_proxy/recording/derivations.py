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
        self._under_way: dict[Line, Future[object]] = {}
        self._made: set[Line] = set()

    def begin(self, headers: Sequence[Line]) -> tuple[Future[object], ...]:
        """What a record of a request with these headers has to wait for."""
        slow = [line for line in headers if self._is_slow(line[0]) and line not in self._made]
        return tuple(filter(None, map(self._of, slow)))  # most requests have none

    def close(self) -> None:
        """Let go of the worker; what has not begun is made where it is needed."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _of(self, line: Line) -> Future[object] | None:
        for one in [one for one, future in self._under_way.items() if future.done()]:
            del self._under_way[one]
            self._made.add(one)
        if len(self._made) > _MOST_KNOWN:
            self._made.clear()
        if line in self._made or line in self._under_way:
            return self._under_way.get(line)
        if len(self._under_way) >= MOST_WAITING:
            return None
        self._under_way[line] = self._worker.submit(self._note, (line,))
        return self._under_way[line]
