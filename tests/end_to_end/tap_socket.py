"""The socket of a recorder that is no recorder: it keeps what a tap sends, or is out of order."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pawwork_proxy.recording.tap_frames import Frame, FrameReader
from tests.end_to_end.proxy_process import PATIENCE, wait_for

TOKEN = "of this run"

State = Literal["listening", "absent", "killed", "stopped"]


class TapSocket:
    """A recorder's socket, in one of the states that a client may find it in."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.data = bytearray()
        self._go_on = threading.Event()

    def __enter__(self) -> "TapSocket":
        self._folder = TemporaryDirectory(prefix="tap-")
        self.address = str(Path(self._folder.name) / "s")
        if self.state != "absent":
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(self.address)
            self._listener.listen()
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.state != "absent":
            self._go_on.set()
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # nobody may have come
            self._thread.join(PATIENCE)
            self._listener.close()
        self._folder.cleanup()

    def go_on(self) -> None:
        """End the stop."""
        self._go_on.set()

    def wait_for(self, times: int, text: bytes) -> None:
        """Block until a text has come so many times."""
        wait_for(lambda: True if self.data.count(text) >= times else None)

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection:
            if self.state == "stopped":
                self._go_on.wait(PATIENCE)
            while data := connection.recv(65536):
                self.data += data
                if self.state == "killed" and b'"chunk"' in self.data:
                    return

    def frames(self) -> list[Frame]:
        """All frames, once the client has ended."""
        self._thread.join(PATIENCE)
        reader = FrameReader()
        found = list(reader.feed(bytes(self.data)))
        assert not reader.damaged
        return found
