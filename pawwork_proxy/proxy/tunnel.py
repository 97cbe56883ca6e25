"""An HTTP CONNECT proxy that passes bytes untouched and keeps what can be seen from outside.

On the tunnel route the client's own TLS reaches the server: handshake, addresses and certificates
are its own, so what happens here happens without us, too. Seen are the ClientHello, sizes, times
and who closed. Invariants: no byte is changed, added or held back; nothing but CONNECT is served;
a connection that one side ends or resets is ended or reset towards the other.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pawwork_proxy.wire.client_hello import (
    LONGEST_HELLO,
    ClientHello,
    hello_length,
    read_client_hello,
)

PIECE = 64 * 1024
LONGEST_HEAD = 16 * 1024
HEAD_PATIENCE_S = 30.0
"""A program that connects and says nothing is let go of; a request is always said at once."""

Side = Literal["client", "server", "proxy"]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Streams]]
"""Opens the way to a host and port: directly, or through the user's own proxy. Raises OSError."""


@dataclass(slots=True)
class TunnelConnection:
    """One CONNECT to the recorded host, as seen from outside."""

    opened_at: datetime
    client_port: int
    connect_ms: float | None = None
    hello: ClientHello | None = None
    sent_bytes: int = 0
    received_bytes: int = 0
    first_byte_ms: float | None = None
    total_ms: float | None = None
    closed_by: Side | None = None
    reset: bool = False


class Tunnel:
    """Serves CONNECT on one listener; `ended` is told of each connection to a recorded host."""

    def __init__(
        self,
        connect: Connect,
        is_recorded: Callable[[str, int], bool],
        opened: Callable[[TunnelConnection], None],
        ended: Callable[[TunnelConnection], None],
        utc_now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._connect = connect
        self._is_recorded = is_recorded
        self._opened = opened
        self._ended = ended
        self._utc_now = utc_now
        self._monotonic = monotonic
        self.passed_by = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, from its CONNECT to its end; for `asyncio.start_server`."""
        upstream: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(HEAD_PATIENCE_S):
                target = _connect_target(await reader.readuntil(b"\r\n\r\n"))
            if target is None:
                await _say(writer, b"405 Method Not Allowed")
                return
            started = self._monotonic()
            seen = TunnelConnection(self._utc_now(), writer.get_extra_info("peername")[1])
            try:
                server, upstream = await self._connect(*target)
            except OSError:
                await _say(writer, b"502 Bad Gateway")
                return
            seen.connect_ms = self._since(started)
            await _say(writer, b"200 Connection established")
            if self._is_recorded(*target):
                self._opened(seen)
                await self._watched(seen, started, (reader, writer), (server, upstream))
                self._ended(seen)
            else:
                self.passed_by += 1
                await _relay((reader, writer), (server, upstream), lambda _: None, lambda _: None)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client left before it said what it wants
        finally:
            for one in (writer, upstream):
                if one is not None:
                    one.close()

    async def _watched(
        self, seen: TunnelConnection, started: float, client: Streams, server: Streams
    ) -> None:
        head = bytearray()
        reading_hello = True

        def sent(piece: bytes) -> None:
            nonlocal reading_hello
            seen.sent_bytes += len(piece)
            if not reading_hello:
                return
            head.extend(piece[: LONGEST_HELLO - len(head)])
            length = hello_length(bytes(head))
            if length is not None or len(head) >= LONGEST_HELLO:
                seen.hello = read_client_hello(bytes(head[:length])) if length else None
                reading_hello = False
                head.clear()

        def received(piece: bytes) -> None:
            if seen.first_byte_ms is None:
                seen.first_byte_ms = self._since(started)
            seen.received_bytes += len(piece)

        seen.closed_by, seen.reset = await _relay(client, server, sent, received)
        seen.total_ms = self._since(started)

    def _since(self, started: float) -> float:
        return round((self._monotonic() - started) * 1000, 3)


async def through_proxy(
    proxy: tuple[str, int], authorization: str | None, host: str, port: int
) -> Streams:
    """The way to `host` through an HTTP proxy of the user's. Raises OSError when it refuses."""
    reader, writer = await asyncio.open_connection(*proxy)
    try:
        name = f"[{host}]" if ":" in host else host
        lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}"]
        if authorization is not None:
            lines.append(f"Proxy-Authorization: {authorization}")
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        raise ConnectionError("the proxy closed the connection") from None
    if head.split(maxsplit=2)[1:2] != [b"200"]:
        writer.close()
        raise ConnectionRefusedError("the proxy refuses the tunnel")
    return reader, writer


async def _relay(
    client: Streams,
    server: Streams,
    sent: Callable[[bytes], None],
    received: Callable[[bytes], None],
) -> tuple[Side, bool]:
    """Pass bytes both ways until both sides have ended; who ended first, and whether by a reset."""
    first: list[tuple[Side, bool]] = []

    async def pump(side: Side, source: Streams, sink: Streams, on: Callable[[bytes], None]) -> None:
        try:
            while piece := await source[0].read(PIECE):
                sink[1].write(piece)
                on(piece)
                await sink[1].drain()
        except OSError:
            first.append((side, True))
            _reset(sink[1])
        else:
            first.append((side, False))
            with contextlib.suppress(OSError):
                sink[1].write_eof()

    await asyncio.gather(
        pump("client", client, server, sent), pump("server", server, client, received)
    )
    return first[0]


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as the other side ended: by a reset, not by a polite close."""
    peer = writer.get_extra_info("socket")
    if peer is not None and not writer.is_closing():
        with contextlib.suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _connect_target(head: bytes) -> tuple[str, int] | None:
    """Host and port of a CONNECT request; None for anything else."""
    method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    host, _, port = rest.partition(" ")[0].rpartition(":")
    if method != "CONNECT" or not host or not (port.isascii() and port.isdigit()):
        return None
    return host.strip("[]"), int(port)


async def _say(writer: asyncio.StreamWriter, status: bytes) -> None:
    writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n")
    await writer.drain()
