"""While something that we depend on hangs, requests are answered, recorded, and Ctrl-C works.

Each test holds the one thing for as long as it lasts: an answer that waited for it would not come.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.errors import CaptureFormatError
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli, wait_for
from tests.end_to_end.scripted_upstream import Received, ScriptedUpstream, answer, exchange_raw

BODY = b'{"model":"big-pickle","messages":[]}'
HEAD = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
HEAD += b"Connection: close\r\nContent-Length: %d\r\n\r\n"


def filled(sink: int) -> int:
    """The descriptor, with no room left for a single byte."""
    os.set_blocking(sink, False)
    for size in (4096, 1):
        try:
            while os.write(sink, b"\n" * size):
                pass
        except BlockingIOError:
            continue
    os.set_blocking(sink, True)
    return sink


def pipe() -> tuple[int, int]:
    source, sink = os.pipe()
    return source, filled(sink)


def terminal() -> tuple[int, int]:
    pty = pytest.importorskip("pty")
    source, sink = pty.openpty()
    return source, filled(sink)


@contextmanager
def unread(opened: Callable[[], tuple[int, int]]) -> Iterator[int]:
    """What somebody holds who does not read."""
    source, sink = opened()
    try:
        yield sink
    finally:
        os.close(sink)
        os.close(source)


def capture_in(home: Path) -> Capture | None:
    for path in (home / "captures").glob("*.jsonl"):
        try:
            return read_capture(path)
        except CaptureFormatError:
            return None
    return None


@pytest.mark.parametrize(("stream", "opened"), [(1, pipe), (2, pipe), (2, terminal), (0, pipe)])
def test_nobody_reads_what_run_says(
    tmp_path: Path, stream: int, opened: Callable[[], tuple[int, int]]
) -> None:
    """0 stands for stdout and stderr in one pipe."""
    with ScriptedUpstream(answer(b'{"cost":"0"}')) as upstream, unread(opened) as sink:
        command = cli("run", "--install", "main@0", "--upstream", upstream.url)
        command += ["--captures", str(tmp_path / "captures")]
        command += ["--format", "json"] if stream == 2 else []
        process = subprocess.Popen(
            command,
            env=clean_environment(tmp_path),
            cwd=ROOT,
            stdout=subprocess.DEVNULL if stream == 2 else sink,
            stderr=subprocess.DEVNULL if stream == 1 else sink,
        )
        try:
            capture = wait_for(lambda: capture_in(tmp_path))
            port = capture.header.installs[0].port
            assert port is not None
            for _ in range(3):
                assert wait_for(lambda: asked(port)).lines[0] == b"HTTP/1.1 200 OK"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait()
    capture = wait_for(lambda: capture_in(tmp_path))
    assert len(capture.exchanges) == 3
    assert capture.end is not None
    assert capture.end.lost == 0


def asked(port: int) -> Received | None:
    """The answer to a request; None before the proxy listens."""
    try:
        return exchange_raw(port, HEAD % (port, len(BODY)) + BODY)
    except ConnectionRefusedError:
        return None
