"""Programs behind connections: found by port, named by the table, looked up sparingly."""

from __future__ import annotations

import os
import socket

import pytest

from pawwork_proxy.environment.processes import BURST, ProcessFinder, describe, find_process


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


def test_look_ups_come_in_bursts_and_then_one_a_second() -> None:
    now = 100.0
    finder = ProcessFinder(lambda: now)
    try:
        started = [finder.find(1, 1) for _ in range(BURST + 3)]
        assert [one is not None for one in started] == [True] * BURST + [False] * 3
        now += 1.0
        assert finder.find(1, 1) is not None
        assert finder.find(1, 1) is None
    finally:
        finder.close()
