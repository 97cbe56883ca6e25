"""The sockets on which mitmproxy listens."""

import asyncio
import inspect
from collections.abc import Iterable
from typing import Any

from mitmproxy.proxy import mode_servers
from mitmproxy.version import VERSION

from pawwork_proxy.logs import say
from pawwork_proxy.proxy import listeners as ports

_stock_listen: Any = getattr(mode_servers.AsyncioServerInstance, "listen", None)
_held: dict[int, ports.Listener] = {}


def take_over(listening: Iterable[ports.Listener]) -> None:
    """Let mitmproxy serve the sockets of listeners that have one.

    A version that we do not know opens its own, for which these are closed.
    """
    held = {one.port: one for one in listening if one.handle is not None}
    if _stock_listen and [*inspect.signature(_stock_listen).parameters] == ["self", "host", "port"]:
        _held.update(held)
        mode_servers.AsyncioServerInstance.listen = _listen  # type: ignore[method-assign]
        return
    for one in held.values():
        one.taken().close()
    say("change_not_made", change="take_over", mitmproxy=VERSION)


async def _listen(self: Any, host: str, port: int) -> Any:
    if port not in _held or host != ports.LOOPBACK:
        return await _stock_listen(self, host, port)
    return [await asyncio.start_server(self.handle_stream, sock=_held.pop(port).taken())]
