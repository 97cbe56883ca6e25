"""The simulator over TLS: its own certificate, and the client's hello in what it saw."""

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest

from pawwork_proxy.simulator.presets import scenario_from
from pawwork_proxy.simulator.server import Simulator
from pawwork_proxy.simulator.tls import own_certificate
from pawwork_proxy.wire.client_hello import read_client_hello


def client(trusted: Path, protocols: list[str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=trusted)
    context.set_alpn_protocols(protocols)
    return context


async def get(url: str, context: ssl.SSLContext, name: str | None = None) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/zen/v1/models", ssl=context, server_hostname=name) as response,
    ):
        return response.status


@pytest.mark.parametrize("name", ["opencode.ai", "localhost", None])
async def test_who_trusts_its_authority_reaches_it_by_name_or_address(
    tmp_path: Path, name: str | None
) -> None:
    context, trusted = own_certificate(tmp_path)
    async with Simulator(tls=context) as simulator:
        assert await get(simulator.url, client(trusted, ["http/1.1"]), name) == 200
        (seen,) = simulator.seen
    hello = read_client_hello(seen.client_hello)
    assert hello is not None
    assert hello.alpn == ("http/1.1",)
    assert (0 in hello.extensions) == (name is not None)
    shown = seen.as_json()["client_hello"]
    assert shown == {"ja4": hello.ja4, "digest": hello.digest}


async def test_clients_at_the_same_time_are_told_apart(tmp_path: Path) -> None:
    context, trusted = own_certificate(tmp_path)
    offers = [["http/1.1"], ["http/1.1", "x"], ["http/1.1", "x", "y"]]
    async with Simulator(tls=context) as simulator:
        await asyncio.gather(*(get(simulator.url, client(trusted, offer)) for offer in offers))
        hellos = [read_client_hello(seen.client_hello) for seen in simulator.seen]
    assert sorted(len(hello.alpn) for hello in hellos if hello) == [1, 2, 3]


async def test_without_tls_there_is_no_hello() -> None:
    async with Simulator() as simulator, aiohttp.ClientSession() as session:
        async with session.get(f"{simulator.url}/zen/v1/models") as response:
            assert response.status == 200
        (seen,) = simulator.seen
    assert seen.as_json()["client_hello"] is None


def test_no_key_stays_on_disk(tmp_path: Path) -> None:
    _, trusted = own_certificate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [trusted.name]
    assert b"PRIVATE" not in trusted.read_bytes()


async def test_another_start_is_not_trusted(tmp_path: Path) -> None:
    context, _ = own_certificate(tmp_path)
    _, trusted = own_certificate(tmp_path)
    async with Simulator(tls=context) as simulator:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await get(simulator.url, client(trusted, ["http/1.1"]), "localhost")


async def test_a_gate_admits_the_handshake_it_is_set_to(tmp_path: Path) -> None:
    """Two clients differ in nothing but what they offer to speak after the handshake."""
    context, trusted = own_certificate(tmp_path)
    gate = {"session": "", "session_headers": [], "tools": [], "stream": False, "user_agent": ""}
    hello = {"suites": [], "alpn": ["http/1.1"]}
    rules = scenario_from({"client_gate": {**gate, "hello": hello}}, "test")
    ask = {"model": "big-pickle", "messages": []}
    async with Simulator(rules, tls=context) as simulator, aiohttp.ClientSession() as session:
        for offer in (["http/1.1"], ["http/1.1", "x"]):
            url = f"{simulator.url}/inference/openai/v1/chat/completions"
            async with session.post(url, json=ask, ssl=client(trusted, offer)) as response:
                await response.read()
        kinds = [seen.kind for seen in simulator.seen]
    assert kinds == ["admitted", "client_gate"]
