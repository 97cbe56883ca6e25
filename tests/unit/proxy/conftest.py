"""What tests of connections need: none of them outlives its test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from functools import cache

import pytest
from mitmproxy import certs

from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.proxy import authority

NOW = utc_now()
made_once, read_once = cache(authority._key_and_certificate), cache(certs.load_pem_private_key)


@pytest.fixture
async def all_connections_end() -> AsyncIterator[None]:
    """End what still serves a connection: before Python 3.12 no server waits for it."""
    yield
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for one in serving:
        one.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
    await asyncio.sleep(0)  # a transport that was closed goes in the next round


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, and which nobody else is given."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield int(nobody.getsockname()[1])


@pytest.fixture
def one_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make and to check keys of RSA takes longer than all else that a short run does."""
    monkeypatch.setattr(authority, "_key_and_certificate", lambda now: made_once(NOW))
    monkeypatch.setattr(certs, "load_pem_private_key", read_once)
