"""Real clients with real keys in real places: the record names the place, and holds no key."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.facts.server import HOST, todays_base
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.proxy_process import ProxyProcess, clean_environment
from tests.end_to_end.simulator_process import SimulatorProcess
from tests.end_to_end.test_handshakes import ASK, Bench, bench
from tests.end_to_end.tools import find_program

KEYS = {name: f"sk-canary-{name}-" + name[0].upper() * 24 for name in ("file", "env", "table")}
OPENCODE_2 = f"""
import os, ssl, urllib.request
trust = ssl.create_default_context(cafile=os.environ["NODE_EXTRA_CA_CERTS"])
request = urllib.request.Request(
    "https://{HOST}{todays_base("zen")}/chat/completions",
    b'{{"model": "big-pickle", "messages": []}}',
    {{"user-agent": "opencode/prod/2.0.18/cli", "authorization": "Bearer {KEYS["table"]}",
      "content-type": "application/json", "x-opencode-client": "cli",
      "x-opencode-session": "ses_0123456789abABCDEFGHIJKLMN"}})
try:
    urllib.request.urlopen(request, context=trust).read()
except urllib.error.HTTPError as error:
    error.read()
"""
"""No OpenCode 2 can be had here: a request that looks like its own, from a process in its home."""

ASK_AND_STAY = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("GET", "/zen/v1/models")
connection.getresponse().read()
input()
"""


class Home:
    """A home of a client, and what is recorded of its requests."""

    def __init__(self, at: Bench, folder: Path) -> None:
        self.at = at
        self.folder = folder
        self.variables = clean_home(folder)
        self.data = Path(self.variables["XDG_DATA_HOME"]) / "opencode"
        self.data.mkdir(parents=True)
        self.versions: set[str | None] = set()

    async def sources(self, *client: str, **variables: str) -> set[tuple[str, tuple[str, ...]]]:
        """Where the keys of one run's requests were found."""
        before = set(self.folder.parent.glob("forward/*.jsonl"))
        with suppress(ValueError):  # several captures lie there by now
            await self.at.launch("forward", *client, **self.variables, **variables)
        (path,) = set(self.folder.parent.glob("forward/*.jsonl")) - before
        text = path.read_text()
        assert not [key for key in KEYS.values() if key in text or key[-12:] in text]
        capture = read_capture(path)
        clients = [one.context.client for one in capture.exchanges]
        self.versions = {client.version for client in clients if client}
        return found_in(capture)


def has_exchanges(number: int, capture: Capture) -> bool:
    return len(capture.exchanges) == number


def found_in(capture: Capture) -> set[tuple[str, tuple[str, ...]]]:
    return {
        (one.auth_source.source, one.auth_source.places)
        for one in capture.exchanges
        if one.request.protocol != "listing"
    }


def api(key: str) -> str:
    return json.dumps({"opencode": {"type": "api", "key": key}})


@pytest.mark.skipif(sys.platform == "win32", reason="needs programs under other names")
def test_programs_on_one_listener_keep_their_own_names(tmp_path: Path) -> None:
    """Whichever was there a moment ago, and while the others keep their connections open."""
    names = ["node", "curl", "deno", "curl"]
    with (
        SimulatorProcess() as simulator,
        ProxyProcess(tmp_path, simulator.url) as proxy,
        ExitStack() as stack,
    ):
        for number, name in enumerate(names, 1):
            program = tmp_path / name
            program.unlink(missing_ok=True)
            program.symlink_to(sys.executable)
            process = stack.enter_context(
                subprocess.Popen(
                    [str(program), "-c", ASK_AND_STAY, str(proxy.port)],
                    env=clean_environment(tmp_path),
                    stdin=subprocess.PIPE,
                )
            )
            stack.callback(process.kill)
            proxy.wait_for(partial(has_exchanges, number))
        clients = [one.context.client for one in proxy.capture().exchanges]
    assert [client and client.name for client in clients] == names


@pytest.mark.slow
@pytest.mark.client
async def test_opencodes_keys_are_found_in_its_places(tmp_path: Path) -> None:
    client = [required(find_program("opencode-1.18", os.environ)), *ASK]
    async with bench(tmp_path) as at:
        home = Home(at, tmp_path / "user")
        assert await home.sources(*client) == {("anonymous", ())}
        assert home.versions == {"1.18.34"}, "as its package has it"
        (home.data / "auth.json").write_text(api(KEYS["file"]))
        assert await home.sources(*client) == {("saved", ("opencode.auth",))}
        content = {"OPENCODE_AUTH_CONTENT": api(KEYS["env"]), "OPENCODE_API_KEY": "sk-another"}
        # On a busy machine a client is gone before it is looked at: then our own environment, which
        # it was started with, is the place that is known.
        found = await home.sources(*client, **content)
        assert found <= {("env", ("opencode.auth_content",)), ("env", ("own.env",))}
        assert found

        # The database is the one that the real client has made, as its runs have left it.
        with closing(sqlite3.connect(home.data / "opencode.db")) as database, database:
            database.execute(
                "INSERT INTO credential (id, integration_id, label, value, time_created,"
                " time_updated) VALUES ('1', 'opencode', 'mine', ?, 1, 1)",
                (json.dumps({"type": "api", "key": KEYS["table"]}),),
            )
        with closing(sqlite3.connect(home.data / "opencode.db")) as database:
            database.execute("BEGIN IMMEDIATE")  # a client that writes stands in nobody's way
            found = await home.sources(sys.executable, "-c", OPENCODE_2)
        assert found == {("saved", ("opencode.credential",))}


@pytest.mark.slow
@pytest.mark.dsh
async def test_dshs_key_is_found_in_the_folder_that_its_variable_names(tmp_path: Path) -> None:
    client = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello")
    async with bench(tmp_path) as at:
        home = Home(at, tmp_path / "user")
        named = home.folder / "dsh-home"
        named.mkdir()
        (named / ".credentials.yaml").write_text(f'OPENCODE_API_KEY: "{KEYS["file"]}"\n')
        (named / ".credentials.yaml").chmod(0o600)
        found = await home.sources(*client, DSH_HOME=str(named))
        assert found == {("saved", ("pawwork.dsh",))}
        found = await home.sources(*client, DSH_HOME=str(named), OPENCODE_API_KEY=KEYS["env"])
        assert found == {("env", ("client.env",))}
