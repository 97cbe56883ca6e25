"""An upstream that plays raw bytes: what it received and what it sends are exactly known.

One thread, blocking sockets: a connection is a script of its own, so that half-sent answers, cuts
and silence need no framework's permission.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.end_to_end.proxy_process import PATIENCE

Play = Callable[["Peer"], None]


@dataclass
class Received:
    """One request as it arrived."""

    head: bytes
    body: bytes

    @property
    def lines(self) -> list[bytes]:
        """Request line and header lines, in order."""
        return self.head.split(b"\r\n")


@dataclass
class Peer:
    """The connection of one client, as a script sees it."""

    connection: socket.socket
    request: Received
    hung_up: threading.Event = field(default_factory=threading.Event)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def wait_for_hang_up(self) -> None:
        """Block until the client closes."""
        self.connection.settimeout(PATIENCE)
        while self.connection.recv(65536):
            pass
        self.hung_up.set()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Play:
    """A script that sends one whole answer."""

    def play(peer: Peer) -> None:
        lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body), b"", body]
        peer.send(b"\r\n".join(lines))

    return play


class ScriptedUpstream:
    """Context manager: a loopback server that plays `script` to each request."""

    def __init__(self, script: Play) -> None:
        self.script = script
        self.received: list[Received] = []
        self.peers: list[Peer] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ScriptedUpstream:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else its thread accepts for the next one
        self._listener.close()
        for peer in self.peers:
            peer.connection.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while (request := read_message(connection)) is not None:
                peer = Peer(connection, request)
                self.received.append(request)
                self.peers.append(peer)
                self.script(peer)
                if connection.fileno() < 0:
                    return
        except OSError:
            pass
        finally:
            connection.close()


def read_message(connection: socket.socket) -> Received | None:
    """One HTTP/1.1 message with content-length or chunked body; None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, begun = data.partition(b"\r\n\r\n")
    body = bytearray(begun)
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
    elif b"\r\ncontent-length:" in lowered:
        length = int(lowered.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            chunk = connection.recv(65536)
            if not chunk:
                break
            body += chunk
    return Received(head, bytes(body))


def exchange_raw(port: int, data: bytes) -> Received | None:
    """Send raw bytes to a loopback port and read one message back."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        return read_message(connection)
