"""The tap changes nothing for the client: every use of `fetch` gives the same with it and without.

`fetch_suite.mjs` uses fetch in all the ways that a client may and prints what it saw;
`fetch_server.mjs` prints what became of its answers. Both must not tell whether a tap was there.
"""

import functools
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pawwork_proxy.clients.tap import TAP, tapped_environment
from pawwork_proxy.recording.tap_frames import (
    Body,
    Chunk,
    Ended,
    Head,
    Hello,
    Open,
    Sent,
)
from tests.end_to_end.conftest import required
from tests.end_to_end.proxy_process import PATIENCE, clean_environment
from tests.end_to_end.tap_socket import TOKEN, State, TapSocket
from tests.end_to_end.tools import find_program

pytestmark = [pytest.mark.slow, pytest.mark.client]  # npm brings all runtimes

SCRIPTS = Path(__file__).with_name("tap")
RUNTIMES = ("node-20", "node-22", "node-24", "bun-1.3")
OWN = {"NODE_OPTIONS": "--no-warnings", "OPENCODE_CONFIG_CONTENT": '{"plugin":["own"]}'}
"""What the user has set already where the tap comes in."""


def runtime_of(alias: str) -> str:
    return required(find_program(alias, os.environ))


@contextmanager
def server() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    command = [runtime_of("node-22"), str(SCRIPTS / "fetch_server.mjs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"127.0.0.1:{int(process.stdout.readline())}", process
        finally:
            process.terminate()


def command(alias: str, script: str, host: str, tapped: bool) -> list[str]:
    preload = ["--preload", str(TAP)] if tapped and alias.startswith("bun") else []
    return [runtime_of(alias), *preload, str(SCRIPTS / script), f"http://{host}"]


def environment(recorder: TapSocket | None, host: str, home: str) -> dict[str, str]:
    own = clean_environment(Path(home), OWN)
    return tapped_environment(own, recorder.address, TOKEN, [host]) if recorder else own


def outcome_of_suite(
    alias: str, recorder: TapSocket | None, until: Callable[[], None] = lambda: None
) -> tuple[Any, ...]:
    """What client and server saw, how the client ended, which it did not do before `until`."""
    with server() as (host, process), TemporaryDirectory() as home:
        with subprocess.Popen(
            command(alias, "fetch_suite.mjs", host, recorder is not None),
            env=environment(recorder, host, home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as client:
            until()
            printed, said = client.communicate(timeout=PATIENCE)
        process.terminate()
        served, _ = process.communicate(timeout=PATIENCE)
    return json.loads(printed), client.returncode, said, json.loads(served)


@functools.cache
def untapped(alias: str) -> tuple[Any, ...]:
    return outcome_of_suite(alias, None)


@pytest.mark.parametrize("state", ["listening", "absent", "killed", "stopped"])
@pytest.mark.parametrize("alias", RUNTIMES)
def test_a_client_cannot_tell_whether_the_tap_is_there(alias: str, state: State) -> None:
    with TapSocket(state) as recorder:
        *seen, served = outcome_of_suite(alias, recorder)
    *plain, plainly_served = untapped(alias)
    assert seen == plain
    assert served["closed"] == plainly_served["closed"]
    assert served["bounded"] or alias.startswith("bun"), "Bun reads ahead by itself"


@pytest.mark.parametrize("how", ["", "whole"])
@pytest.mark.parametrize("alias", RUNTIMES)
def test_a_stopped_recorder_costs_a_bounded_number_of_bytes(alias: str, how: str) -> None:
    with server() as (host, _), TapSocket("stopped") as recorder, TemporaryDirectory() as home:
        with subprocess.Popen(
            [*command(alias, "stopped_recorder.mjs", host, tapped=True), how],
            env=environment(recorder, host, home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as client:
            try:
                assert client.stdout is not None
                read = int(client.stdout.readline())
                recorder.go_on()
                recorder.wait_for(2, b'"end"')
                assert client.stdin is not None
                client.stdin.write("go on\n")
                client.stdin.flush()
                recorder.wait_for(3, b'"end"')
                client.communicate(timeout=PATIENCE)
            finally:
                client.kill()
        frames = recorder.frames()
    copied = sum(len(one.data) for one in frames if isinstance(one, Chunk))
    ends = {one.id: one for one in frames if isinstance(one, Ended)}
    assert read == 32 * 1024 * 1024, "the client had all of it"
    assert copied < read / 2
    assert ends[2].lost["chunk"] > 0, "and the recorder learns that there was more"
    assert ends[1].how == "complete", "what was under way ends all the same"
    assert not ends[3].lost, "the next exchange is told whole"


@pytest.mark.parametrize("alias", RUNTIMES)
def test_every_exchange_is_told_whole(alias: str) -> None:
    with TapSocket("listening") as recorder:
        outcome_of_suite(alias, recorder, lambda: recorder.wait_for(1, b'"/last"'))
        frames = recorder.frames()
    hello, *rest = frames
    assert isinstance(hello, Hello)
    assert hello.token == TOKEN
    assert hello.runtime == alias.partition("-")[0]
    of: dict[int, list[Any]] = {}
    for frame in rest:
        if isinstance(frame, Open | Body | Sent | Head | Chunk | Ended):
            of.setdefault(frame.id, []).append(frame)
    texts = set()
    unended = []
    for first, *others in of.values():
        assert isinstance(first, Open)
        assert not any(one.lost for one in others)
        if not isinstance(others[-1], Ended):
            unended.append(first.target)
        elif first.target == "/text" and others[-1].how == "complete":
            texts.add(b"".join(one.data for one in others if isinstance(one, Chunk)).decode())
        elif first.target == "/echo" and b"xxx" in b"".join(
            one.data for one in others if isinstance(one, Body)
        ):
            assert sum(len(one.data) for one in others if isinstance(one, Body)) == 700_000
            assert len([one for one in others if isinstance(one, Body)]) > 1
    assert texts == {"some text ü", ""}, "whole, or the answer to HEAD"
    assert set(unended) <= {"/cookies", "/json", "/text"}, (
        "not read, or read past the object's own methods"
    )
