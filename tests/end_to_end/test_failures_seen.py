"""What a real client's user sees of a failed connection is what he sees without us, on each route.

Where it is not, docs/what-the-proxy-changes.md says so: these tests read its table. Names are
resolved nowhere: what asks for opencode.ai is taken to loopback, and `.invalid` has no address.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, Self

import aiohttp
import pytest
from mitmproxy.proxy import server as mitmproxy_server

from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.proxy import tunnelling
from pawwork_proxy.proxy.inside import observing_inside
from pawwork_proxy.proxy.listeners import parse_listeners
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.proxy.tunnel import Streams, reset_connection
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import ZEN
from pawwork_proxy.simulator.tls import own_certificate
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import PATCH, dsh_command
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment
from tests.end_to_end.tools import find_program

pytestmark = [pytest.mark.slow, pytest.mark.client]

Failing = Literal["refused", "no address", "certificate", "reset", "cut", "hangs"]
FAILURES: dict[str, Failing] = {
    "the server refuses": "refused",
    "the server has no address": "no address",
    "the server's certificate is not trusted": "certificate",
    "the server breaks off before its answer": "reset",
    "the server breaks off in its answer": "cut",
}
"""By their names in the page."""
WAYS = ("without us", "reverse", "forward", "tunnel", "inside")
PATH = "/zen/v1"
CA_VARIABLE = "NODE_EXTRA_CA_CERTS"
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"Half an ans"}}]}\n\n'
BEGUN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n" % (len(EVENT), EVENT)
)
SAYINGS = {
    "Unable to connect": "Unable to connect|Was there a typo",
    "The connection was closed": "The socket connection was closed|Connection reset",
    "The certificate is named": "certificate|CERT_",
}
"""What OpenCode may say of a failure: in the page, and in the words of its versions."""


def page() -> dict[Failing, dict[str, str]]:
    """What the page says that OpenCode says, by failure and way."""
    text = (ROOT / "docs" / "what-the-proxy-changes.md").read_text("utf-8")
    rows = {}
    for line in text.splitlines():
        name, *said = [cell.strip() for cell in line.strip("|").split("|")]
        if name in FAILURES:
            alone, decrypted, passed = (said[0] if one == "the same" else one for one in said)
            told = (alone, decrypted, decrypted, passed, passed)
            rows[FAILURES[name]] = dict(zip(WAYS, told, strict=True))
    return rows


class Upstream:
    """A server that fails as it is told; `connect` is the way to it for all that we open."""

    def __init__(self) -> None:
        self.failing: Failing = "refused"
        self.hanging = 0
        self.changed = asyncio.Condition()
        """Of the number of answers that hang, each until its client has left."""

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[Self]:
        (folder / "other").mkdir()
        trusted, self.authority = own_certificate(folder)
        distrusted, _ = own_certificate(folder / "other")
        async with AsyncExitStack() as stack:
            self._ports: list[int] = []
            for context in (trusted, distrusted):
                server = await asyncio.start_server(self._play, "127.0.0.1", 0, ssl=context)
                await stack.enter_async_context(server)
                self._ports.append(server.sockets[0].getsockname()[1])
            nobody = stack.enter_context(socket.socket())  # bound, and does not listen
            nobody.bind(("127.0.0.1", 0))
            self._nobody: int = nobody.getsockname()[1]
            yield self

    @property
    def url(self) -> str:
        """For a client that comes without us."""
        if self.failing == "no address":
            return "https://name.invalid"
        return f"https://127.0.0.1:{self._port}"

    @property
    def _port(self) -> int:
        if self.failing == "refused":
            return self._nobody
        return self._ports[self.failing == "certificate"]

    async def connect(self, *_: Any, **__: Any) -> Streams:
        if self.failing == "no address":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def until_hanging(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: self.hanging == number)

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        asked = b'"tools"' in body  # and no title of a conversation
        if asked and self.failing in ("cut", "hangs"):
            writer.write(BEGUN)
            await writer.drain()
        if asked and self.failing == "hangs":
            await self._hang(reader)
        reset_connection(writer)

    async def _hang(self, reader: asyncio.StreamReader) -> None:
        await self._count(1)
        with suppress(OSError):
            await reader.read()
        await self._count(-1)

    async def _count(self, more: int) -> None:
        async with self.changed:
            self.hanging += more
            self.changed.notify_all()


class Routes:
    """A proxy and a tunnel before an upstream, and the variables of a client on each route."""

    def __init__(self, at: Upstream, patch: pytest.MonkeyPatch) -> None:
        self._at = at
        self._patch = patch

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[Self]:
        self._patch.setenv(HOME_VARIABLE, str(folder / "private"))
        self._patch.setattr(tunnelling, "way_out", lambda *_: self._at.connect)
        self._patch.setattr(mitmproxy_server, "asyncio", Leading(self._at))
        identity = load_identity()
        (proxy,), (tunnel,) = parse_listeners(["main@0"]), parse_listeners(["main@0"])
        plans = [
            RunPlan((one,), ZEN, None, None, folder / "captures", upstream_ca=self._at.authority)
            for one in (proxy, tunnel)
        ]
        async with (
            running_proxy(plans[0], identity, Watcher()),
            observing_inside(plans[1], identity, Watcher()) as run,
        ):
            self._reverse = f"{proxy.url}{PATH}"
            trusted = {CA_VARIABLE: str(self._at.authority)}
            passed = {**proxied(tunnel.url), **trusted}
            self.variables: dict[str, Mapping[str, str]] = {
                "without us": trusted,
                "reverse": trusted,
                "forward": proxied(proxy.url)
                | {"NODE_EXTRA_CA_CERTS": str(identity.ca_certificate)},
                "tunnel": passed,
                "inside": run.environment(passed),
            }
            yield self

    def base(self, way: str) -> str:
        """The base address that a client is given."""
        alone = {"without us": f"{self._at.url}{PATH}", "reverse": self._reverse}
        return alone.get(way, f"https://{HOST}{PATH}")


class Leading:
    """asyncio as mitmproxy sees it: its connections lead to an upstream."""

    def __init__(self, at: Upstream) -> None:
        self.open_connection = at.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def proxied(url: str) -> dict[str, str]:
    return {"HTTPS_PROXY": url, "NODE_USE_ENV_PROXY": "1", "NO_PROXY": "127.0.0.1"}


def made_home(folder: Path) -> dict[str, str]:
    """Variables for a client's home of its own, whose folders are there."""
    places = clean_home(folder)
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    return places


@asynccontextmanager
async def started(
    line: list[str], folder: Path, variables: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client in a clean home of its own, ended at the latest with the block."""
    places = made_home(folder)
    process = await asyncio.create_subprocess_exec(
        *line,
        env=clean_environment(folder, {**places, **variables}),
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


class OpenCode:
    """One `opencode serve`, in which each base address has a folder."""

    def __init__(self, program: str, folder: Path, variables: Mapping[str, str]) -> None:
        self._program = program
        self._folder = folder
        self._variables = variables

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        self._folder.mkdir()
        line = [self._program, "serve", "--hostname", "127.0.0.1", "--port", "0"]
        async with started(line, self._folder, self._variables) as self.process:
            async with asyncio.timeout(PATIENCE):
                url = await self._listening()
            async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout()) as self._http:
                yield self

    async def _listening(self) -> str:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if found := re.search(rb"listening on (http://\S+)", line):
                return found[1].decode()
        raise AssertionError("it has ended")

    @asynccontextmanager
    async def asked(self, base: str) -> AsyncIterator["asyncio.Task[str]"]:
        """What it tells its user of the first failure of an answer; then the user gives up."""
        folder = self._folder / re.sub(r"\W+", "-", base)
        folder.mkdir(exist_ok=True)
        options = {"provider": {"opencode": {"options": {"baseURL": base}}}}
        (folder / "opencode.json").write_text(json.dumps(options))
        at = {"x-opencode-directory": str(folder)}
        async with self._http.get("/event", headers=at) as events:
            async with self._http.post("/session", json={}, headers=at) as answer:
                known: str = (await answer.json())["id"]
            session = f"/session/{known}"
            model = {"providerID": "opencode", "modelID": "big-pickle"}
            message = {"model": model, "parts": [{"type": "text", "text": "hello"}]}
            asking = asyncio.create_task(self._ask(f"{session}/message", message, at))
            telling = asyncio.create_task(told(events, known))
            try:
                yield telling
                with suppress(aiohttp.ClientError):  # it may have been killed
                    async with self._http.post(f"{session}/abort", headers=at) as answer:
                        await answer.read()
            finally:
                telling.cancel()
                asking.cancel()

    async def _ask(self, path: str, message: object, at: Mapping[str, str]) -> None:
        async with self._http.post(path, json=message, headers=at) as answer:
            await answer.read()


async def told(events: aiohttp.ClientResponse, session: str) -> str:
    async for line in events.content:
        text = line.decode()
        if session in text and ('"retry"' in text or '"session.error"' in text):
            return next((name for name, form in SAYINGS.items() if re.search(form, text)), text)
    raise AssertionError("it has ended")


OPENCODE = {
    "1.15": lambda: required(find_program("opencode-1.15", os.environ)),
    "1.18": lambda: os.environ["PAWWORK_TEST_CLIENT"],
}


@pytest.mark.parametrize("version", OPENCODE)
async def test_opencode_tells_its_user_what_the_page_says(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a server learns on each route that its client has given up or was killed."""
    program = OPENCODE[version]()
    async with (
        Upstream().running(tmp_path) as at,
        Routes(at, monkeypatch).running(tmp_path) as routes,
        AsyncExitStack() as stack,
    ):
        clients = {
            way: OpenCode(program, tmp_path / way.replace(" ", "-"), routes.variables[way])
            for way in WAYS
            if way != "reverse"
        }
        async with asyncio.TaskGroup() as group:
            for client in clients.values():
                group.create_task(stack.enter_async_context(client.running()))
        clients["reverse"] = clients["without us"]

        async def said(way: str) -> str:
            async with clients[way].asked(routes.base(way)) as telling:
                return await asyncio.wait_for(telling, PATIENCE)

        found = {}
        for failing in FAILURES.values():
            at.failing = failing
            said_by = await asyncio.gather(*map(said, WAYS))
            found[failing] = dict(zip(WAYS, said_by, strict=True))
        assert found == page()

        at.failing = "hangs"
        for way in WAYS:
            async with clients[way].asked(routes.base(way)):
                await at.until_hanging(1)
            await at.until_hanging(0)
        for number, way in enumerate(WAYS, 1):
            await stack.enter_async_context(clients[way].asked(routes.base(way)))
            await at.until_hanging(number)
        for client in set(clients.values()):
            client.process.kill()
        await at.until_hanging(0)


@pytest.mark.dsh
async def test_dsh_says_what_it_says_without_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Upstream().running(tmp_path) as at,
        Routes(at, monkeypatch).running(tmp_path) as routes,
    ):

        async def said(way: str) -> str:
            folder = tmp_path / f"{way} {at.failing}"
            folder.mkdir()
            patch = folder / "patch.yml"
            stock = PATCH.read_text("utf-8")
            patch.write_text(stock.replace(f"https://{HOST}{PATH}", routes.base(way)))
            line = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello", patch)
            own = {"OPENCODE_API_KEY": "public", "DSH_HOME": str(folder / "dsh")}
            async with started(line, folder, {**own, **routes.variables[way]}) as process:
                out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
            return out.decode()

        failures: tuple[Failing, ...] = ("refused", "certificate", "cut")
        for at.failing in failures:
            alone, *ours = await asyncio.gather(*map(said, WAYS))
            assert ours == [alone] * len(ours)
            assert "TRANSPORT" in alone
