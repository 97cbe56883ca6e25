"""`connect` with real clients: led here by their file or by the printed command, and back again."""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.model.outcome import Kind
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.map_proxy import MapProxy
from tests.end_to_end.proxy_process import PATIENCE, ROOT, ProxyProcess, clean_environment, cli
from tests.end_to_end.simulator_process import SimulatorProcess
from tests.end_to_end.tools import find_program

ASK = ["run", "-m", "opencode/big-pickle", "hello"]
OWN = """\
{
    // what I like
    "theme": "opencode", /* light */
    "provider": {
        "other": { "options": { "apiKey": "sk-mine" } },
    },
}
"""


class User:
    """A user's home on this machine, in which clients and `connect` run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.project = folder / "project"
        self.commands = folder / "bin"
        for made in (self.home, self.project, self.commands):
            made.mkdir()
        self.environment = clean_environment(folder, clean_home(folder)) | {
            "DSH_HOME": str(folder / "dsh"),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *command: str, **variables: str) -> str:
        """What a command prints that succeeds."""
        done = subprocess.run(
            command,
            env=self.environment | variables,
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def running(self, *command: str) -> Iterator[int]:
        """The number of a process that runs a command, once it has said something."""
        with subprocess.Popen(
            command, env=self.environment, cwd=self.project, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process.pid
            process.terminate()

    def connect(self, *options: str) -> dict[str, Any]:
        """What `connect` says to programs."""
        found: dict[str, Any] = json.loads(self.run(*cli("connect", "--format", "json", *options)))
        return found

    def files(self) -> dict[str, bytes]:
        """The configuration, file by file."""
        folder = self.home / ".config"
        return {
            str(file.relative_to(folder)): file.read_bytes()
            for file in folder.rglob("*.json*")
            if "node_modules" not in file.parts
        }


@contextmanager
def led_away(user: User) -> Iterator[tuple[ProxyProcess, MapProxy]]:
    """A run that leaves through a proxy which takes opencode.ai to a simulator, and nobody else."""
    with SimulatorProcess("--tls") as simulator, MapProxy(simulator.url) as way:
        options = ["--via", way.url, "--upstream-ca", simulator.started["ca_certificate"]]
        with ProxyProcess(user.folder, "https://opencode.ai", *options) as proxy:
            yield proxy, way


def admitted(capture: Capture, route: str) -> None:
    calls = main_calls(capture)
    assert calls
    assert {one.outcome.kind for one in calls} == {Kind.SUCCESS}
    assert {one.context.route for one in calls} == {route}


@pytest.mark.slow
@pytest.mark.client
@pytest.mark.parametrize(("alias", "own"), [("opencode-1.14", "opencode.jsonc"), (None, None)])
def test_opencode_is_led_by_its_file_and_back_to_the_byte(
    tmp_path: Path, alias: str | None, own: str | None
) -> None:
    user = User(tmp_path)
    client = (
        required(find_program(alias, os.environ)) if alias else os.environ["PAWWORK_TEST_CLIENT"]
    )
    (user.commands / "opencode").symlink_to(client)
    user.run("opencode", "models", "opencode")  # makes its tree, as a first start does
    if own:
        (user.home / ".config/opencode" / own).write_text(OWN)
    before = user.files()
    with SimulatorProcess("--preset", "small") as simulator:
        with ProxyProcess(user.folder, simulator.url) as proxy:
            said = user.connect()
            assert said["listener"] == proxy.url
            assert "simulated model" in user.run("opencode", *ASK)
            with user.running("opencode", "serve", "--port", "0") as pid:
                user.run(*cli("doctor", "--pid", str(pid)))
        admitted(proxy.capture(), "reverse")
    led = Path(said["file"]).read_text()
    assert own is None or ("// what I like" in led and '"apiKey": "sk-mine"' in led)
    user.connect("--undo")
    assert user.files() == before


@pytest.mark.slow
@pytest.mark.client
def test_the_printed_command_leads_opencode_here(tmp_path: Path) -> None:
    user = User(tmp_path)
    (user.commands / "opencode").symlink_to(os.environ["PAWWORK_TEST_CLIENT"])
    with led_away(user) as (proxy, way):
        command = user.connect("--dry-run")["start"]["command"]
        printed = user.run("bash", "-c", f"{command} {shlex.join(ASK)}")
        assert "simulated model" in printed
    assert not (user.home / ".config/opencode/opencode.json").exists()
    assert set(way.asked) == {b"opencode.ai:443"}
    admitted(proxy.capture(), "forward")


@pytest.mark.slow
@pytest.mark.dsh
def test_the_printed_command_leads_dsh_here(tmp_path: Path) -> None:
    user = User(tmp_path)
    credentials = user.home / ".pawwork/dsh/.credentials.yaml"
    credentials.parent.mkdir(parents=True)
    credentials.write_text("version: 1\nrefs:\n  OPENCODE_API_KEY: public\n")
    before = sorted(user.home.rglob("*"))
    with led_away(user) as (proxy, _):
        said = user.connect()
        *lines, program = said["start"]["command"].splitlines()
        assert program == "/opt/PawWork/pawwork"
        # PawWork starts DSH with what it has been started with, and with this key.
        dsh = shlex.join(dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello"))
        command = "\n".join([*lines, f"OPENCODE_API_KEY=public {dsh}"])
        user.run("bash", "-c", command)
    assert "file" not in said
    assert sorted(user.home.rglob("*")) == before
    admitted(proxy.capture(), "forward")
    assert user.connect("--undo") == {"undone": []}
