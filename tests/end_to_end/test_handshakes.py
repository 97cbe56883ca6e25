"""Real clients with their true URL over TLS: whose handshake reaches the server on which route.

The server name is opencode.ai, the address loopback: a proxy takes the name to the simulator, and
`launch` leaves through that proxy as it would through a user's own.
"""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.simulator.server import Simulator
from pawwork_proxy.simulator.tls import own_certificate
from pawwork_proxy.wire.client_hello import ClientHello, read_client_hello
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.hello_bytes import without_what_varies
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.map_proxy import MapProxy
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli
from tests.end_to_end.tools import find_program

ASK = ["run", "-m", "opencode/big-pickle", "hello"]


@dataclass
class Bench:
    """A simulator behind a proxy that takes opencode.ai to it, and a place for clients."""

    folder: Path
    simulator: Simulator
    way: MapProxy
    authority: Path
    variables: dict[str, str] = field(default_factory=dict)
    """Of every client."""
    said: str = ""
    """What the last command wrote to stderr."""

    async def run(self, *command: str, **variables: str) -> bytes:
        """Run a command to its end in an environment of its own; what it printed."""
        places = clean_home(self.folder / f"home-{self.simulator.seen.total}")
        project = self.folder / "project"
        for place in (project, *map(Path, places.values())):
            await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
        environment = clean_environment(self.folder, places) | {
            "DSH_HOME": str(self.folder / f"dsh-{self.simulator.seen.total}"),
            **self.variables,
            "NODE_EXTRA_CA_CERTS": str(self.authority),
            "PYTHONPATH": str(ROOT),
            **variables,
        }
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        printed, said = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, said.decode()
        self.said = said.decode()
        return printed

    async def launch(self, route: str, *client: str, **variables: str) -> tuple[bytes, Capture]:
        """Run a client through `launch`; what it printed, and the capture."""
        captures = self.folder / route
        options = ["--route", route, "--via", self.way.url, "--captures", str(captures)]
        options += ["--upstream-ca", str(self.authority)]
        printed = await self.run(*cli("launch", *options, "--", *client), **variables)
        (path,) = captures.glob("*.jsonl")
        return printed, read_capture(path)

    def new_hellos(self, known: int) -> tuple[set[bytes], ClientHello]:
        """What came since so many requests: the handshakes at the server, to the byte."""
        raw = [seen.client_hello for seen in self.simulator.seen.after(known)]
        assert raw
        first = read_client_hello(raw[0])
        assert first is not None
        return set(map(without_what_varies, raw)), first


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    context, authority = own_certificate(folder)
    async with Simulator(tls=context) as simulator:
        with MapProxy(simulator.url) as way:
            yield Bench(folder, simulator, way, authority)


@pytest.mark.slow
@pytest.mark.client
@pytest.mark.parametrize(
    ("alias", "extensions"),
    # The oldest offers encrypted hello, and pads what is left: two JA4 of one client.
    [("opencode-1.14", "1[45]"), ("opencode-1.15", "14"), ("opencode-1.18", "14")],
)
async def test_the_tunnel_leaves_opencodes_handshake_and_forward_does_not(
    tmp_path: Path, alias: str, extensions: str
) -> None:
    client = [required(find_program(alias, os.environ)), *ASK]
    shown = rf"17 suites, {extensions} extensions, ALPN http/1\.1\); they differ in cipher suites "
    shown += r"and extensions\."
    await differs_on_forward_alone(tmp_path, client, shown)


@pytest.mark.slow
@pytest.mark.dsh
async def test_the_tunnel_leaves_dshs_handshake_and_forward_does_not(tmp_path: Path) -> None:
    client = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello")
    key = {"OPENCODE_API_KEY": "public"}  # as PawWork's product starts it
    shown = r"52 suites, 12 extensions, ALPN http/1\.1\); they differ in cipher suites\."
    await differs_on_forward_alone(tmp_path, client, shown, key)


async def differs_on_forward_alone(
    folder: Path, client: list[str], shown: str, variables: dict[str, str] | None = None
) -> None:
    """Run a client without us, then on both routes; `shown` is how `show` tells of it."""
    async with bench(folder) as at:
        at.variables |= variables or {}
        plain_answer = await at.run(
            *client, HTTPS_PROXY=at.way.url, NODE_USE_ENV_PROXY="1", NO_PROXY="127.0.0.1"
        )
        plain, own = at.new_hellos(0)
        known = at.simulator.seen.total
        tunnel_answer, tunnel = await at.launch("tunnel", *client)
        tunnelled, _ = at.new_hellos(known)
        known = at.simulator.seen.total
        forward_answer, forward = await at.launch("forward", *client)
        intercepted, ours = at.new_hellos(known)
        await at.run(*cli("show", str(folder / "forward")))

    assert plain_answer == tunnel_answer == forward_answer
    assert len(plain) == 1
    assert plain == tunnelled
    assert not plain & intercepted

    # That of a title may end before its handshake.
    assert {one.client_hello for one in tunnel.connections} - {None} == {own.digest}
    assert [hello.digest for hello in tunnel.hellos] == [own.digest]
    assert {note.exit_code for note in tunnel.notes if note.event == "client_exit"} == {0}
    assert not tunnel.exchanges

    asked = [one.context for one in main_calls(forward)]
    pairs = {(one.client_hello, one.upstream_hello) for one in asked}
    assert pairs == {(own.digest, ours.digest)}
    assert {(hello.by, hello.digest) for hello in forward.hellos} == {
        ("client", own.digest),
        ("proxy", ours.digest),
    }
    assert re.search(
        r"the server saw our TLS handshake \(28 suites, 12 extensions, ALPN http/1\.1\) instead of "
        rf"the client's \({shown}",
        at.said,
    )
