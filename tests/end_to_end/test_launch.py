"""`launch` with clients that come by two ways, hand their work over, or wake another one up."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.model.outcome import Kind
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli, wait_for
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream, answer
from tests.end_to_end.test_handshakes import ASK, bench
from tests.end_to_end.tools import find_program

LISTING = answer(b'{"object":"list","data":[]}')
BOTH_WAYS = """
import json, os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ["NODE_EXTRA_CA_CERTS"])
config = json.loads(os.environ["OPENCODE_CONFIG_CONTENT"])
base = config["provider"]["opencode"]["options"]["baseURL"]
for url in (base + "/models", "https://opencode.ai/zen/go/v1/models"):
    urllib.request.urlopen(url, context=context).read()
"""
"""What it asks first is sent on to the true address, which it follows."""
LATER = """
import os, pathlib, sys, time, urllib.request
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
urllib.request.urlopen(os.environ["HTTPS_PROXY"] + "/zen/v1/models").read()
"""
HANDS_OVER = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {LATER!r}, sys.argv[1]])
print(child.pid, flush=True)
sys.exit(7)
"""


ASKS_AND_WAITS = """
import json, os, pathlib, sys, time, urllib.error, urllib.request
config = json.loads(os.environ["OPENCODE_CONFIG_CONTENT"])
url = config["provider"]["opencode"]["options"]["baseURL"] + "/chat/completions"
for _ in range(2):
    try:
        urllib.request.urlopen(url, b'{"model":"big-pickle"}')
    except urllib.error.HTTPError as error:
        assert error.code == 429
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
"""


def redirect_once(peer: Peer) -> None:
    """Send the first listing on to the server's true address."""
    if b"again" in peer.request.head or b"/go/" in peer.request.head:
        LISTING(peer)
    else:
        location = b"Location: https://opencode.ai/zen/v1/models?again"
        answer(b"", location, status=b"307 Temporary Redirect")(peer)


@contextmanager
def launched(
    folder: Path, upstream: str, *client: str, **environment: str
) -> Iterator["subprocess.Popen[str]"]:
    command = cli("launch", "--route", "reverse", "--upstream", upstream)
    with subprocess.Popen(
        [*command, "--captures", str(folder / "captures"), "--", *client],
        env=clean_environment(folder, environment),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def capture_in(folder: Path) -> Capture:
    (path,) = (folder / "captures").glob("*.jsonl")
    return read_capture(path)


def line_with(words: str, process: "subprocess.Popen[str]") -> str:
    """The line of its stderr that has these words."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


def test_what_does_not_follow_the_base_address_comes_by_the_proxy(tmp_path: Path) -> None:
    client = [sys.executable, "-c", BOTH_WAYS]
    with (
        ScriptedUpstream(redirect_once) as upstream,
        launched(tmp_path, upstream.url, *client) as process,
    ):
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    recorded = capture_in(tmp_path).exchanges
    assert [(one.context.route, one.request.path) for one in recorded] == [
        ("reverse", "/zen/v1/models"),
        ("forward", "/zen/v1/models"),
        ("forward", "/zen/go/v1/models"),
    ]
    assert "routes used: 2 forward, 1 reverse" in said


def test_a_client_that_hands_its_work_over_is_captured_to_the_end(tmp_path: Path) -> None:
    go = tmp_path / "go"
    client = [sys.executable, "-c", HANDS_OVER, str(go)]
    with (
        ScriptedUpstream(LISTING) as upstream,
        launched(tmp_path, upstream.url, *client) as process,
    ):
        said = line_with("goes on in the background", process)
        assert process.stdout is not None
        assert f"(python {process.stdout.readline().strip()})" in said
        go.touch()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 7
    assert len(capture_in(tmp_path).exchanges) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals between processes")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_who_has_enough_ends_what_goes_on_as_well(tmp_path: Path, asked: signal.Signals) -> None:
    client = [sys.executable, "-c", HANDS_OVER, str(tmp_path / "never")]
    with (
        ScriptedUpstream(LISTING) as upstream,
        launched(tmp_path, upstream.url, *client) as process,
    ):
        line_with("Ctrl-C ends both", process)
        process.send_signal(asked)
        printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 7, said
    assert not psutil.pid_exists(int(printed)) or (
        psutil.Process(int(printed)).status() == psutil.STATUS_ZOMBIE
    )
    assert not capture_in(tmp_path).interrupted


@pytest.mark.skipif(os.name != "posix", reason="a program is named by its link")
def test_a_client_that_woke_another_one_up_is_told_apart(tmp_path: Path) -> None:
    application = tmp_path / "pawwork"
    application.symlink_to(os.path.realpath(sys.executable))
    client = [sys.executable, "-c", "pass"]
    with (
        subprocess.Popen([application, "-c", "input()"], stdin=subprocess.PIPE) as running,
        ScriptedUpstream(LISTING) as upstream,
    ):
        wait_for(lambda: psutil.Process(running.pid).name() == "pawwork" or None)
        with launched(tmp_path, upstream.url, *client) as process:
            _, said = process.communicate(timeout=PATIENCE)
        running.communicate(b"\n")
    assert "The client ended after " in said
    assert f"pawwork {running.pid}" in said
    assert "use 'pawwork-proxy run'" in said


def test_a_refusal_with_a_long_wait_is_told_while_the_client_waits(tmp_path: Path) -> None:
    error = {"type": "error", "error": {"type": "FreeUsageLimitError", "message": "x"}}
    limited = b"429 Too Many Requests"
    refusal = answer(json.dumps(error).encode(), b"retry-after: 50223", status=limited)
    told = tmp_path / "told"
    client = [sys.executable, "-c", ASKS_AND_WAITS, str(told)]
    with (
        ScriptedUpstream(refusal) as upstream,
        launched(tmp_path, upstream.url, *client) as process,
    ):
        assert "big-pickle" in line_with("pawwork-proxy: refused", process)
        assert str(process.pid) in line_with("To end", process)
        told.touch()
        _, said = process.communicate(timeout=PATIENCE)
    assert "refused big-pickle" not in said
    assert "2 free_usage_limit" in said


@pytest.mark.slow
@pytest.mark.client
@pytest.mark.parametrize("alias", ["opencode-1.15", "opencode-1.18"])
async def test_opencode_follows_its_base_address(tmp_path: Path, alias: str) -> None:
    async with bench(tmp_path) as at:
        client = required(find_program(alias, os.environ))
        _, capture = await at.launch("reverse", client, *ASK)
        assert re.search("routes used: [12] reverse\n", at.said)
        assert "goes on in the background" not in at.said
    assert [one.outcome.kind for one in main_calls(capture)] == [Kind.SUCCESS]


@pytest.mark.slow
@pytest.mark.dsh
async def test_dsh_comes_by_the_proxy_though_reverse_was_asked_for(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        client = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello")
        _, capture = await at.launch("reverse", *client, OPENCODE_API_KEY="public")
        assert f"routes used: {len(capture.exchanges)} forward\n" in at.said
    assert {one.outcome.kind for one in main_calls(capture)} == {Kind.SUCCESS}
