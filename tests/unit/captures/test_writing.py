"""A disk that hangs holds up nobody for long: what waits is bounded, ordered, counted and noted.

The clock is the test's own, and so is the moment at which the disk goes on.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from pawwork_proxy.captures import writing
from pawwork_proxy.captures.completeness import happenings
from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.captures.writing import PATIENCE_S, WritingThread
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End
from tests.unit.builders import NOON, exchange, header

END = End(at=NOON, exchanges=1, reason="finished")


class Disk(CaptureWriter):
    """Writes when it is let."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, header(), lambda: NOON)
        self.asked, self.lets = threading.Event(), threading.Event()

    def append_all(self, lines: Sequence[tuple[bytes, int]]) -> bool:
        self.asked.set()
        self.lets.wait()
        return super().append_all(lines)


class Loop:
    """What the thread's owner uses of an event loop."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.calls: list[Callable[[], None]] = []
        self._real = asyncio.new_event_loop()

    def time(self) -> float:
        return self.now

    def create_future(self) -> asyncio.Future[None]:
        return self._real.create_future()

    def call_at(self, when: float, call: Callable[[], None]) -> None:
        self.timers.append((when, call))

    def call_soon_threadsafe(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def pass_until(self, now: float) -> None:
        """Let time pass, and do what is due."""
        self.now = now
        due, self.timers = self.timers, []
        for when, call in due:
            assert when <= now
            call()

    def work(self) -> None:
        """Do what the thread has asked for."""
        calls, self.calls = self.calls, []
        for call in calls:
            call()


class Run:
    """A writing thread with everything at hand."""

    def __init__(self, folder: Path) -> None:
        self.disk, self.loop = Disk(folder), Loop()
        self.writing = WritingThread(self.disk, cast(asyncio.AbstractEventLoop, self.loop))
        self.changes: list[int] = []
        self.writing.on_change = lambda: self.changes.append(self.writing.lost)

    def append(self, seq: int, weight: int = 1) -> bool:
        return self.writing.append(line_of(exchange(seq)), weight)

    def request(self, seq: int) -> asyncio.Future[None]:
        """A request has come, with a line that says so."""
        assert self.append(seq, weight=0)
        passed = self.writing.on_disk()
        assert passed is not None
        return passed

    def recorded(self) -> list[int]:
        return [one.seq for one in read_capture(self.disk.path).exchanges]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_lines_are_written_in_order_and_the_end_is_last(run: Run) -> None:
    run.disk.lets.set()
    for seq in range(1, 200):
        assert run.append(seq)
    run.writing.close(END)
    run.writing.close(END)
    capture = read_capture(run.disk.path)
    assert [one.seq for one in capture.exchanges] == list(range(1, 200))
    assert capture.end == END
    assert run.writing.lost == 0


def test_a_request_passes_as_soon_as_its_line_is_written(run: Run) -> None:
    first = run.request(1)
    assert not first.done()
    run.disk.lets.set()
    while not run.loop.calls:
        assert not first.done()
    run.loop.work()
    assert first.done()
    assert run.recorded() == [1]
    assert run.writing.on_disk() is None, "all is written"
    run.loop.pass_until(PATIENCE_S)
    assert not run.loop.timers
    run.writing.close(END)
    assert not run.changes


def test_for_a_quick_disk_the_loop_itself_waits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "HERE_S", 60.0)
    run.disk.lets.set()
    for seq in range(1, 50):
        assert run.append(seq)
        assert run.writing.on_disk() is None
        assert run.recorded()[-1] == seq
    run.writing.close(END)
    assert not run.loop.calls
    assert not run.loop.timers


def test_after_a_line_that_took_longer_the_loop_waits_for_none_for_a_while(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "HERE_S", 0.0)
    run.request(1)
    run.disk.lets.set()
    while run.writing.on_disk() is not None:
        pass
    monkeypatch.setattr(writing, "HERE_S", 60.0)
    run.disk.lets.clear()
    run.request(2)
    run.disk.lets.set()
    run.loop.now = writing.NOT_AGAIN_S
    assert run.append(3)
    assert run.writing.on_disk() is None
    assert run.recorded() == [1, 2, 3]
    run.writing.close(END)


def test_while_the_disk_hangs_requests_pass_and_count_as_lost_until_they_are_noted(
    run: Run,
) -> None:
    first, gone = run.request(1), run.request(2)
    gone.cancel()
    run.disk.asked.wait()
    run.loop.pass_until(PATIENCE_S)
    assert first.done()
    assert run.changes == [2]
    assert run.request(3).done(), "once it is known to hang, nobody waits for it"
    assert run.changes == [2, 3]
    assert run.recorded() == []
    run.disk.lets.set()
    while run.writing.lost:
        pass
    run.loop.work()
    run.writing.close(END)
    capture = read_capture(run.disk.path)
    assert [one.seq for one in capture.exchanges] == [1, 2, 3]
    assert [(note.event, note.count) for note in capture.notes] == [("noted_late", 3)]
    assert capture.end == END, "in the end nothing is lost"
    (told,) = happenings(capture)
    assert told.endswith("the disk hung; requests that went on before they were noted: 3.")
    assert run.changes[-1] == 0


def test_after_a_hang_requests_wait_again(run: Run) -> None:
    run.request(1)
    run.loop.pass_until(PATIENCE_S)
    run.disk.lets.set()
    while not run.loop.calls:  # the thread says that it went on after it has counted the line
        pass
    run.loop.work()
    run.disk.lets.clear()
    assert not run.request(2).done()
    run.disk.lets.set()
    run.writing.close(END)


def test_each_request_has_its_own_limit(run: Run) -> None:
    first = run.request(1)
    run.loop.now = PATIENCE_S / 2
    second = run.request(2)
    assert len(run.loop.timers) == 1
    run.disk.lets.set()
    while run.writing.on_disk() is not None:
        pass
    run.disk.lets.clear()
    third = run.request(3)
    run.loop.pass_until(PATIENCE_S)
    assert first.done()
    assert second.done()
    assert not third.done(), "it came later"
    assert [when for when, _ in run.loop.timers] == [1.5 * PATIENCE_S]
    run.loop.pass_until(1.5 * PATIENCE_S)
    assert third.done()
    run.disk.lets.set()
    run.writing.close(END)
    assert run.recorded() == [1, 2, 3]


def test_what_waits_is_bounded_and_what_is_dropped_is_noted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 0)
    assert run.append(1)
    run.disk.asked.wait()
    assert not run.append(2)
    assert not run.append(3, weight=0)
    assert run.writing.on_disk() is None, "a line that is lost is not waited for"
    assert run.writing.lost == 1
    run.disk.lets.set()
    run.writing.close(END)
    capture = read_capture(run.disk.path)
    assert [one.seq for one in capture.exchanges] == [1]
    assert [(note.event, note.count) for note in capture.notes] == [("records_lost", 1)]
    assert capture.end is not None
    assert capture.end.lost == 1


def test_a_run_that_ends_does_not_wait_for_ever_and_says_what_is_lost(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LAST_LINES_S", 0.0)
    for seq in (1, 2, 3):
        run.append(seq)
    run.disk.asked.wait()
    run.writing.close(END)
    assert run.writing.lost == 3
    run.disk.lets.set()


def test_a_full_disk_is_told_of_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        run.disk.lose(1)
        return False

    monkeypatch.setattr(run.disk, "append_all", fail)
    run.append(1)
    while not run.loop.calls:
        pass
    run.loop.work()
    assert run.changes == [1]
    run.writing.close(END)
