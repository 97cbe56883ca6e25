"""The mitmproxy addon: turns hooks into calls on the recorder.

Which hooks, and why: mitmproxy fires either `response` or `error` for a flow, never both; a CONNECT
that fails fires `http_connect_error`; a client that distrusts our certificate shows up only as
`tls_failed_client`. A recorder that listens to `request` and `response` misses all of these.
Invariants: the addon never raises into mitmproxy and never changes a message, except the value of
Host on the reverse route and the response to a request that is refused here. Whatever of recording
fails, the request goes on, unrecorded. A failed connection reaches the client as one. A model
call that is answered here goes nowhere else.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from functools import partial

from mitmproxy import connection, http, tls
from mitmproxy.proxy import layer, server_hooks

from pawwork_proxy.clients.peers import peer_of
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.model.context import Peer, Route
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.recording import flows
from pawwork_proxy.recording.answering import Answering
from pawwork_proxy.recording.destination import (
    Asked,
    PassBy,
    Present,
    Refuse,
    TargetForm,
    Upstream,
    decide,
    is_recorded_host,
    presence,
    undecided,
)
from pawwork_proxy.recording.hellos import OwnHellos
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, Tee, UpstreamFacts
from pawwork_proxy.recording.recorder import Recorder

_ONGOING = "pawwork_proxy.ongoing"
_UNDECIDED = "pawwork_proxy.undecided"
LAST_HOOKS_S = 0.1  # mitmproxy may end an exchange after its client has gone
_ABSOLUTE_FORM = re.compile(rb"[A-Za-z]{1,20} https?://", re.IGNORECASE)

FindProcess = Callable[[int, int], Future[FoundProcess | None]]
PeerOf = Callable[[tuple[str, int], tuple[str, int]], Peer | None]
OnConnected = Callable[[tuple[str, int], str, str], None]
"""Called for each connection that was opened, with its target, local and remote address."""
BreakOff = Callable[[http.HTTPFlow], bool]
"""Resets the connection of a client that a failure has to reach; False where it cannot."""


class CaptureAddon:
    """Records exchanges with the upstream; `installs` maps a listener's port to its label."""

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

    # -- connections -----------------------------------------------------------------------

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

    # -- exchanges -------------------------------------------------------------------------

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """A tunnel is asked for; only those that are not decrypted are counted here."""
        if is_recorded_host(flow.request.host) and flow.request.port == 443:
            self._silent.add(flow.client_conn.id)
        else:
            self._recorder.passed_by()

    def http_connect_error(self, flow: http.HTTPFlow) -> None:
        """A tunnel to the recorded host failed before any request (eager connection strategy)."""
        if not is_recorded_host(flow.request.host):
            return
        self._silent.discard(flow.client_conn.id)
        self._open(flow, "forward")
        failure = self._upstream_failures.pop(flow.client_conn.id, None)
        self._end(flow, failure or Ending.UPSTREAM_UNREACHABLE)

    def requestheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Decide what becomes of a request; the recorded ones are tapped from here on.

        mitmproxy awaits what is returned, for this request alone.
        """
        self._receive(flow)
        return None if _ongoing_of(flow) is None else self._recorder.noted()

    def _receive(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        if request.is_http2 and not flow.error and flows.holds_another_request(request):
            self._recorder.refused()
            flow.kill()
            return
        if flows.is_reverse_mode(flow):  # stock mitmproxy has chosen the upstream itself
            self._open(flow, "reverse")
            self._relay(flow)
            return
        client = flow.client_conn
        self._silent.discard(client.id)
        form = "tunnelled" if client.tls else self._forms.get(client.id, "origin")
        fields = request.headers.fields
        asked = Asked(form, *flows.target_of(request), fields, self._installs, request.path)
        try:
            decision = decide(asked)
        except Exception as error:
            self._recorder.tap_failed(error)
            decision = undecided(asked)
        match decision:
            case Refuse(status, reason):
                self._recorder.refused()
                flow.response = http.Response.make(
                    status, f"{reason}\n", {"content-type": "text/plain", "connection": "close"}
                )
                return
            case Present():
                flow.response = http.Response.make(
                    200, presence(decrypts=True), {"content-type": "application/json"}
                )
                return
            case PassBy():
                self._recorder.passed_by()
                request.stream = True
                return
        self._open(flow, decision.route)
        if flow.error:  # mitmproxy refuses the request itself (invalid headers)
            return
        if self._answering is not None and self._answering.may_take(request.method, request.path):
            flow.metadata[_UNDECIDED] = decision.route
            return
        self._send_upstream(flow, decision.route)
        self._relay(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        """A model call has arrived whole; answer it here if the user asked for that."""
        if flow.request.trailers and flow.server_conn.alpn != b"h2":
            flow.request.trailers = None  # mitmproxy fails on trailers that HTTP/1 would take
        route = flow.metadata.pop(_UNDECIDED, None)
        if route is None or self._answering is None:
            return
        ongoing, body = _ongoing_of(flow), flow.request.raw_content or b""
        if ongoing is not None:
            look = Tee(ongoing.request_chunk, partial(self._missed, ongoing, ("request_body",)))
            look(body)
            look(b"")
        if not self._answering.takes(flow.request.path, body):
            self._send_upstream(flow, route)
            return
        if ongoing is not None:
            ongoing.made_here = True
        flows.redirect(flow, self._answering.source)
        flows.leave_directly(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let the response through as it comes, and look at a copy."""
        assert flow.response is not None
        ongoing = _ongoing_of(flow)
        if ongoing is None:
            # What we have made ourselves did not come over the wire, and cannot be streamed.
            flow.response.stream = flow.response.stream or flow.server_conn.connected
            return
        try:
            ongoing.response_started(
                flow.response.status_code,
                flow.response.http_version,
                flow.response.headers.fields,
            )
        except Exception as error:
            # Without its head nothing of a body can be read either.
            self._missed(ongoing, ("response_head", "response_body"), error)
        if flow.response.status_code != 101:
            failed = partial(self._missed, ongoing, ("response_body",))
            flow.response.stream = Tee(ongoing.response_chunk, failed)

    def response(self, flow: http.HTTPFlow) -> None:
        """The response has ended as it should."""
        if flow.response and flow.response.trailers and not flow.request.is_http2:
            flow.response.trailers = None  # as in `request`
        if flow.websocket is None:
            self._end(flow, Ending.COMPLETE)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """A WebSocket was closed by either side."""
        self._end(flow, Ending.WEBSOCKET)

    def error(self, flow: http.HTTPFlow) -> None:
        """The exchange broke off; there will be no `response`."""
        failure = self._upstream_failures.pop(flow.client_conn.id, None)
        ongoing = _ongoing_of(flow)
        if ongoing is None:
            self._try(self._pass_on_failure, flow)
            return
        try:
            ending = flows.ending_of_error(flow, failure, answered=ongoing.answered)
        except Exception as error:
            ending = Ending.UNSTATED
            self._missed(ongoing, ("ending",), error)
        self._try(self._pass_on_failure, flow, ongoing)
        self._end(flow, ending)

    # -- helpers of the hooks --------------------------------------------------------------

    def _try(self, step: Callable[..., object], *arguments: object) -> None:
        """Take a step that traffic does not depend on."""
        try:
            step(*arguments)
        except Exception as error:
            self._recorder.tap_failed(error)

    def _missed(self, ongoing: Ongoing, parts: tuple[ExchangePart, ...], error: Exception) -> None:
        """Looking at parts of an exchange failed: its record will say so."""
        ongoing.missed(*parts)
        self._recorder.tap_failed(error)

    def _pass_on_failure(self, flow: http.HTTPFlow, ongoing: Ongoing | None = None) -> None:
        """Let a failure reach the client as one, and note where mitmproxy answers instead."""
        page = flows.page_of_mitmproxy(flow)
        if page == 400 or not self._break_off(flow):
            flows.leave_unanswered(flow)
            if page is not None and ongoing is not None:
                ongoing.answered_here(page)

    def _open(self, flow: http.HTTPFlow, route: Route) -> None:
        """Begin to record a flow; if that fails, it goes on without."""
        try:
            flow.metadata[_ONGOING] = self._recorder.open(
                Arrival(
                    install=self._install_of(flow.client_conn),
                    route=route,
                    method=flow.request.method,
                    target=flow.request.path,
                    http_version=flow.request.http_version,
                    headers=flow.request.headers.fields,
                    process=self._processes.get(flow.client_conn.id),
                    peer=self._peers.get(flow.client_conn.id),
                    connection=flow.client_conn.id,
                    client_hello=self._client_hellos.get(flow.client_conn.id),
                )
            )
        except Exception as error:
            self._recorder.tap_failed(error)
            self._try(self._recorder.not_opened)

    def _keep_client_hello(self, data: tls.ClientHelloData) -> None:
        digest = self._recorder.hello("client", data.client_hello.raw_bytes())
        self._client_hellos[data.context.client.id] = digest

    def _answers(self, server: connection.Server) -> bool:
        """Whether this is who makes the answers that are given here."""
        if self._answering is None:
            return False
        source = self._answering.source
        return server.address == (source.host, source.port)

    def _send_upstream(self, flow: http.HTTPFlow, route: Route) -> None:
        flows.redirect(flow, self._upstream)
        self._try(flows.name_host, flow, self._upstream, route)

    def _relay(self, flow: http.HTTPFlow) -> None:
        """Let the body through, tapped if the exchange is recorded."""
        ongoing = _ongoing_of(flow)
        if ongoing is None:
            flow.request.stream = True
            return
        failed = partial(self._missed, ongoing, ("request_body",))
        flow.request.stream = Tee(ongoing.request_chunk, failed)

    def _end(self, flow: http.HTTPFlow, ending: Ending) -> None:
        ongoing = _ongoing_of(flow)
        if ongoing is None:
            return
        try:
            hello = self._own_hellos.digest_of(flow.server_conn)
            # What answers here is no upstream: nothing of the request reached one.
            facts = UpstreamFacts() if ongoing.made_here else flows.upstream_facts(flow, hello)
        except Exception as error:
            facts = UpstreamFacts()
            self._missed(ongoing, ("connection",), error)
        try:
            ongoing.finish(ending, facts)
        except Exception as error:
            self._recorder.tap_failed(error)
            self._try(self._recorder.give_up, ongoing)

    def _install_of(self, client: connection.Client) -> str:
        return self._installs.get(client.sockname[1], self._default_install)


def _ongoing_of(flow: http.HTTPFlow) -> Ongoing | None:
    found = flow.metadata.get(_ONGOING)
    return found if isinstance(found, Ongoing) else None
