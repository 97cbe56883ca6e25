"""Whatever step of recording raises in a real run, the client gets its answer."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import read_capture
from tests.end_to_end.proxy_process import PATIENCE, clean_environment
from tests.end_to_end.scripted_upstream import ScriptedUpstream, answer, exchange_raw

STEPS = {
    "addon.decide": ("exchange", 1),
    "recorder.Recorder.open": ("exchange", 0),
    "flows.name_host": ("exchange", 1),
    "flows.upstream_facts": ("exchange", 1),
    "ongoing.Ongoing.response_started": ("stub", 1),  # the self-test fails on it, too
    "ongoing.ResponseReader": ("stub", 1),
    "lines.leaks": ("stub", 1),
}
PROGRAM = """
import importlib, sys
def boom(*_, **__): raise ValueError("kohlrabi-7731-quartz")
module, *names = sys.argv.pop(1).split(".")
holder = importlib.import_module("pawwork_proxy.recording." + module)
for name in names[:-1]: holder = getattr(holder, name)
setattr(holder, names[-1], boom)
from pawwork_proxy.cli import main
main()
"""


@pytest.mark.parametrize("step", sorted(STEPS))
def test_traffic_goes_on(step: str, tmp_path: Path) -> None:
    with ScriptedUpstream(answer(b'{"choices":[]}')) as upstream:
        command = [sys.executable, "-c", PROGRAM, step, "run", "--format", "json"]
        command += ["--upstream", upstream.url, "--captures", str(tmp_path / "c")]
        command += ["--install", "main@0"]
        process = subprocess.Popen(
            command, env=clean_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        port = int(started["installs"]["main"].rpartition(":")[2])
        head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port
        got = exchange_raw(port, head + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=PATIENCE)
    assert got is not None
    assert got.head.startswith(b"HTTP/1.1 200")
    assert got.body == b'{"choices":[]}'
    assert b"kohlrabi" not in printed
    assert b"type=ValueError" in printed
    kind, number = STEPS[step]
    capture = read_capture(Path(started["capture"]))
    assert len(capture.exchanges if kind == "exchange" else capture.stubs) == number
