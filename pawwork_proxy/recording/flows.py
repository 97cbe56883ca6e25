"""Reads mitmproxy's flows: the only place, beside the addon, that knows their types.

Invariant: only `redirect` and `name_host` change a message, and of its headers Host alone.
"""

import re

from mitmproxy import connection, http
from mitmproxy import flow as mflow
from mitmproxy.net.http.url import parse_authority
from mitmproxy.proxy.mode_specs import ReverseMode, UpstreamMode

from pawwork_proxy.model.context import Route
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.destination import Upstream
from pawwork_proxy.recording.ongoing import UpstreamFacts


def is_reverse_mode(flow: http.HTTPFlow) -> bool:
    """Whether stock mitmproxy runs as a reverse proxy and has chosen the upstream itself."""
    return isinstance(flow.client_conn.proxy_mode, ReverseMode)


def holds_another_request(request: http.Request) -> bool:
    """Whether a head of HTTP/2 would be read as more than one request where it becomes HTTP/1.

    The h2 that mitmproxy 11 is held to lets such values pass.
    """
    data = request.data
    line = (data.method, data.scheme, data.authority, data.path)
    parts = [part for field in request.headers.fields for part in field]
    return any(map(_NOT_IN_A_LINE.search, line)) or any(map(_NOT_IN_A_FIELD.search, parts))


def target_of(request: http.Request) -> tuple[str, int]:
    """Host and port that a request names; of one that mitmproxy refuses it has read no Host yet."""
    if request.host:
        return request.host, request.port
    try:
        host, port = parse_authority(request.host_header or "", check=True)
    except ValueError:
        return "", 0
    return host, port or 80


def redirect(flow: http.HTTPFlow, upstream: Upstream) -> None:
    """Send a request elsewhere, its headers as they are.

    The message's raw fields are set, since mitmproxy's own setters also rewrite Host.
    """
    data = flow.request.data
    data.scheme = upstream.scheme.encode("ascii")
    data.host, data.port = upstream.host, upstream.port


def leave_directly(flow: http.HTTPFlow) -> None:
    """Let this one flow go to its target without the chained proxy.

    The connection is the flow's own: the one that it replaces belongs to the client's other flows.
    """
    flow.server_conn = connection.Server(address=None)


def name_host(flow: http.HTTPFlow, upstream: Upstream, route: Route) -> None:
    """Name the upstream where HTTP wants it; on the reverse route, also in the value of Host."""
    request, authority = flow.request, upstream.authority.encode("ascii")
    chained = is_chained(flow.client_conn)
    if chained and upstream.scheme == "http" and not request.is_http2:
        # A chained proxy needs the absolute form (RFC 9112, section 3.2.2).
        request.data.authority = authority
    if route == "reverse":
        request.headers.fields = tuple(
            (name, authority if name.lower() == b"host" else value)
            for name, value in request.headers.fields
        )
        if request.is_http2:
            request.data.authority = authority


def upstream_facts(flow: http.HTTPFlow, hello: str | None) -> UpstreamFacts:
    """Facts on the connection that the exchange used, as far as it came.

    `hello` is the digest of the ClientHello that we would send on it.
    """
    server = flow.server_conn
    if server.timestamp_tcp_setup is None or server.sockname is None:
        return UpstreamFacts(hello=hello)  # of a connection behind a chained proxy no more is known
    connect_ms = None
    opened = server.timestamp_start
    if opened is not None and opened >= flow.request.timestamp_start:
        ready = server.timestamp_tls_setup or server.timestamp_tcp_setup
        connect_ms = max(0.0, (ready - opened) * 1000)
    return UpstreamFacts(
        http_version=flow.response.http_version if flow.response else None,
        tls_version=server.tls_version,
        source_address=server.sockname[0],
        connect_ms=connect_ms,
        hello=hello,
    )


_NOT_IN_A_LINE = re.compile(rb"[\x00-\x20\x7f]")
_NOT_IN_A_FIELD = re.compile(rb"[\x00\r\n]")
OUT_OF_DESCRIPTORS = frozenset({23, 24, 10024})
"""Numbers of ENFILE and EMFILE on Linux, macOS and Windows."""
_ERRNO = re.compile(r"\[Errno (-?\d+)\]")
_CONNECT_ERRORS: tuple[tuple[frozenset[int], Ending], ...] = (
    (frozenset({111, 61, 10061}), Ending.UPSTREAM_REFUSED),
    # EAI_NONAME, EAI_AGAIN, EAI_NODATA on Linux and macOS, and their Winsock likes
    (frozenset({-2, -3, -5, 8, 11001, 11002, 11004}), Ending.UPSTREAM_UNRESOLVABLE),
    (frozenset({110, 60, 10060}), Ending.TIMEOUT),
    (OUT_OF_DESCRIPTORS, Ending.PROXY_ERROR),
)
"""Numbers of ECONNREFUSED, failed look-ups, ETIMEDOUT and EMFILE on Linux, macOS and Windows."""
_NO_HTTP = (
    "HTTP/1 protocol error",
    "Cannot parse HTTP response",
    "unexpected server response",
    "Received ",
)
"""How mitmproxy begins its refusal of a response that is no HTTP, or no safe one."""
CLIENT_GONE = "Client disconnected."
"""mitmproxy's own text (proxy/layers/http/_http1.py)."""
FAILED = "mitmproxy failed"
"""Our own note on a client's connection that was ended because of a failure inside mitmproxy."""
_ASKS_WHO = "refused HTTP CONNECT request: 407"
_TAKEN_FOR_SMUGGLING = "to skip this security check."
"""How mitmproxy's text ends where it refuses a head that two parsers may read differently."""


def ending_of_error(
    flow: http.HTTPFlow, upstream_failure: Ending | None, *, answered: bool
) -> Ending:
    """How an exchange ended that mitmproxy closed with `error`.

    `upstream_failure` is what the hooks of the upstream connection said. Of texts only the
    beginnings that are mitmproxy's own are looked at, since the rest may quote the peer.
    """
    message = flow.error.msg if flow.error else ""
    if message == mflow.Error.KILLED_MESSAGE:
        return Ending.KILLED
    if page_of_mitmproxy(flow) == 400 or flow.client_conn.error == FAILED:
        return Ending.PROXY_ERROR
    if message == CLIENT_GONE or not flow.client_conn.connected:
        return Ending.CLIENT_LEFT_MIDSTREAM if answered else Ending.CLIENT_LEFT_BEFORE_ANSWER
    if answered:
        return Ending.UPSTREAM_CUT
    if message.startswith(_NO_HTTP):
        return Ending.UPSTREAM_PROTOCOL
    if upstream_failure is not None:
        return upstream_failure
    if flow.server_conn.timestamp_tcp_setup is not None:
        return Ending.UPSTREAM_RESET
    if not is_chained(flow.client_conn):
        return Ending.UPSTREAM_UNREACHABLE
    asked = _ASKS_WHO in message
    return Ending.CHAINED_PROXY_PASSWORD if asked else Ending.CHAINED_PROXY_REFUSED


def page_of_mitmproxy(flow: http.HTTPFlow) -> int | None:
    """Status of the page that a broken-off flow gets from mitmproxy, whatever a hook says of it.

    It answers so to heads that it refuses; of all other failures `leave_unanswered` keeps it.
    """
    message = flow.error.msg if flow.error else ""
    if not message.endswith(_TAKEN_FOR_SMUGGLING):
        return None
    return 400 if flow.response is None else 502


def leave_unanswered(flow: http.HTTPFlow) -> None:
    """Let mitmproxy end a client's exchange without a page of its own, as the server would have.

    On a connection of HTTP/2 this resets the stream. What has been answered in part is cut anyway.
    """
    if flow.killable and flow.client_conn.connected and flow.response is None:
        flow.kill()


def is_chained(client: connection.Client) -> bool:
    """Whether the way to every server leads through the user's own proxy."""
    return isinstance(client.proxy_mode, UpstreamMode)


def ending_of_connect_error(error: str, *, chained: bool) -> Ending:
    """How opening a connection failed, by the system's error number; `chained` if to a proxy."""
    ending = _ending_of_connect_error(error)
    ours = ending is Ending.PROXY_ERROR
    return Ending.CHAINED_PROXY_DOWN if chained and not ours else ending


def _ending_of_connect_error(error: str) -> Ending:
    numbers = {int(number) for number in _ERRNO.findall(error)}
    for known, ending in _CONNECT_ERRORS:
        if numbers & known:
            return ending
    return Ending.UPSTREAM_UNREACHABLE
