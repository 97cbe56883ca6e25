"""What a real client knows of a failed connection is what it knows without us, on every route.

A name is resolved nowhere: `.invalid` has no address, and opencode.ai is taken to loopback.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.proxy import tunnelling
from pawwork_proxy.proxy.inside import observing_inside
from pawwork_proxy.proxy.listeners import parse_listeners
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.proxy.tunnel import Connect, Streams, reset_connection
from pawwork_proxy.proxy.tunnelling import running_tunnel
from pawwork_proxy.recording.destination import ZEN, parse_upstream
from pawwork_proxy.recording.recorder import Watcher
from pawwork_proxy.simulator.tls import own_certificate
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.proxy_process import PATIENCE, clean_environment
from tests.end_to_end.tools import find_program

pytestmark = [pytest.mark.slow, pytest.mark.client]

Failing = Literal["refused", "no address", "certificate", "reset", "cut"]
FAILURES: tuple[Failing, ...] = ("refused", "no address", "certificate", "reset", "cut")
WAYS = ("reverse", "forward", "tunnel", "inside")
PATH = "/zen/v1"
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"Half an ans"}}]}\n\n'
BEGUN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n" % (len(EVENT), EVENT)
)
KNOWN = {
    "unreachable": "Unable to connect|Was there a typo|ConnectionRefused|FailedToOpenSocket",
    "closed": "The socket connection was closed|ECONNRESET",
    "certificate": "certificate|CERT",
}
"""What OpenCode may know of a failure, and how its versions say so in their first error."""
EXCEPTIONS = {
    ("refused", "reverse"): "closed",
    ("refused", "forward"): "closed",
    ("refused", "tunnel"): "closed",
    ("refused", "inside"): "closed",
    ("no address", "reverse"): "closed",
    ("no address", "forward"): "closed",
    ("no address", "tunnel"): "closed",
    ("no address", "inside"): "closed",
    ("certificate", "reverse"): "closed",
    ("certificate", "forward"): "closed",
}
"""What OpenCode knows where the failure itself cannot reach it: docs/what-the-proxy-changes.md."""


class Upstream(NamedTuple):
    """A server that fails; `connect` is the way there for what has asked for opencode.ai."""

    url: str
    connect: Connect
    authority: Path


@asynccontextmanager
async def upstream(failing: Failing, folder: Path, *, tls: bool) -> AsyncIterator[Upstream]:
    """A server on loopback that fails so."""
    context, authority = own_certificate(folder)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        if failing == "cut":
            writer.write(BEGUN)
            await writer.drain()
            await asyncio.sleep(0)
        reset_connection(writer)

    secure = tls or failing == "certificate"
    async with await asyncio.start_server(
        play, "127.0.0.1", 0, ssl=context if secure else None
    ) as server:
        port = server.sockets[0].getsockname()[1]

        async def connect(_host: str, _port: int) -> Streams:
            if failing == "refused":
                raise ConnectionRefusedError
            if failing == "no address":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return await asyncio.open_connection("127.0.0.1", port)

        with socket.create_server(("127.0.0.1", 0)) as free:
            nobody = free.getsockname()[1]
        url = {"refused": f"http://127.0.0.1:{nobody}", "no address": "http://name.invalid"}
        scheme = "https" if secure else "http"
        yield Upstream(url.get(failing, f"{scheme}://127.0.0.1:{port}"), connect, authority)


Command = Callable[[str, Path], tuple[list[str], dict[str, str]]]
"""For a base address and a folder: a client's command line and variables."""


def opencode(program: Callable[[], str]) -> Command:
    def command(base: str, _: Path) -> tuple[list[str], dict[str, str]]:
        config = {"provider": {"opencode": {"options": {"baseURL": base}}}}
        line = [program(), "run", "-m", "opencode/big-pickle", "hello"]
        return line, {"OPENCODE_CONFIG_CONTENT": json.dumps(config)}

    return command


def dsh(base: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    line = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello")
    at = line.index("--patch") + 1
    patch = folder / "patch.yml"
    patch.write_text(Path(line[at]).read_text("utf-8").replace(f"https://{HOST}{PATH}", base))
    line[at] = str(patch)
    return line, {"OPENCODE_API_KEY": "public", "DSH_HOME": str(folder / "dsh")}


OPENCODE = {
    "1.15": opencode(lambda: required(find_program("opencode-1.15", os.environ))),
    "1.18": opencode(lambda: os.environ["PAWWORK_TEST_CLIENT"]),
}


def made_home(folder: Path) -> dict[str, str]:
    """Variables for a client's home of its own, whose folders are there."""
    places = clean_home(folder)
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    return places


def logged(folder: Path) -> list[str]:
    """The lines of OpenCode's logs so far."""
    logs = folder.glob("home/.local/share/opencode/log/*.log")
    return [line for log in logs for line in log.read_text("utf-8").splitlines()]


@asynccontextmanager
async def started(
    command: Command, base: str, folder: Path, variables: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client in a clean home of its own, ended at the latest with the block."""
    line, own = command(base, folder)
    places = made_home(folder)
    process = await asyncio.create_subprocess_exec(
        *line,
        env=clean_environment(folder, places)
        | {"OPENCODE_DISABLE_MODELS_FETCH": "1", "npm_config_offline": "true", **own, **variables},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def printed(*client: Any) -> str:
    """All that a client that gives up by itself says."""
    async with started(*client) as process:
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return out.decode()


async def first_error(command: Command, base: str, folder: Path, *variables: Any) -> str:
    """What OpenCode knows of the first failure of its answer; it tries again for a minute."""
    async with started(command, base, folder, *variables):
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in logged(folder):
                    if "ERROR" in line and "agent=build" in line and "AI_" in line:
                        known = [name for name in KNOWN if re.search(KNOWN[name], line)]
                        return known[0] if known else line
                await asyncio.sleep(0.05)


@asynccontextmanager
async def through(
    way: str, at: Upstream, folder: Path, patch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Base address and variables of a client on this route."""
    patch.setenv(HOME_VARIABLE, str(folder / "private"))
    identity = load_identity()
    watched = way in ("tunnel", "inside")
    target = ZEN if watched else parse_upstream(at.url)
    listeners = parse_listeners(["main@0"])
    plan = RunPlan(listeners, target, None, None, folder / "captures")
    patch.setattr(tunnelling, "way_out", lambda *_: at.connect)
    if way == "reverse":
        async with running_proxy(plan, identity, Watcher()):
            yield f"{listeners[0].url}{PATH}", {}
        return
    proxied = {"HTTPS_PROXY": listeners[0].url, "NODE_USE_ENV_PROXY": "1", "NO_PROXY": "127.0.0.1"}
    if way == "forward":
        async with running_proxy(plan, identity, Watcher()):
            trusted = {"NODE_EXTRA_CA_CERTS": str(identity.ca_certificate)}
            yield f"https://{HOST}{PATH}", proxied | trusted
    elif way == "tunnel":
        async with running_tunnel(plan, identity, Watcher()):
            yield f"https://{HOST}{PATH}", proxied
    else:
        async with observing_inside(plan, identity, Watcher()) as run:
            yield f"https://{HOST}{PATH}", run.environment(proxied)


async def seen(
    look: Callable[..., Awaitable[str]],
    command: Command,
    failing: Failing,
    folder: Path,
    patch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """What a client knows of a failure without us, and on each route."""
    found = {}
    for way in ("without us", *WAYS):
        place = folder / way.replace(" ", "-")
        place.mkdir()
        tls = way in ("tunnel", "inside")
        async with upstream(failing, place, tls=tls) as at:
            if way == "without us":
                found[way] = await look(command, f"{at.url}{PATH}", place, {})
                continue
            with patch.context() as own:
                async with through(way, at, place, own) as (base, variables):
                    trusted = {"NODE_EXTRA_CA_CERTS": str(at.authority)}
                    trusts = tls and failing != "certificate"
                    named = {**variables, **(trusted if trusts else {})}
                    found[way] = await look(command, base, place, named)
    return found


@pytest.mark.parametrize("failing", FAILURES)
@pytest.mark.parametrize("version", OPENCODE)
async def test_opencode_knows_what_it_knows_without_us(
    tmp_path: Path, version: str, failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await seen(first_error, OPENCODE[version], failing, tmp_path, monkeypatch)
    assert found == {way: EXCEPTIONS.get((failing, way), found["without us"]) for way in found}
    assert found["without us"] in KNOWN


@pytest.mark.dsh
@pytest.mark.parametrize("failing", FAILURES)
async def test_dsh_says_what_it_says_without_us(
    tmp_path: Path, failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await seen(printed, dsh, failing, tmp_path, monkeypatch)
    assert set(found.values()) == {found["without us"]}
    assert "TRANSPORT" in found["without us"]
