"""The tunnel of a run: its connections are lines of the capture, whoever ends them."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pawwork_proxy.clients.processes import FoundProcess, ProcessFinder
from pawwork_proxy.model.context import ClientProcess
from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.egress_watch import EgressWatch
from pawwork_proxy.proxy.listeners import parse_listeners
from pawwork_proxy.proxy.session import RunPlan
from pawwork_proxy.proxy.tunnelling import tunnelling
from pawwork_proxy.recording.destination import ZEN
from tests.unit.recording.runs import Run, identity, run
from tests.unit.wire.test_client_hello import BUN

__all__ = ["identity", "run"]  # fixtures
pytestmark = pytest.mark.usefixtures("all_connections_end")

CONNECT = b"CONNECT opencode.ai:443 HTTP/1.1\r\n\r\n"


async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A user's own proxy, which leads to an echo."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while piece := await reader.read(65536):
        writer.write(piece)
    writer.close()


@asynccontextmanager
async def plan_of(folder: Path) -> AsyncIterator[RunPlan]:
    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        via = ChainedProxy("http", "127.0.0.1", server.sockets[0].getsockname()[1])
        yield RunPlan(parse_listeners(["main@0"]), ZEN, via, None, folder)


async def test_a_connection_that_stands_when_the_run_ends_is_recorded(
    tmp_path: Path, run: Run
) -> None:
    async with plan_of(tmp_path) as plan:
        async with tunnelling(plan, run.recorder, None):
            reader, writer = await asyncio.open_connection("127.0.0.1", plan.listeners[0].port)
            writer.write(CONNECT + BUN)
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(BUN)) == BUN
        assert await reader.read() == b""
        writer.close()
    capture = run.capture()
    (connection,) = capture.connections
    (hello,) = capture.hellos
    assert (connection.ended_by, connection.reset) == ("proxy", False)
    assert (connection.sent_bytes, connection.received_bytes) == (len(BUN), len(BUN))
    assert (connection.install, connection.client_hello) == ("main", hello.digest)
    assert run.recorder.counts.connections == 1


async def test_the_program_behind_a_connection_is_named(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Future[FoundProcess | None]()
    monkeypatch.setattr(ProcessFinder, "look_up", lambda *_: found)
    async with plan_of(tmp_path) as plan, tunnelling(plan, run.recorder, None):
        reader, writer = await asyncio.open_connection("127.0.0.1", plan.listeners[0].port)
        writer.write(CONNECT)
        await reader.readuntil(b"\r\n\r\n")
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        found.set_result(FoundProcess(1, ClientProcess(name="opencode")))
    (connection,) = run.capture().connections
    assert connection.client == ClientProcess(name="opencode")


async def test_other_hosts_and_ports_pass_by_and_are_counted(tmp_path: Path, run: Run) -> None:
    async with plan_of(tmp_path) as plan, tunnelling(plan, run.recorder, None):
        for target in ("example.org:443", "opencode.ai:80"):
            reader, writer = await asyncio.open_connection("127.0.0.1", plan.listeners[0].port)
            writer.write(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode() + b"hello")
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(5) == b"hello"
            writer.close()
    assert run.recorder.counts.passed_by == 2
    assert not run.capture().connections


async def test_the_way_that_a_connection_took_is_told_to_who_watches_the_egress(
    tmp_path: Path, run: Run
) -> None:
    told: list[tuple[tuple[str, int], str, str]] = []

    class Watch(EgressWatch):
        def __init__(self) -> None:
            pass

        def connected(self, hop: tuple[str, int], source: str, remote: str) -> None:
            told.append((hop, source, remote))

    async with plan_of(tmp_path) as sourceless:
        plan = replace(sourceless, source="127.0.0.1")
        async with tunnelling(plan, run.recorder, Watch()):
            reader, writer = await asyncio.open_connection("127.0.0.1", plan.listeners[0].port)
            writer.write(CONNECT)
            await reader.readuntil(b"\r\n\r\n")
            writer.close()
    assert plan.via is not None
    assert told == [(("127.0.0.1", plan.via.port), "127.0.0.1", "127.0.0.1")]


async def test_another_users_connection_is_closed_before_it_asks(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawwork_proxy.proxy.tunnelling.peer_of", lambda *_: "another_user")
    async with plan_of(tmp_path) as plan, tunnelling(plan, run.recorder, None):
        reader, writer = await asyncio.open_connection("127.0.0.1", plan.listeners[0].port)
        assert await reader.read() == b""
        writer.close()
    assert run.recorder.counts.refused == 1
    assert run.capture().connections == []
