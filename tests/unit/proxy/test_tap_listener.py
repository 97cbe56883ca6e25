"""The tap's socket is private, takes several clients, and reads what ended clients left behind."""

import asyncio
import contextlib
import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.proxy.inside import PATIENCE_S, InsideRun
from pawwork_proxy.proxy.tap_listener import listening_for_taps
from pawwork_proxy.recording.inside import InsideClients
from tests.unit.recording.runs import Run, identity, run

__all__ = ["identity", "run"]

TOKEN = "of this run"
HELLO = {
    "t": "hello",
    "token": TOKEN,
    "pid": 2**31 - 1,
    "runtime": "node",
    "version": "22.1.0",
    "program": "node",
}
OPEN = {"t": "open", "id": 1, "method": "GET", "target": "/zen/v1/models", "headers": []}
END = {"t": "end", "id": 1, "how": "complete"}


def lines(*frames: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(frame | {"at": 1e12}).encode() + b"\n" for frame in frames)


@pytest.fixture
def clients(run: Run) -> InsideClients:
    return InsideClients(run.recorder, "main", TOKEN)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def connect(address: str) -> socket.socket:
    if address.startswith("tcp:"):
        return socket.create_connection(("127.0.0.1", int(address[4:])))
    client = socket.socket(socket.AF_UNIX)
    client.connect(address)
    return client


@pytest.fixture(params=["unix", "loopback"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "loopback":
        monkeypatch.delattr(asyncio.unix_events._UnixSelectorEventLoop, "create_unix_server")
    return str(request.param)


async def test_nobody_else_can_reach_the_socket(clients: InsideClients) -> None:
    async with listening_for_taps(clients) as address:
        modes = [mode_of(Path(address)), mode_of(Path(address).parent)]
    assert modes == [0o600, 0o700]
    assert not Path(address).parent.exists()


async def test_a_path_that_is_too_long_leaves_loopback(
    clients: InsideClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    async with listening_for_taps(clients) as address:
        assert address.startswith("tcp:")


async def test_what_an_ended_client_left_is_read_at_the_end(
    clients: InsideClients, run: Run, way: str
) -> None:
    async with listening_for_taps(clients) as address:
        assert address.startswith("tcp:") is (way == "loopback")
        for _ in range(3):
            with connect(address) as client:
                client.sendall(lines(HELLO, OPEN, END))
    run.recorder.close("finished")
    assert len(run.capture().exchanges) == 3


async def test_a_client_that_lives_on_is_interrupted(clients: InsideClients, run: Run) -> None:
    async with listening_for_taps(clients) as address:
        client = connect(address)
        client.sendall(lines(HELLO, OPEN))
    run.recorder.close("finished")
    client.close()
    (exchange,) = run.capture().exchanges
    assert exchange.signals.ending is Ending.INTERRUPTED


async def test_who_has_no_token_is_hung_up_on(clients: InsideClients, run: Run, way: str) -> None:
    async with listening_for_taps(clients) as address:
        with connect(address) as client:
            client.sendall(lines(HELLO | {"token": "guessed"}, OPEN, END))
            client.setblocking(False)
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
    assert run.recorder.counts.opened == 0


class Clock:
    """A loop's call_later that is moved by hand."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.cancelled = 0

    def __call__(self, delay: float, call: Callable[[], None]) -> Any:
        self.due.append((delay, call))
        return self

    def cancel(self) -> None:
        self.cancelled += 1
        self.due.clear()

    def move(self) -> None:
        for _, call in self.due:
            call()


@pytest.fixture
def observed(clients: InsideClients, run: Run) -> tuple[InsideRun, Clock, list[bool]]:
    told: list[bool] = []
    inside, clock = InsideRun(run.recorder, clients, "", TOKEN, ()), Clock()
    inside.expect_client(clock, told.append)
    return inside, clock, told


def events(run: Run) -> list[str]:
    return [note.event for note in run.capture().notes]


def test_a_client_without_the_tap_is_said_to_be_unobserved(
    observed: tuple[InsideRun, Clock, list[bool]], run: Run
) -> None:
    _, clock, told = observed
    assert [delay for delay, _ in clock.due] == [PATIENCE_S]
    assert PATIENCE_S <= 10
    clock.move()
    assert told == [False]
    assert events(run) == ["client_not_observed"]


def test_a_program_that_only_loads_the_tap_is_no_client(
    observed: tuple[InsideRun, Clock, list[bool]], clients: InsideClients, run: Run
) -> None:
    _, clock, told = observed
    tap = clients.connection()
    tap.feed(lines(HELLO))
    clock.move()
    assert told == [True]
    tap.feed(lines(OPEN))
    assert events(run) == ["client_not_observed", "client_observed"], "and from here on it is"


@pytest.mark.parametrize("frame", [OPEN, {"t": "client"}])
def test_an_observed_client_is_waited_for_no_longer(
    observed: tuple[InsideRun, Clock, list[bool]],
    clients: InsideClients,
    run: Run,
    frame: dict[str, Any],
) -> None:
    _, clock, told = observed
    clients.connection().feed(lines(HELLO, frame))
    clock.move()
    assert clock.cancelled == 1
    assert told == []
    assert events(run) == ["client_observed"]
