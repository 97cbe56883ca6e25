"""Programs behind connections: found by port, named by the table, looked up sparingly."""

import os
import socket
import sys
import threading
from collections.abc import Iterable

import psutil
import pytest

from pawwork_proxy.clients import processes
from pawwork_proxy.clients.processes import (
    Ends,
    FoundProcess,
    ProcessFinder,
    ProcessTable,
    describe,
    started,
)
from pawwork_proxy.model.context import ClientProcess


def find_process(client_port: int, listener_port: int) -> FoundProcess | None:
    """The process that holds the connection from `client_port` to our listener."""
    ends = Ends(client_port, listener_port)
    return ProcessTable().find([ends]).get(ends)


def test_the_process_behind_a_loopback_connection_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            found = find_process(client.getsockname()[1], port)
    assert found is not None
    assert found.pid == os.getpid()


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_both_loopback_addresses_are_known(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as server, socket.socket(family) as client:
        try:
            server.bind((address, 0))
        except OSError:
            pytest.skip("this machine has no such address")
        server.listen()
        port = server.getsockname()[1]
        client.connect((address, port))
        found = find_process(client.getsockname()[1], port)
    assert found is not None
    assert found.pid == os.getpid()


def test_a_connection_nobody_holds_gives_nothing() -> None:
    assert find_process(1, 1) is None


@pytest.mark.parametrize(
    ("executable", "name"),
    [
        ("opencode", "opencode"),
        ("PawWork.exe", "pawwork"),
        ("node", "node"),
        ("python3.13", "python"),
        ("my-secret-tool", "other"),
        ("", "other"),
    ],
)
def test_only_known_programs_are_named(executable: str, name: str) -> None:
    assert describe(executable).name == name


def found(pid: int) -> FoundProcess:
    return FoundProcess(pid, ClientProcess(name="other"), 1.0)


def test_one_process_never_stands_for_another_of_the_same_listener() -> None:
    holders = {Ends(1, 9): found(7), Ends(2, 9): found(8)}
    finder = ProcessFinder(lambda wanted: {ends: holders[ends] for ends in wanted})
    try:
        assert finder.look_up(1, 9).result(30) == found(7)
        assert finder.look_up(2, 9).result(30) == found(8)
        holders[Ends(1, 9)] = found(10)
        assert finder.look_up(1, 9).result(30) == found(10), "the port has another owner now"
    finally:
        finder.close()


def test_one_look_answers_for_all_who_wait() -> None:
    looks: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def find(wanted: Iterable[Ends]) -> dict[Ends, FoundProcess]:
        begun.set()
        assert go_on.wait(30)
        looks.append(len(list(wanted)))
        return {ends: found(ends.client) for ends in wanted}

    finder = ProcessFinder(find)
    try:
        futures = [finder.look_up(1, 9)]
        assert begun.wait(30)
        futures += [finder.look_up(port, 9) for port in range(2, 300)]
        go_on.set()
        assert [future.result(30) for future in futures] == [found(port) for port in range(1, 300)]
        assert looks == [1, 298]
    finally:
        finder.close()


@pytest.mark.parametrize("error", [psutil.AccessDenied(), ValueError("of no known form")])
def test_a_look_up_that_fails_finds_nobody_and_is_not_the_last(error: Exception) -> None:
    def fail(_: Iterable[Ends]) -> dict[Ends, FoundProcess]:
        raise error

    finder = ProcessFinder(fail)
    try:
        assert finder.look_up(1, 9).result(30) is None
        assert finder.look_up(2, 9).result(30) is None
    finally:
        finder.close()


def test_nobody_waits_at_exit_for_a_look_up_that_hangs() -> None:
    begun, go_on = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def hang(_: Iterable[Ends]) -> dict[Ends, FoundProcess]:
        threads.append(threading.current_thread())
        begun.set()
        assert go_on.wait(30)
        return {}

    finder = ProcessFinder(hang)
    finder.look_up(1, 9)
    assert begun.wait(30)
    finder.close()
    go_on.set()
    threads[0].join(30)
    assert threads[0].daemon, "Python waits at its end for all others"
    assert not threads[0].is_alive()


@pytest.mark.parametrize("all_is_shown", [True, False])
def test_elsewhere_than_on_linux_psutil_is_asked(
    all_is_shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS shows the connections of all processes to root alone, those of one's own to anybody."""

    def none(*_: int) -> None:
        raise OSError

    monkeypatch.setattr(processes, "inode_of", none)

    def refuse(kind: str) -> None:
        raise psutil.AccessDenied

    if not all_is_shown:
        monkeypatch.setattr(psutil, "net_connections", refuse)
        monkeypatch.setattr(psutil, "process_iter", lambda: [psutil.Process()])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            process = find_process(client.getsockname()[1], port)
    assert process is not None
    assert (process.pid, process.started) == (os.getpid(), psutil.Process().create_time())


def test_programs_are_described_once_and_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    described: list[int] = []

    def public(process: psutil.Process) -> ClientProcess:
        described.append(process.pid)
        return ClientProcess(name="other")

    monkeypatch.setattr(processes, "_public", public)
    monkeypatch.setattr(processes, "_MOST_KNOWN", 1)
    table = ProcessTable()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            ends = Ends(client.getsockname()[1], port)
            assert table.find([ends]) == table.find([ends])
    assert described == [os.getpid()]
    table._described(psutil.Process(os.getppid()))
    table._described(psutil.Process())
    assert described == [os.getpid(), os.getppid(), os.getpid()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
def test_a_program_that_asks_again_is_found_without_a_list_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client may open a connection per request, and a list of all costs more than the look."""
    table = ProcessTable()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            ends = Ends(client.getsockname()[1], port)
            found = table.find([ends])
            assert found
            monkeypatch.setattr(psutil, "pids", lambda: pytest.fail("all were listed"))
            assert table.find([ends]) == found


def test_a_process_that_is_gone_has_no_start() -> None:
    assert started(os.getpid()) == psutil.Process().create_time()
    assert started(2**30) is None
