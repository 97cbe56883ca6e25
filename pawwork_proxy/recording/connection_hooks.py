"""The hooks about connections: who is behind each, how it began, and why it came to nothing.

Invariant: what is known of a connection is forgotten soon after it is closed.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

from mitmproxy import connection, http, tls
from mitmproxy.proxy import layer, server_hooks

from pawwork_proxy.clients.peers import peer_of
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.model.context import Peer
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording import flows
from pawwork_proxy.recording.answering import Answering
from pawwork_proxy.recording.destination import TargetForm, Upstream, is_recorded_host
from pawwork_proxy.recording.hellos import OwnHellos
from pawwork_proxy.recording.recorder import Recorder

LAST_HOOKS_S = 0.1  # mitmproxy may end an exchange after its client has gone
_ABSOLUTE_FORM = re.compile(rb"[A-Za-z]{1,20} https?://", re.IGNORECASE)

FindProcess = Callable[[int, int], Future[FoundProcess | None]]
PeerOf = Callable[[tuple[str, int], tuple[str, int]], Peer | None]
OnConnected = Callable[[tuple[str, int], str, str], None]
"""Called for each connection that was opened, with its target, local and remote address."""
BreakOff = Callable[[http.HTTPFlow], bool]
"""Resets the connection of a client that a failure has to reach; False where it cannot."""


class ConnectionHooks:
    """Keeps what later hooks need of the run, and of a connection."""

    def __init__(
        self,
        recorder: Recorder,
        upstream: Upstream,
        installs: Mapping[int, str],
        find_process: FindProcess,
        default_install: str = "main",
        source: str | None = None,
        on_connected: OnConnected = lambda *_: None,
        break_off: BreakOff = lambda _: False,
        on_no_descriptors: Callable[[], None] = lambda: None,
        answering: Answering | None = None,
        peer_of: PeerOf = peer_of,
    ) -> None:
        """`installs` maps a listener's port to its label."""
        self._recorder = recorder
        self._upstream = upstream
        self._installs = installs
        self._find_process = find_process
        self._default_install = default_install
        self._source = source
        self._on_connected = on_connected
        self._break_off = break_off
        self._on_no_descriptors = on_no_descriptors
        self._answering = answering
        self._peer_of = peer_of
        self._forms: dict[str, TargetForm] = {}
        self._upstream_failures: dict[str, Ending] = {}
        self._processes: dict[str, Future[FoundProcess | None]] = {}
        self._peers: dict[str, Peer | None] = {}
        self._client_hellos: dict[str, str | None] = {}
        self._silent: set[str] = set()
        """Connections with a tunnel to the recorded host, and no request in it yet."""
        self._own_hellos = OwnHellos(partial(recorder.hello, "proxy"))

    def client_connected(self, client: connection.Client) -> None:
        """Refuse another user; look up the program behind a connection that is our user's."""
        peer = self._peer_of(client.peername[:2], client.sockname[:2])
        if peer == "another_user":
            client.error = "it belongs to another user"  # mitmproxy closes it
            self._recorder.refused_another_user()
            return
        self._peers[client.id] = peer
        self._processes[client.id] = self._find_process(client.peername[1], client.sockname[1])

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Leave from the address that the user chose."""
        if self._source is not None and not self._answers(data.server):
            data.server.sockname = (self._source, 0)

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Report how a host was reached, because the route may change while we run."""
        server = data.server
        if self._answers(server):
            return
        if server.address and server.sockname and server.peername:
            self._on_connected(server.address, server.sockname[0], server.peername[0])

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        """The upstream could not be reached; mitmproxy gives the flow another connection object."""
        chained = flows.is_chained(data.client)
        ending = flows.ending_of_connect_error(data.server.error or "", chained=chained)
        if ending is Ending.PROXY_ERROR:
            self._on_no_descriptors()
        self._upstream_failures[data.client.id] = ending
        data.server.error = None  # else mitmproxy gives later requests the same error, untried

    def tls_established_server(self, data: tls.TlsData) -> None:
        """The upstream has seen our ClientHello; what it offered is part of what was measured."""
        self._try(self._own_hellos.connected, data)

    def tls_failed_server(self, data: tls.TlsData) -> None:
        """The upstream's certificate does not verify, or it speaks no TLS."""
        self._upstream_failures[data.context.client.id] = Ending.UPSTREAM_TLS
        data.conn.error = None  # as above
        self._try(self._own_hellos.connected, data)

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget the connection, after the hooks of its last exchange have had their turn."""
        asyncio.get_running_loop().call_later(
            LAST_HOOKS_S, self._recorder.connection_closed, client.id
        )
        self._upstream_failures.pop(client.id, None)
        self._forms.pop(client.id, None)
        self._processes.pop(client.id, None)
        self._peers.pop(client.id, None)
        self._client_hellos.pop(client.id, None)
        if client.id in self._silent:
            self._silent.remove(client.id)
            self._recorder.client_never_asked(self._install_of(client))

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Note whether a connection speaks to us as to a proxy, before mitmproxy normalises it."""
        client = nextlayer.context.client
        if client.id not in self._forms:
            absolute = _ABSOLUTE_FORM.match(nextlayer.data_client())
            self._forms[client.id] = "absolute" if absolute else "origin"

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """The client's ClientHello, before it is shown a certificate that it may distrust."""
        address = data.context.server.address
        if address and is_recorded_host(address[0]):
            self._try(self._keep_client_hello, data)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """A client that refuses our certificate never gets as far as a request."""
        address = data.context.server.address
        if address and is_recorded_host(address[0]):
            self._silent.discard(data.context.client.id)
            self._recorder.client_distrusts_ca(self._install_of(data.context.client))

    def _try(self, step: Callable[..., object], *arguments: object) -> None:
        """Take a step that traffic does not depend on."""
        try:
            step(*arguments)
        except Exception as error:
            self._recorder.tap_failed(error)

    def _keep_client_hello(self, data: tls.ClientHelloData) -> None:
        digest = self._recorder.hello("client", data.client_hello.raw_bytes())
        self._client_hellos[data.context.client.id] = digest

    def _answers(self, server: connection.Server) -> bool:
        """Whether this is who makes the answers that are given here."""
        if self._answering is None:
            return False
        source = self._answering.source
        return server.address == (source.host, source.port)

    def _install_of(self, client: connection.Client) -> str:
        return self._installs.get(client.sockname[1], self._default_install)
