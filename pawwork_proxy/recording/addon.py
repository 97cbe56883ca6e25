"""The mitmproxy addon: turns the hooks of exchanges into calls on the recorder.

Which hooks, and why: mitmproxy fires either `response` or `error` for a flow, never both; a CONNECT
that fails fires `http_connect_error`; a client that distrusts our certificate shows up only as
`tls_failed_client`. A recorder that listens to `request` and `response` misses all of these.
Invariants: the addon never raises into mitmproxy and never changes a message, except the value of
Host on the reverse route and the response to a request that is refused here. Whatever of recording
fails, the request goes on, unrecorded. A failed connection reaches the client as one. A model
call that is answered here goes nowhere else.
"""

from collections.abc import Awaitable
from functools import partial

from mitmproxy import http

from pawwork_proxy.model.context import Route
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.recording import flows
from pawwork_proxy.recording.connection_hooks import ConnectionHooks
from pawwork_proxy.recording.destination import (
    Asked,
    PassBy,
    Present,
    Refuse,
    decide,
    is_recorded_host,
    presence,
    undecided,
)
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, Tee, UpstreamFacts

_ONGOING = "pawwork_proxy.ongoing"
_UNDECIDED = "pawwork_proxy.undecided"


class CaptureAddon(ConnectionHooks):
    """Records exchanges with the upstream."""

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


def _ongoing_of(flow: http.HTTPFlow) -> Ongoing | None:
    found = flow.metadata.get(_ONGOING)
    return found if isinstance(found, Ongoing) else None
