"""Listens for the tap in clients: on a private Unix socket, or on loopback where there is none.

Invariants: nobody but this user reaches the socket (a folder 0700, a socket 0600), and on every
way in the first frame has to carry the run's token; nothing is ever sent to a client, and a client
never waits for us.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pawwork_proxy.proxy.listeners import LOOPBACK
from pawwork_proxy.recording.inside import InsideClients

_QUIET_ROUNDS = 8
"""Rounds of the event loop without news after which nothing is waiting to be read."""
_MOST_ROUNDS = 10_000  # a client that lives on may go on talking


class _Taps:
    """The connections that are open."""

    def __init__(self, clients: InsideClients) -> None:
        self.clients = clients
        self.news = 0
        self.open: set[asyncio.Transport] = set()
        self.over = False

    async def settle(self) -> None:
        """Read what clients that have ended left in the sockets' buffers."""
        seen, quiet = -1, 0
        for _ in range(_MOST_ROUNDS):
            quiet = quiet + 1 if seen == self.news else 0
            if quiet == _QUIET_ROUNDS:
                return
            seen = self.news
            await asyncio.sleep(0)

    def close(self) -> None:
        """Let go of clients that live on: their exchanges have been interrupted by us."""
        self.over = True
        for transport in self.open:
            transport.abort()


class _Tap(asyncio.Protocol):
    """Hands what one connection brings to the recording."""

    def __init__(self, taps: _Taps) -> None:
        self._taps = taps
        self._connection = taps.clients.connection()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._taps.open.add(transport)
        self._taps.news += 1

    def data_received(self, data: bytes) -> None:
        self._taps.news += 1
        if not self._taps.over and not self._connection.feed(data):
            self._transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        self._taps.open.discard(self._transport)
        self._taps.news += 1
        if not self._taps.over:
            self._connection.gone()


@asynccontextmanager
async def listening_for_taps(clients: InsideClients) -> AsyncIterator[str]:
    """The address for taps inside the block: a path, or `tcp:` and a port."""
    taps = _Taps(clients)
    folder = Path(tempfile.mkdtemp(prefix="pawwork-proxy-"))  # it is 0700 by its nature
    try:
        server, address = await _listen(lambda: _Tap(taps), folder / "tap")
        try:
            yield address
            await taps.settle()
        finally:
            server.close()
            taps.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _listen(
    protocol: Callable[[], asyncio.Protocol], path: Path
) -> tuple[asyncio.Server, str]:
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_unix_server(protocol, path)
        os.chmod(path, 0o600)  # noqa: PTH101  it blocks no longer than the calls around it
    except (AttributeError, NotImplementedError, OSError):  # Windows; or the path is too long
        server = await loop.create_server(protocol, LOOPBACK, 0)
        return server, f"tcp:{server.sockets[0].getsockname()[1]}"
    return server, str(path)
