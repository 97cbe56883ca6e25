"""The tunnel on real sockets of the loopback interface, in this process."""

import asyncio
import contextlib
import errno
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pawwork_proxy import __version__
from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.trust import trusting
from pawwork_proxy.proxy.tunnel import (
    MOST_PIECES,
    Connect,
    Passing,
    ProxyAnswer,
    ProxyFailed,
    Streams,
    Tunnel,
    reset_connection,
)
from pawwork_proxy.proxy.way_out import way_out
from pawwork_proxy.simulator.tls import own_certificate
from tests.unit.wire.test_client_hello import BUN

pytestmark = pytest.mark.usefixtures("all_connections_end")

CONNECT = b"CONNECT opencode.ai:443 HTTP/1.1\r\nHost: opencode.ai:443\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Seen:
    """What a tunnel reports, and a way to wait for it."""

    def __init__(self) -> None:
        self.opened: list[Passing] = []
        self.ended: asyncio.Queue[Passing] = asyncio.Queue()
        self.passed_by = 0

    def other(self) -> None:
        self.passed_by += 1


@asynccontextmanager
async def tunnel_by(connect: Connect) -> AsyncIterator[tuple[Seen, int]]:
    """A tunnel for opencode.ai with this way out; its port."""
    seen = Seen()
    tunnel = Tunnel(
        connect,
        lambda host, port: (host, port) == ("opencode.ai", 443),
        seen.opened.append,
        seen.ended.put_nowait,
        seen.other,
        lambda: datetime.now(UTC),
    )
    async with await asyncio.start_server(tunnel.serve, "127.0.0.1", 0) as listener:
        yield seen, listener.sockets[0].getsockname()[1]


@asynccontextmanager
async def tunnel_to(upstream: Serve) -> AsyncIterator[tuple[Seen, int]]:
    """A tunnel for opencode.ai whose every way leads to `upstream`; its port."""
    server = await asyncio.start_server(upstream, "127.0.0.1", 0)
    target = server.sockets[0].getsockname()[1]

    async def connect(_host: str, _port: int) -> Streams:
        return await asyncio.open_connection("127.0.0.1", target)

    async with server, tunnel_by(connect) as found:
        yield found


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


async def nowhere(_host: str, _port: int) -> Streams:
    raise OSError


async def presence_for(host: str) -> tuple[bytes, bytes]:
    """What a tunnel answers to a request for its presence, head and body."""
    async with tunnel_by(nowhere) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /_pawwork-proxy HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    assert seen.opened == []
    return head, body


async def test_a_tunnel_says_whose_it_is_and_that_it_decrypts_nothing() -> None:
    head, body = await presence_for("127.0.0.1:9610")
    assert head == b"HTTP/1.1 200 OK"
    assert json.loads(body) == {
        "program": "pawwork-proxy", "version": __version__, "decrypts": False,
    }  # fmt: skip


async def test_a_tunnel_tells_a_web_page_nothing() -> None:
    assert await presence_for("page.example") == (b"HTTP/1.1 405 Method Not Allowed", b"")


async def test_bytes_pass_untouched_and_are_counted() -> None:
    async with tunnel_to(echo) as (seen, port):
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
    assert connection.hello == BUN
    assert connection.ended_by == "client"
    assert not connection.reset
    assert connection.first_byte_ms is not None
    assert 0 <= connection.first_byte_ms <= connection.total_ms


@pytest.mark.parametrize(("size", "kept"), [(len(BUN) // MOST_PIECES + 1, BUN), (1, b"")])
async def test_a_hello_that_comes_in_pieces_is_read_within_reason(size: int, kept: bytes) -> None:
    async with tunnel_to(echo) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        await reader.readuntil(b"\r\n\r\n")
        for at in range(0, len(BUN), size):
            piece = BUN[at : at + size]
            writer.write(piece)
            assert await reader.readexactly(len(piece)) == piece
        writer.close()
        assert (await seen.ended.get()).hello == kept


async def test_a_server_that_closes_is_named() -> None:
    async def short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"bye")
        await writer.drain()
        writer.close()

    async with tunnel_to(short) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT + b"not TLS at all")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b"bye"
        writer.close()
        connection = await seen.ended.get()
    assert connection.ended_by == "server"
    assert connection.hello == b""


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

    async with tunnel_to(upstream) as (seen, port):
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
    assert connection.ended_by == resetting
    assert connection.reset


async def test_a_client_that_breaks_off_is_named_also_while_nobody_reads_what_it_sends() -> None:
    full = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(bytes(65536))
                if writer.transport.get_write_buffer_size() > 0:
                    full.set()
                await writer.drain()
        writer.close()

    async with tunnel_to(deaf) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes(64 * 1024 * 1024))
        await full.wait()
        reset_connection(writer)
        connection = await seen.ended.get()
    assert (connection.ended_by, connection.reset) == ("client", True)


async def test_other_hosts_pass_by_unseen() -> None:
    async with tunnel_to(echo) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == ESTABLISHED
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.write_eof()
        assert await reader.read() == b"", "both sides have ended"
        writer.close()
    assert seen.passed_by == 1
    assert seen.opened == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET http://opencode.ai/ HTTP/1.1\r\n\r\n",
        b"CONNECT opencode.ai HTTP/1.1\r\n\r\n",
        b"CONNECT opencode.ai:65536 HTTP/1.1\r\n\r\n",
        b"CONNECT opencode.ai:" + b"9" * 5000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_nothing_but_connect_is_served(head: bytes) -> None:
    async with tunnel_to(echo) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        assert (await reader.read()).startswith(b"HTTP/1.1 405 ")
        writer.close()


@pytest.mark.parametrize("host", [b"127..0.0.1", b"a" * 64, b"a\0b"])
async def test_a_name_that_no_host_can_have_is_a_failed_connection(host: bytes) -> None:
    async with tunnel_by(way_out(None)) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"CONNECT " + host + b":443 HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
    assert seen.opened == []


async def test_an_upstream_that_cannot_be_reached_breaks_the_connection_and_is_told() -> None:
    async def connect(_host: str, _port: int) -> Streams:
        raise ConnectionRefusedError

    async with tunnel_by(connect) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        connection = await seen.ended.get()
    assert (connection.connect_ms, connection.ended_by) == (None, "proxy")


async def test_a_client_that_leaves_before_a_way_is_open_is_waited_for_no_longer() -> None:
    given_up = asyncio.Event()

    async def connect(_host: str, _port: int) -> Streams:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        raise AssertionError

    async with tunnel_by(connect) as (seen, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT)
        writer.close()
        await given_up.wait()
        await seen.ended.get()


async def test_what_a_client_sends_before_its_way_is_open_passes_too() -> None:
    sent = asyncio.Event()
    server = await asyncio.start_server(echo, "127.0.0.1", 0)

    async def connect(_host: str, _port: int) -> Streams:
        await sent.wait()
        return await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])

    async with server, tunnel_by(connect) as (seen, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CONNECT + b"early")
        await writer.drain()
        sent.set()
        assert await reader.readuntil(b"\r\n\r\n") == ESTABLISHED
        assert await reader.readexactly(5) == b"early"
        writer.close()
        assert (await seen.ended.get()).sent_bytes == 5


async def test_what_the_users_own_proxy_answers_reaches_the_client_as_it_is() -> None:
    answer = b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno"

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as listener:
        via = ChainedProxy("http", "127.0.0.1", listener.sockets[0].getsockname()[1])
        async with tunnel_by(way_out(via)) as (seen, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(CONNECT)
            assert await reader.read() == answer
            writer.close()
            connection = await seen.ended.get()
    assert (connection.connect_ms, connection.ended_by) == (None, "chained_proxy")


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
        port = listener.sockets[0].getsockname()[1]
        via = ChainedProxy("http", "127.0.0.1", port, "u:p")
        reader, writer = await way_out(via, source="127.0.0.1")("opencode.ai", 443)
        assert await reader.read() == b"hello"
        writer.close()
        assert await asked.get() == (
            b"CONNECT opencode.ai:443 HTTP/1.1\r\nHost: opencode.ai:443\r\n"
            b"Proxy-Authorization: Basic dTpw\r\n\r\n"
        )
        with pytest.raises(ProxyAnswer) as answer:
            await way_out(ChainedProxy("http", "127.0.0.1", port))("opencode.ai", 443)
        assert answer.value.head == b"HTTP/1.1 407 No\r\n\r\n"
        answer.value.streams[1].close()


@pytest.mark.parametrize("listens", [True, False])
async def test_a_proxy_that_hangs_up_or_is_not_there_is_named(
    closed_port: int, *, listens: bool
) -> None:
    async def proxy(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1] if listens else closed_port
        async with tunnel_by(way_out(ChainedProxy("http", "127.0.0.1", port))) as (seen, at):
            reader, writer = await asyncio.open_connection("127.0.0.1", at)
            writer.write(CONNECT)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()
            connection = await seen.ended.get()
    assert (connection.connect_ms, connection.ended_by) == (None, "chained_proxy")


async def test_used_up_descriptors_are_not_the_proxys_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def none_left(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(asyncio, "open_connection", none_left)
    with pytest.raises(OSError, match="Too many open files") as failed:
        await way_out(ChainedProxy("http", "127.0.0.1", 1))("opencode.ai", 443)
    assert not isinstance(failed.value, ProxyFailed)


async def test_keys_of_our_own_connections_are_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert trusting(None).keylog_filename is None


async def test_a_proxy_over_tls_is_a_way_out_and_ends_with_the_client(tmp_path: Path) -> None:
    """TLS knows no half of a connection: the client's end is passed on as an end of both."""
    ended: asyncio.Queue[bytes] = asyncio.Queue()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        ended.put_nowait(await reader.read())
        writer.close()

    context, trusted = own_certificate(tmp_path)
    async with await asyncio.start_server(proxy, "127.0.0.1", 0, ssl=context) as listener:
        via = ChainedProxy("https", "127.0.0.1", listener.sockets[0].getsockname()[1])
        with pytest.raises(ProxyFailed):
            await way_out(via)("opencode.ai", 443)
        async with tunnel_by(way_out(via, certificates=trusted)) as (seen, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(CONNECT + b"some bytes")
            await reader.readuntil(b"\r\n\r\n")
            writer.write_eof()
            assert await ended.get() == b"some bytes"
            assert await reader.read() == b""
            writer.close()
            connection = await seen.ended.get()
    assert (connection.ended_by, connection.sent_bytes) == ("client", 10)
