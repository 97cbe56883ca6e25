"""An HTTP CONNECT proxy that passes bytes untouched and keeps what can be seen from outside.

On the tunnel route the client's own TLS reaches the server: handshake and certificates are its own,
so what happens here happens without us, too. Seen are the ClientHello, sizes, times and who closed.
Invariants: no byte is changed, added or held back; nothing but CONNECT is served; a connection that
one side ends or resets is ended or reset towards the other, and one that cannot be opened is reset.
"""

import asyncio
import contextlib
import re
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pawwork_proxy.recording.destination import PRESENCE_PATH, presence
from pawwork_proxy.wire.client_hello import LONGEST_HELLO, hello_length

PIECE = 64 * 1024
PATIENCE_S = 120.0
"""A program that connects and says nothing is given up."""
MOST_PIECES = 64
"""A hello that comes in more pieces is passed on, and not looked for any longer."""

HIGHEST_PORT = 65535
_PORT = re.compile(r"[0-9]{1,5}")
_PRESENCE_ASKED = f"GET {PRESENCE_PATH} ".encode()

Side = Literal["client", "server", "chained_proxy", "proxy"]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Streams]]
"""Opens the way to a host and port: directly, or through the user's own proxy. Raises OSError."""


class ProxyFailed(ConnectionError):
    """The user's own proxy cannot be reached, or hangs up."""


class ProxyAnswer(ProxyFailed):
    """The user's own proxy did not open the tunnel but answered; its connection still stands."""

    def __init__(self, head: bytes, streams: Streams) -> None:
        super().__init__()
        self.head = head
        self.streams = streams


@dataclass(slots=True, eq=False)
class Passing:
    """One CONNECT to the recorded host, as seen from outside."""

    at: datetime
    client_port: int
    connect_ms: float | None = None
    hello: bytes = b""
    """The client's ClientHello in its TLS records; empty if none was seen."""
    sent_bytes: int = 0
    received_bytes: int = 0
    first_byte_ms: float | None = None
    total_ms: float = 0.0
    ended_by: Side = "proxy"
    reset: bool = False


class Tunnel:
    """Serves CONNECT; `begun` and `ended` are told of each connection to the recorded host."""

    def __init__(
        self,
        connect: Connect,
        is_recorded: Callable[[str, int], bool],
        begun: Callable[[Passing], None],
        ended: Callable[[Passing], None],
        passed_by: Callable[[], None],
        utc_now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._connect = connect
        self._is_recorded = is_recorded
        self._begun = begun
        self._ended = ended
        self._passed_by = passed_by
        self._utc_now = utc_now
        self._monotonic = monotonic

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, from its CONNECT to its end; for `asyncio.start_server`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
            target = _connect_target(head)
            if _asks_for_presence(head):
                await _say(writer, b"200 OK", presence(decrypts=False))
            elif target is None:
                await _say(writer, b"405 Method Not Allowed")
            elif self._is_recorded(*target):
                await self._watched(target, (reader, writer))
            else:
                self._passed_by()
                await self._passed(target, (reader, writer), None)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client left before it said what it wants
        finally:
            writer.close()

    async def _watched(self, target: tuple[str, int], client: Streams) -> None:
        seen = Passing(self._utc_now(), client[1].get_extra_info("peername")[1])
        look = _Look(seen, self._monotonic)
        self._begun(seen)
        try:
            await self._passed(target, client, look)
        finally:  # also when the run ends while the connection stands
            seen.total_ms = look.elapsed()
            self._ended(seen)

    async def _passed(self, target: tuple[str, int], client: Streams, look: "_Look | None") -> None:
        first = asyncio.create_task(client[0].read(PIECE))
        try:
            server = await self._way(target, first)
        except ProxyAnswer as answer:  # as the client would have got it without us
            client[1].write(answer.head)
            if look is not None:
                look.ended("chained_proxy", reset=False)
            server, look = answer.streams, None
        except (OSError, ValueError) as error:  # the latter: this cannot be the name of a host
            if look is not None and isinstance(error, ProxyFailed):
                look.ended("chained_proxy", reset=True)
            reset_connection(client[1])
            return
        else:
            if look is not None:
                look.connected()
            await _say(client[1], b"200 Connection established")
        try:
            await _relay(client, server, look, first)
        finally:
            server[1].close()

    async def _way(self, target: tuple[str, int], first: asyncio.Task[bytes]) -> Streams:
        """The way to a target, however long it takes to open; OSError when the client leaves."""
        opening = asyncio.ensure_future(self._connect(*target))
        try:
            await asyncio.wait({opening, first}, return_when=asyncio.FIRST_COMPLETED)
            if not opening.done() and not first.result():
                raise ConnectionAbortedError
            return await opening
        except ProxyAnswer:
            raise
        except BaseException:
            first.cancel()
            raise
        finally:
            opening.cancel()


class _Look:
    """Looks at what passes on one connection."""

    def __init__(self, seen: Passing, monotonic: Callable[[], float]) -> None:
        self._seen = seen
        self._monotonic = monotonic
        self._started = monotonic()
        self._head: bytearray | None = bytearray()
        self._pieces = 0

    def elapsed(self) -> float:
        """Milliseconds since the client asked."""
        return (self._monotonic() - self._started) * 1000

    def connected(self) -> None:
        """The connection to the server stands."""
        self._seen.connect_ms = self.elapsed()

    def passed(self, side: Side, piece: bytes) -> None:
        """A piece came from this side, and has been passed on."""
        if side == "client":
            self._seen.sent_bytes += len(piece)
            self._look_for_hello(piece)
        else:
            if self._seen.first_byte_ms is None:
                self._seen.first_byte_ms = self.elapsed()
            self._seen.received_bytes += len(piece)

    def ended(self, side: Side, *, reset: bool) -> None:
        """A side ended its half, or broke off; the first one to do so counts."""
        if self._seen.ended_by == "proxy":
            self._seen.ended_by, self._seen.reset = side, reset

    def _look_for_hello(self, piece: bytes) -> None:
        if self._head is None:
            return
        self._head += piece[: LONGEST_HELLO - len(self._head)]
        self._pieces += 1
        length = hello_length(bytes(self._head))
        if length is not None:
            self._seen.hello = bytes(self._head[:length])
        if length is not None or self._pieces == MOST_PIECES or len(self._head) == LONGEST_HELLO:
            self._head = None


async def _relay(
    client: Streams, server: Streams, look: _Look | None, first: asyncio.Task[bytes]
) -> None:
    """Pass bytes both ways until both sides have ended; `first` are the client's first ones."""

    async def pump(
        side: Side, source: Streams, other: Side, sink: Streams, piece: Awaitable[bytes]
    ) -> None:
        waits_for = side
        try:
            while data := await piece:
                sink[1].write(data)
                if look is not None:
                    look.passed(side, data)
                waits_for = other
                await sink[1].drain()
                waits_for = side
                piece = source[0].read(PIECE)
        except OSError:
            if look is not None:
                look.ended(waits_for, reset=True)
            # Both: who reads from the broken one may wait for the other, and not notice.
            reset_connection(source[1])
            reset_connection(sink[1])
        else:
            if look is not None:
                look.ended(side, reset=False)
            with contextlib.suppress(OSError):
                if sink[1].can_write_eof():
                    sink[1].write_eof()
                else:  # TLS towards a chained proxy knows no half of a connection
                    sink[1].close()

    await asyncio.gather(
        pump("client", client, "server", server, first),
        pump("server", server, "client", client, server[0].read(PIECE)),
    )


def reset_connection(writer: asyncio.StreamWriter) -> None:
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
    if method != "CONNECT" or not host or not _PORT.fullmatch(port) or int(port) > HIGHEST_PORT:
        return None
    return host.strip("[]"), int(port)


def _asks_for_presence(head: bytes) -> bool:
    """Whether it is `doctor` that asks; a web page would name its own host."""
    return head.startswith(_PRESENCE_ASKED) and b"\r\nhost: 127.0.0.1" in head.lower()


async def _say(writer: asyncio.StreamWriter, status: bytes, body: bytes = b"") -> None:
    writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n" + body)
    await writer.drain()
