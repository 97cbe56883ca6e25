"""The tunnel on real sockets of the loopback interface, in this process."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from pawwork_proxy.proxy.tunnel import Streams, Tunnel, TunnelConnection, through_proxy
from tests.unit.wire.test_client_hello import BUN

CONNECT = b"CONNECT opencode.ai:443 HTTP/1.1\r\nHost: opencode.ai:443\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Seen:
    """What a tunnel reports, and a way to wait for it."""

    def __init__(self) -> None:
        self.opened: list[TunnelConnection] = []
        self.ended: asyncio.Queue[TunnelConnection] = asyncio.Queue()


@asynccontextmanager
async def tunnel_to(upstream: Serve) -> AsyncIterator[tuple[Seen, Tunnel, int]]:
    """A tunnel for opencode.ai whose every way leads to `upstream`; its port."""
    seen = Seen()
    server = await asyncio.start_server(upstream, "127.0.0.1", 0)
    target = server.sockets[0].getsockname()[1]

    async def connect(_host: str, _port: int) -> Streams:
        return await asyncio.open_connection("127.0.0.1", target)

    tunnel = Tunnel(
        connect,
        lambda host, port: (host, port) == ("opencode.ai", 443),
        seen.opened.append,
        seen.ended.put_nowait,
        lambda: datetime.now(UTC),
    )
    listener = await asyncio.start_server(tunnel.serve, "127.0.0.1", 0)
    async with server, listener:
        yield seen, tunnel, listener.sockets[0].getsockname()[1]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


async def test_bytes_pass_untouched_and_are_counted() -> None:
    async with tunnel_to(echo) as (seen, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        assert await reader.readuntil(b"\r\n\r\n") == ESTABLISHED
        data = BUN + bytes(range(256)) * 2000
        writer.write(data)
        assert await reader.readexactly(len(data)) == data
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        connection = await seen.ended.get()
    assert seen.opened == [connection]
    assert connection.sent_bytes == connection.received_bytes == len(data)
    assert connection.hello is not None
    assert connection.hello.alpn == ("http/1.1",)
    assert connection.closed_by == "client"
    assert not connection.reset
    assert connection.first_byte_ms is not None
    assert connection.total_ms is not None
    assert 0 <= connection.first_byte_ms <= connection.total_ms


async def test_a_hello_that_comes_in_pieces_is_read() -> None:
    async with tunnel_to(echo) as (seen, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        await reader.readuntil(b"\r\n\r\n")
        for at in range(len(BUN)):
            writer.write(BUN[at : at + 1])
            await writer.drain()
            assert await reader.readexactly(1) == BUN[at : at + 1]
        writer.close()
        assert (await seen.ended.get()).hello is not None


async def test_a_server_that_closes_is_named() -> None:
    async def short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"bye")
        await writer.drain()
        writer.close()

    async with tunnel_to(short) as (seen, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT + b"not TLS at all")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b"bye"
        writer.close()
        connection = await seen.ended.get()
    assert connection.closed_by == "server"
    assert connection.hello is None


@pytest.mark.parametrize("resetting", ["client", "server"])
async def test_a_reset_is_passed_on_as_a_reset(resetting: str) -> None:
    arrived = asyncio.Event()
    ended: asyncio.Queue[str] = asyncio.Queue()

    def reset(writer: asyncio.StreamWriter) -> None:
        peer: socket.socket = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        arrived.set()
        if resetting == "server":
            reset(writer)
            return
        try:
            ended.put_nowait("closed" if await reader.read() == b"" else "data")
        except ConnectionError:
            ended.put_nowait("reset")
        writer.close()

    async with tunnel_to(upstream) as (seen, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"x")
        await arrived.wait()
        if resetting == "client":
            reset(writer)
            assert await ended.get() == "reset"
        else:
            with pytest.raises(ConnectionError):
                await reader.readexactly(1)
        connection = await seen.ended.get()
    assert connection.closed_by == resetting
    assert connection.reset


async def test_other_hosts_pass_by_unseen() -> None:
    async with tunnel_to(echo) as (seen, tunnel, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == ESTABLISHED
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()
    assert tunnel.passed_by == 1
    assert seen.opened == []


@pytest.mark.parametrize(
    "head", [b"GET http://opencode.ai/ HTTP/1.1\r\n\r\n", b"CONNECT opencode.ai HTTP/1.1\r\n\r\n"]
)
async def test_nothing_but_connect_is_served(head: bytes) -> None:
    async with tunnel_to(echo) as (_, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        assert (await reader.read()).startswith(b"HTTP/1.1 405 ")
        writer.close()


async def test_an_upstream_that_cannot_be_reached_is_said() -> None:
    async def connect(_host: str, _port: int) -> Streams:
        raise ConnectionRefusedError

    tunnel = Tunnel(connect, lambda *_: True, print, print, lambda: datetime.now(UTC))
    async with await asyncio.start_server(tunnel.serve, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        assert (await reader.read()).startswith(b"HTTP/1.1 502 ")
        writer.close()


async def test_the_users_own_proxy_is_asked_for_the_way() -> None:
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.put_nowait(head)
        refused = b"Basic" not in head
        writer.write(b"HTTP/1.1 407 No\r\n\r\n" if refused else b"HTTP/1.1 200 OK\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as listener:
        address = ("127.0.0.1", listener.sockets[0].getsockname()[1])
        reader, writer = await through_proxy(address, "Basic dTpw", "opencode.ai", 443)
        assert await reader.read() == b"hello"
        writer.close()
        assert await asked.get() == (
            b"CONNECT opencode.ai:443 HTTP/1.1\r\nHost: opencode.ai:443\r\n"
            b"Proxy-Authorization: Basic dTpw\r\n\r\n"
        )
        with pytest.raises(ConnectionRefusedError):
            await through_proxy(address, None, "opencode.ai", 443)
