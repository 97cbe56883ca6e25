"""Programs behind connections: found by port, named by the table, looked up sparingly."""

import os
import socket

import pytest

from pawwork_proxy.clients.processes import (
    STANDS_FOR_S,
    ProcessFinder,
    describe,
    find_process,
)


def test_the_process_behind_a_loopback_connection_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
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


def test_a_finding_stands_for_its_listener_for_a_while() -> None:
    now = 100.0
    finder = ProcessFinder(lambda: now)
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)) as client:
                first = finder.look_up(client.getsockname()[1], port)
                assert first.result(30) is not None
                assert finder.look_up(1, port) is first
                now += STANDS_FOR_S
                assert finder.look_up(1, port) is not first
    finally:
        finder.close()


def test_a_look_up_in_vain_stands_for_nothing() -> None:
    finder = ProcessFinder(lambda: 0.0)
    try:
        first = finder.look_up(1, 1)
        assert first.result(30) is None
        assert finder.look_up(1, 1) is not first
    finally:
        finder.close()
