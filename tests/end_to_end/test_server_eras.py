"""The real client against the gates of today's server, over TLS and with its true URL.

The simulator's catalogue names the true host, since the client asks for it there: a proxy takes
opencode.ai to the simulator, and `launch` leaves through that proxy.
"""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.outcome import Kind
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.map_proxy import MapProxy
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli, wait_for
from tests.end_to_end.simulator_process import SimulatorProcess

pytestmark = [pytest.mark.slow, pytest.mark.client]

CATALOGUE = {
    "OPENCODE_MODELS_URL": f"https://{HOST}/_simulator",
    "OPENCODE_DISABLE_MODELS_FETCH": "0",
}
BUILT_IN = {"OPENCODE_DISABLE_MODELS_FETCH": "1"}
START_UNLOCKED = [
    sys.executable,
    "-c",
    """
import os, shutil, sys
shutil.rmtree(os.path.join(os.environ["XDG_STATE_HOME"], "opencode", "locks"), ignore_errors=True)
os.execv(sys.argv[1], sys.argv[1:])
""",
]
"""Starts OpenCode: an earlier one that was ended has left a lock, for which it waits a minute."""
ADMITTED = {("/inference/openai/v1/chat/completions", 200)}


class Talk(NamedTuple):
    """One prompt: what became of the client, what the capture and what the simulator say."""

    exit_code: int
    printed: str
    capture: Capture
    seen: list[dict[str, Any]]

    @property
    def asked(self) -> set[tuple[str, int]]:
        """Path and status of the requests that a simulator of the era got."""
        return {(one["target"], one["status"]) for one in self.seen}

    @property
    def outcomes(self) -> set[Kind]:
        """What the recorded calls of the conversation came to."""
        return {one.outcome.kind for one in main_calls(self.capture)}


class Server(NamedTuple):
    """A simulator of one era behind the proxy that leads to it."""

    folder: Path
    simulator: SimulatorProcess
    way: MapProxy

    @property
    def trust(self) -> ssl.SSLContext:
        """For requests to the simulator itself."""
        return ssl.create_default_context(cafile=self.simulator.started["ca_certificate"])

    def talk(self, route: str, catalogue: dict[str, str]) -> Talk:
        """Let a clean install say hello; a client that would go on trying is ended."""
        known = len(self.simulator.seen())
        captures = self.folder / f"{route}-{known}" / "captures"
        with self.started(captures, catalogue, "launch", "--route", route) as process:
            try:
                wait_for(lambda: _over(process, captures), PATIENCE)
                process.terminate()
                printed, _ = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        (path,) = captures.glob("*.jsonl")
        return Talk(process.returncode, printed, read_capture(path), self.simulator.seen()[known:])

    def disturb(self) -> tuple[dict[str, Any], str]:
        """What `disturb` says, in the end and by the way."""
        captures = self.folder / "disturb" / "captures"
        command = ("disturb", "--network", "home", "--format", "json")
        with self.started(captures, CATALOGUE, *command) as process:
            try:
                found, said = process.communicate(timeout=4 * PATIENCE)
            finally:
                process.kill()
        assert process.returncode == 0, said
        return json.loads(found), said

    def started(
        self, captures: Path, catalogue: dict[str, str], *command: str
    ) -> "subprocess.Popen[str]":
        """A command of ours that starts the client as a clean install."""
        folder = captures.parent
        project, places = folder / "project", clean_home(folder / "home")
        for place in (project, *map(Path, places.values())):
            place.mkdir(parents=True, exist_ok=True)
        authority = self.simulator.started["ca_certificate"]
        environment = clean_environment(folder, places) | catalogue
        environment |= {"NODE_EXTRA_CA_CERTS": authority, "PYTHONPATH": str(ROOT)}
        options = ["--via", self.way.url, "--upstream-ca", authority, "--captures", str(captures)]
        client = [*START_UNLOCKED, os.environ["PAWWORK_TEST_CLIENT"]]
        client += ["run", "-m", "opencode/big-pickle", "hello"]
        return subprocess.Popen(
            cli(*command, *options, "--", *client),
            env=environment,
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _over(process: "subprocess.Popen[str]", captures: Path) -> bool | None:
    """Whether it ended, or was refused as it would be refused again."""
    if process.poll() is not None:
        return True
    try:
        read = [read_capture(path) for path in captures.glob("capture-*.jsonl")]
    except CaptureFormatError:  # its header is being written
        return None
    calls = [one for found in read for one in main_calls(found)]
    statuses = {one.response.status for one in calls if one.response}
    return True if 429 in statuses else None


@contextmanager
def server(folder: Path, *rules: str) -> Iterator[Server]:
    with (
        SimulatorProcess("--tls", *rules) as simulator,
        MapProxy(simulator.url) as way,
    ):
        yield Server(folder, simulator, way)


def test_v7_admits_who_follows_the_catalogue_and_refuses_the_old_address(tmp_path: Path) -> None:
    with server(tmp_path, "--preset", "v7") as at:
        for route in ("tunnel", "forward"):
            moved = at.talk(route, CATALOGUE)
            assert (moved.exit_code, moved.asked) == (0, ADMITTED)
        assert moved.outcomes == {Kind.SUCCESS}
        old = at.talk("tunnel", BUILT_IN)
    assert old.exit_code == 1
    assert old.asked == {("/zen/v1/chat/completions", 403)}
    errors = {note.outcome for note in old.capture.notes if note.event == "client_error"}
    assert errors == {Kind.CLIENT_GATE}


def test_on_the_reverse_route_a_client_keeps_the_address_of_its_catalogue(tmp_path: Path) -> None:
    with server(tmp_path, "--preset", "v7") as at:
        home = tmp_path / "reverse-0" / "home"  # of the first request that this simulator sees
        kept = Path(clean_home(home)["XDG_CACHE_HOME"]) / "opencode" / "models.json"
        kept.parent.mkdir(parents=True)
        with urlopen(f"{at.simulator.url}/_simulator/api.json", context=at.trust) as catalogue:
            kept.write_text(catalogue.read().decode().replace(at.simulator.url, f"https://{HOST}"))
        talk = at.talk("reverse", BUILT_IN)
    assert (talk.exit_code, talk.asked) == (0, ADMITTED)


def test_v7b_admits_the_clients_own_handshake_and_refuses_ours(tmp_path: Path) -> None:
    with server(tmp_path, "--preset", "v7b") as at:
        untouched = at.talk("tunnel", CATALOGUE)
        intercepted = at.talk("forward", CATALOGUE)
    assert (untouched.exit_code, untouched.asked) == (0, ADMITTED)
    assert {one["kind"] for one in untouched.seen} == {"admitted"}
    own = {one["client_hello"]["digest"] for one in untouched.seen}
    assert own == {hello.digest for hello in untouched.capture.hellos}

    assert intercepted.asked == {(path, 429) for path, _ in ADMITTED}
    assert {one["kind"] for one in intercepted.seen} == {"client_gate"}
    assert intercepted.outcomes == {Kind.CLIENT_GATE}
    ours = {one["client_hello"]["digest"] for one in intercepted.seen}
    assert len(own | ours) == 2
    refused = main_calls(intercepted.capture)
    assert {one.context.upstream_hello for one in refused} == ours
    assert {one.context.client_hello for one in refused} == own


@pytest.mark.parametrize("preset", ["v7b", "v7b-quota-whole"])
def test_disturb_finds_a_gate_by_handshake_however_it_is_dressed(
    tmp_path: Path, preset: str
) -> None:
    with server(tmp_path, "--preset", preset) as at:
        found, _ = at.disturb()
    instrument = found["instrument"]
    assert instrument["status"] == "disturbs"
    assert "Measuring disturbs: what passes an intercepting proxy is refused" in instrument["words"]
    assert instrument["pairs"]
    findings = {verdict["finding"] for limit in found["limits"] for verdict in limit["verdicts"]}
    assert findings <= {"undetermined"}


def test_disturb_finds_no_sign_where_every_handshake_is_admitted(tmp_path: Path) -> None:
    with server(tmp_path, "--preset", "v7") as at:
        found, _ = at.disturb()
        seen = at.simulator.seen()
    assert found["instrument"]["status"] == "no_sign"
    assert "There is no sign that measuring disturbs" in found["instrument"]["words"]
    assert len(seen) >= 4, "one in each arm, beside those for titles"
    assert {one["status"] for one in seen} == {200}


def test_disturb_stops_when_the_quota_is_used_up(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"base": "v7", "free": {"limit": 0}}))
    with server(tmp_path, "--scenario", str(rules)) as at:
        found, said = at.disturb()
        seen = at.simulator.seen()
    assert "2 of 4" not in said
    assert "The untouched client was refused" in said
    assert found["instrument"]["status"] != "disturbs"
    assert {one["kind"] for one in seen} == {"free_usage_limit"}
