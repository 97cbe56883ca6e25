"""mitmproxy's master with only the addons that a proxy needs, plus our recorder.

Stock `mitmdump` loads thirty addons and logs every event; without them one process handles about
1.7 times as many requests. Invariants: loopback listeners only, TLS to the upstream verified,
only the recorded host is decrypted, and mitmproxy's own log never prints (it quotes traffic).
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from pathlib import Path

from mitmproxy import options

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.listeners import LOOPBACK, Listener, loopback_addresses
from pawwork_proxy.proxy.mitmproxy_internals.changes import make_changes
from pawwork_proxy.proxy.mitmproxy_internals.loading import (
    Core,
    Master,
    NextLayer,
    Proxyserver,
    TlsConfig,
    UpstreamAuth,
)
from pawwork_proxy.proxy.mitmproxy_internals.sockets import take_over


class ProxyMaster(Master):
    """Runs the listeners; `run` returns after `shutdown`."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        recorder_addon: object,
        *,
        recorded_host: str,
        ca_folder: Path,
        via: ChainedProxy | None,
        upstream_ca: Path | None = None,
    ) -> None:
        """Must be called inside a running event loop."""
        super().__init__(options.Options())
        quiet_mitmproxy()
        make_changes(self)
        take_over(listeners)
        self.proxyserver = Proxyserver()
        self.listeners = tuple(listeners)
        self.listening = asyncio.Event()
        self.addons.add(
            Core(),
            self.proxyserver,
            recorder_addon,
            NextLayer(),
            TlsConfig(),
            UpstreamAuth(),
        )
        mode = f"upstream:{via.address}" if via else "regular"
        self.options.update(
            confdir=str(ca_folder),
            # Lazy: a connection is opened when a request needs it, so with another upstream
            # nothing is ever sent to the host that the client named.
            connection_strategy="lazy",
            allow_hosts=[rf"^{re.escape(recorded_host)}\.?:443$"],
            mode=[
                f"{mode}@{address}:{listener.port}"
                for listener in self.listeners
                for address in loopback_addresses(listener.port)
            ],
        )
        if via and via.credentials:
            self.options.update(upstream_auth=via.credentials)
        if upstream_ca:
            self.options.update(ssl_verify_upstream_trusted_ca=str(upstream_ca))

    async def running(self) -> None:
        """Refuse to go on with a listener missing (its port was taken meanwhile)."""
        addresses = self.proxyserver.listen_addrs()
        listening = {port for host, port, *_ in addresses if host == LOOPBACK}
        for listener in self.listeners:
            if listener.port not in listening:
                raise ConfigurationError(
                    f"cannot listen on {LOOPBACK}:{listener.port} for '{listener.label}'",
                    "another program took the port meanwhile; try again",
                )
        await super().running()
        self.listening.set()

    def stop(self) -> None:
        """Let `run` end; from any thread."""
        self.event_loop.call_soon_threadsafe(self.should_exit.set)


def quiet_mitmproxy() -> None:
    """Let mitmproxy log nothing: its messages quote hosts, paths and bytes of the traffic."""
    logger = logging.getLogger("mitmproxy")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
