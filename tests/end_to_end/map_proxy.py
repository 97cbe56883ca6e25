"""An HTTP proxy that takes opencode.ai to a simulator on loopback, and nobody anywhere else.

So a real client asks its true URL with its true server name, and nothing leaves this machine. It
shares no code with the tunnel that is tested with it: bytes go from socket to socket.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from pawwork_proxy.facts.server import HOST


class MapProxy:
    """Context manager; `port` is where it listens, `asked` what it was asked for."""

    def __init__(self, simulator_url: str) -> None:
        port = urlsplit(simulator_url).port
        assert port is not None
        self._target = ("127.0.0.1", port)
        self.asked: list[bytes] = []

    @property
    def url(self) -> str:
        """For HTTPS_PROXY or --via."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(1)  # not a byte of what follows
                if not piece:
                    return
                head += piece
            target = head.split()[1]
            self.asked.append(target)
            if target != f"{HOST}:443".encode():
                client.sendall(b"HTTP/1.1 502 Not on this machine\r\n\r\n")
                return
            with socket.create_connection(self._target) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
