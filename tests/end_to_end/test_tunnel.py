"""The tunnel route: bytes pass untouched, and a connection leaves a line about what was seen."""

import subprocess
import sys
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.model.outcome import Kind
from tests.end_to_end.map_proxy import MapProxy
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli
from tests.end_to_end.simulator_process import SimulatorProcess

ASK = """
import os, ssl, sys, urllib.request
print("Error: No provider available", file=sys.stderr, flush=True)
print("a line that is none", file=sys.stderr, flush=True)
context = ssl.create_default_context(cafile=sys.argv[1])
with urllib.request.urlopen("https://opencode.ai/zen/v1/models", context=context) as answer:
    print(answer.status, os.environ["NODE_EXTRA_CA_CERTS"])
sys.exit(7)
"""
LEAVE = """
import os, socket
port = int(os.environ["HTTPS_PROXY"].rpartition(":")[2])
connection = socket.create_connection(("127.0.0.1", port))
connection.sendall(b"CONNECT opencode.ai:443 HTTP/1.1\\r\\n\\r\\n")
print(connection.recv(99).split()[1].decode(), flush=True)
os._exit(0)
"""


def launch(
    folder: Path, *options: str, client: list[str]
) -> tuple["subprocess.CompletedProcess[str]", Capture]:
    command = cli("launch", "--route", "tunnel", "--captures", str(folder / "captures"), *options)
    done = subprocess.run(
        [*command, "--", *client],
        env=clean_environment(folder) | {"NODE_EXTRA_CA_CERTS": "the user's own"},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    (path,) = (folder / "captures").glob("*.jsonl")
    return done, read_capture(path)


def test_a_connection_is_seen_from_outside_and_the_handshake_is_the_clients_own(
    tmp_path: Path,
) -> None:
    with SimulatorProcess("--tls") as simulator, MapProxy(simulator.url) as way:
        client = [sys.executable, "-c", ASK, simulator.started["ca_certificate"]]
        done, capture = launch(tmp_path, "--via", way.url, client=client)
        (seen,) = simulator.seen()
    assert (done.returncode, done.stdout) == (7, "200 the user's own\n"), done.stderr
    assert way.asked == [b"opencode.ai:443"]
    assert not capture.exchanges
    assert not capture.damages
    (connection,) = capture.connections
    (hello,) = capture.hellos
    assert hello.by == "client"
    assert (connection.client_hello, hello.ja4) == (hello.digest, seen["client_hello"]["ja4"])
    assert hello.digest == seen["client_hello"]["digest"]
    assert (connection.install, connection.ended_by) == ("main", "client")
    assert connection.client is None or connection.client.name == "python"  # it was that short
    assert connection.sent_bytes > 500
    assert connection.received_bytes > 1000
    assert connection.connect_ms is not None
    assert connection.first_byte_ms is not None
    assert connection.connect_ms <= connection.first_byte_ms <= connection.total_ms
    error, ended = capture.notes
    assert (error.event, error.outcome) == ("client_error", Kind.PROVIDER_OVERLOAD)
    assert (ended.event, ended.exit_code) == ("client_exit", 7)
    assert done.stderr.startswith("Error: No provider available\na line that is none\n")
    assert "1 tunnelled" in done.stderr
    assert capture.end is not None


def test_a_connection_that_stands_when_the_client_goes_is_recorded(tmp_path: Path) -> None:
    with SimulatorProcess("--tls") as simulator, MapProxy(simulator.url) as way:
        done, capture = launch(tmp_path, "--via", way.url, client=[sys.executable, "-c", LEAVE])
    assert done.stdout == "200\n"
    (connection,) = capture.connections
    assert connection.client_hello is None
    assert connection.sent_bytes == 0


def test_nothing_seen_is_said(tmp_path: Path) -> None:
    done, capture = launch(tmp_path, client=[sys.executable, "-c", "pass"])
    assert done.returncode == 0
    assert "No connection to opencode.ai was seen" in done.stderr
    assert not capture.connections


def test_an_upstream_and_the_tunnel_exclude_each_other(tmp_path: Path) -> None:
    done = subprocess.run(
        cli("launch", "--route", "tunnel", "--upstream", "http://127.0.0.1:1", "--", "true"),
        env=clean_environment(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "--upstream and --route tunnel exclude each other" in done.stderr


@pytest.mark.parametrize("command", ["show", "compare"])
def test_a_capture_of_connections_can_be_read(tmp_path: Path, command: str) -> None:
    with SimulatorProcess("--tls") as simulator, MapProxy(simulator.url) as way:
        client = [sys.executable, "-c", ASK, simulator.started["ca_certificate"]]
        launch(tmp_path, "--via", way.url, client=client)
    done = subprocess.run(
        cli(command, str(tmp_path / "captures")),
        env=clean_environment(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if command == "show":
        assert "1 connection " in done.stdout
