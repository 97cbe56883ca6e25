"""A parallel request is answered while something hangs: decided by the order of events.

Each thing is held until the other request has its answer; none of it is waited for by a clock.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.clients import auth_sources
from pawwork_proxy.clients.processes import ProcessTable
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.proxy import session
from pawwork_proxy.proxy.listeners import parse_listeners
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import parse_upstream
from pawwork_proxy.recording.recorder import Recorder
from tests.unit.recording.runs import identity
from tests.unit.wire.test_content_coding import BOMBS

__all__ = ["identity"]

BODY = b'{"model":"big-pickle","messages":[]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
pytestmark = pytest.mark.usefixtures("all_connections_end", "one_authority")


class Bench:
    """A running proxy before a server that answers at once."""

    def __init__(self, port: int, recorder: Recorder) -> None:
        self.recorder = recorder
        self._port = port

    async def ask(self) -> bytes:
        """The answer to a request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % self._port
        head += b"Authorization: Bearer sk-%s\r\n" % (b"a0" * 32)
        writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def bench(
    folder: Path, identity: Identity, *, egress_probe: bool = False, answer: bytes = ANSWER
) -> AsyncIterator[Bench]:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        upstream = parse_upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        listeners = parse_listeners(["main@0"])
        plan = RunPlan(listeners, upstream, None, None, folder, egress_probe=egress_probe)
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
        await asyncio.to_thread(held.reached.wait)
        assert running.recorder.lost == 4, "as long as they are not on disk"
        held.over.set()
    capture = read_capture(running.recorder.path)
    assert sorted(one.seq for one in capture.exchanges) == [1, 2, 3, 4]
    assert [(note.event, note.count) for note in capture.notes] == [("noted_late", 4)]
    assert_whole(capture)


async def test_the_look_up_of_the_client_s_program_hangs(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held()

    def hang(*_: object) -> dict[object, object]:
        held.hang()
        return {}

    monkeypatch.setattr(ProcessTable, "find", hang)
    async with bench(tmp_path / "captures", identity) as running:
        assert [await running.ask() for _ in range(2)] == [ANSWER] * 2
        await asyncio.to_thread(held.reached.wait)
        held.over.set()
    assert_whole(read_capture(running.recorder.path))


async def test_the_search_for_the_source_of_a_key_hangs(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the files of clients."""
    held, own = Held(), auth_sources.own_surroundings

    def hang() -> Any:
        held.hang()
        return own()

    monkeypatch.setattr(auth_sources, "own_surroundings", hang)
    async with bench(tmp_path / "captures", identity) as running:
        assert await running.ask() == ANSWER
        await asyncio.to_thread(held.reached.wait)
        assert await running.ask() == ANSWER
        held.over.set()
    assert_whole(read_capture(running.recorder.path))


async def test_the_egress_probe_hangs(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is made before anybody is served, the second while they are."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def nobody_tells(_: object, source: str | None) -> None:
        if source == "127.0.0.1":
            asked.set()
            await over.wait()

    async def elsewhere(_: object) -> str:
        return "127.0.0.9"

    monkeypatch.setattr(session, "ask_trace", nobody_tells)
    monkeypatch.setattr(session, "source_towards", elsewhere)
    async with bench(tmp_path / "captures", identity, egress_probe=True) as running:
        assert await running.ask() == ANSWER
        await asked.wait()
        assert await running.ask() == ANSWER
        over.set()
    assert_whole(read_capture(running.recorder.path))


@pytest.mark.parametrize("coding", BOMBS)
async def test_a_bomb_reaches_the_client_as_it_is_and_is_not_looked_into(
    tmp_path: Path, identity: Identity, coding: str
) -> None:
    bomb = BOMBS[coding]
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n"
    whole = f"{head}Connection: close\r\n\r\n".encode() + bomb
    async with bench(tmp_path / "captures", identity, answer=whole) as running:
        assert await asyncio.gather(*(running.ask() for _ in range(3))) == [whole] * 3
    capture = read_capture(running.recorder.path)
    assert [one.response.encoding for one in capture.exchanges if one.response] == ["too_large"] * 3
    assert_whole(capture)


def assert_whole(capture: Capture) -> None:
    assert capture.end is not None
    assert capture.end.lost == 0
    assert not capture.damages
