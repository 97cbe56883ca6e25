"""A parallel request is answered while something hangs: decided by the order of events.

Each thing is held until the other request has its answer; none of it is waited for by a clock.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.proxy.listeners import parse_listeners
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.recording.destination import parse_upstream
from pawwork_proxy.recording.recorder import Recorder, Watcher
from tests.unit.recording.test_recorder import identity

__all__ = ["identity"]

BODY = b'{"model":"big-pickle","messages":[]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
pytestmark = pytest.mark.usefixtures("all_connections_end")


class Bench:
    """A running proxy before a server that answers at once."""

    def __init__(self, port: int, recorder: Recorder) -> None:
        self.recorder = recorder
        self._port = port

    async def ask(self) -> bytes:
        """The answer to a request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % self._port
        writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        answer = await reader.read()
        writer.close()
        return answer


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(BODY)
    writer.write(ANSWER)
    writer.close()


@asynccontextmanager
async def bench(folder: Path, identity: Identity) -> AsyncIterator[Bench]:
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        upstream = parse_upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        plan = RunPlan(parse_listeners(["main@0"]), upstream, None, None, folder)
        async with running_proxy(plan, identity, Watcher()) as recorder:
            yield Bench(plan.listeners[0].port, recorder)


class Held:
    """Something that hangs until it is let go."""

    def __init__(self) -> None:
        self.reached, self.over = threading.Event(), threading.Event()

    def hang(self) -> None:
        self.reached.set()
        self.over.wait()


async def test_the_disk_of_the_capture_hangs(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, append_all = Held(), CaptureWriter.append_all

    def hang(writer: CaptureWriter, lines: Sequence[tuple[bytes, int]]) -> bool:
        held.hang()
        return append_all(writer, lines)

    monkeypatch.setattr(CaptureWriter, "append_all", hang)
    async with bench(tmp_path / "captures", identity) as running:
        answers = await asyncio.gather(*(running.ask() for _ in range(3)))
        answers.append(await running.ask())
        assert answers == [ANSWER] * 4
        assert held.reached.is_set()
        assert running.recorder.lost == 4, "as long as they are not on disk"
        held.over.set()
    capture = read_capture(running.recorder.path)
    assert sorted(one.seq for one in capture.exchanges) == [1, 2, 3, 4]
    assert [(note.event, note.count) for note in capture.notes] == [("noted_late", 4)]
    assert_whole(capture)


def assert_whole(capture: Capture) -> None:
    assert capture.end is not None
    assert capture.end.lost == 0
    assert not capture.damages
