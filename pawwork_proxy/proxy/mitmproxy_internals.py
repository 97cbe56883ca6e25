"""What we change of mitmproxy's inner workings: each change only where they are what we know.

They are the first to break when mitmproxy changes, so they stand in this one file, and each names
the functions that it relies on together with what those use. A version in which one of them takes
other parameters or uses other names does something that we have not read: its own code is left in
place, one log line says so, and everything works as mitmproxy itself has it.

Two make it quicker. What they are worth of an exchange's processor time in `run`, measured side by
side: telling addons of hooks 8 to 11 %, leaving out type checks 5 to 12 %. The others decide what
mitmproxy has no option for: docs/mitmproxy-defaults.md.
"""

import asyncio
import inspect
import logging
import math
import re
import sys
from asyncio import StreamReader, StreamWriter
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any, NamedTuple

from pawwork_proxy.logs import say


def load_without_the_rest(package: str, modules: Iterable[str]) -> None:
    """Load modules without what a package that they import from would load by itself.

    A module that needs the package as a whole is loaded when it is imported in the usual way.
    """
    spec = find_spec(package)
    if spec is None or package in sys.modules:
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        for module in modules:
            with suppress(ImportError, AttributeError):
                import_module(module)
    finally:
        del sys.modules[package]  # whoever imports the package itself gets all of it


# mitmproxy.addons loads every addon, with a web framework, an LDAP client and a query parser: a
# fifth of the time from the command to the open listeners.
load_without_the_rest(
    "mitmproxy.addons",
    (
        "mitmproxy.master",
        "mitmproxy.addons.core",
        "mitmproxy.addons.next_layer",
        "mitmproxy.addons.proxyserver",
        "mitmproxy.addons.tlsconfig",
        "mitmproxy.addons.upstream_auth",
    ),
)

from h11 import EndOfMessage
from h11._readers import ChunkedReader
from mitmproxy import addonmanager, exceptions, flow, hooks, http
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons.core import Core
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.addons.upstream_auth import UpstreamAuth
from mitmproxy.connection import Connection
from mitmproxy.master import Master
from mitmproxy.net import tls
from mitmproxy.proxy import commands, events, mode_servers, server
from mitmproxy.proxy.layers.http import _base, _http1, _http2
from mitmproxy.proxy.layers.http._events import RequestProtocolError
from mitmproxy.version import VERSION

from pawwork_proxy.proxy import listeners as ports
from pawwork_proxy.proxy.tunnel import reset_connection
from pawwork_proxy.recording.flows import CLIENT_GONE, FAILED, page_of_mitmproxy

__all__ = [
    "CHANGES", "Change", "Core", "Dispatcher", "Handler", "KnownFunction", "Master", "NextLayer",
    "Proxyserver", "TlsConfig", "UpstreamAuth", "break_off", "make_changes", "take_over",
]  # fmt: skip

Listener = Callable[..., object]
_CHANGED = hooks.UpdateHook([])


class KnownFunction(NamedTuple):
    """A function of mitmproxy as we know it, and what the installed version has in its place."""

    found: object
    parameters: tuple[str, ...]
    uses: frozenset[str]
    """Names of the attributes and globals in its code."""
    also: frozenset[str] = frozenset()
    """The same in another version that we have read, if there it is different."""

    def is_unchanged(self) -> bool:
        """Whether the installed version's function has this shape."""
        return (
            inspect.isfunction(self.found)
            and tuple(inspect.signature(self.found).parameters) == self.parameters
            and frozenset(self.found.__code__.co_names) in (self.uses, self.also)
        )


class Dispatcher(AddonManager):
    """mitmproxy's addon manager, which also remembers which addon listens to which hook.

    The stock one asks every addon and its members for every event, and twice for each hook of a
    flow. Order, isolation of failures and `AddonHalt` are as in the stock one; an addon's hooks
    must not change once it is in the chain.
    """

    def __init__(self, master: Master) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._known: list[object] = []
        """The chain to which the listeners belong."""
        self._listeners: dict[str, list[list[Listener]]] = {}

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        """Tell of a hook, then, if it was one of a flow, that the flow has changed."""
        (message,) = event.args()
        await self._tell(self._listening_to(event), [message])
        if isinstance(message, flow.Flow):
            await self._tell(self._listening_to(_CHANGED), [[message]])

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Tell every addon of an event, in order."""
        await self._tell(self._listening_to(event), event.args())

    async def _tell(self, addons: list[list[Listener]], arguments: Sequence[object]) -> None:
        for listeners in addons:
            try:
                for listener in listeners:
                    result = listener(*arguments)
                    if result is not None and inspect.isawaitable(result):
                        await result
            except exceptions.AddonHalt:
                return
            except Exception:
                with addonmanager.safecall():  # reports it
                    raise

    def _listening_to(self, event: hooks.Hook) -> list[list[Listener]]:
        """The hooks of that name, for each addon that has any: its own and its members'."""
        if self._known != self.chain:
            self._known = list(self.chain)
            self._listeners.clear()
        found = self._listeners.get(event.name)
        if found is None:
            by_addon = (
                [
                    hook
                    for member in addonmanager.traverse([addon])
                    if callable(hook := getattr(member, event.name, None))
                ]
                for addon in self.chain
            )
            found = self._listeners[event.name] = [hooks for hooks in by_addon if hooks]
        return found


def _remember_listeners(master: Master) -> None:
    master.addons = Dispatcher(master)


def _leave_out_type_checks(_: Master) -> None:
    """Leave out what mitmproxy itself leaves out under `python -O`.

    It looks at the types of the fields of each message, which only its own code fills.
    """
    http.MessageData.__post_init__ = lambda _: None  # type: ignore[method-assign]


class Handler(mode_servers.ProxyConnectionHandler):
    """mitmproxy's handler of one client's connection, as we want it.

    No silence ends an exchange and no number of connections delays one: both are up to client and
    server. Who broke off by a reset is remembered. A failure inside mitmproxy ends the connection,
    whose client would wait for ever.
    """

    def __init__(
        self, master: Master, r: StreamReader, w: StreamWriter, options: object, mode: object
    ) -> None:
        super().__init__(master, r, w, options, mode)  # type: ignore[no-untyped-call]
        self.timeout_watchdog.timeout = math.inf  # type: ignore[assignment]
        self.max_conns = defaultdict(nullcontext)  # type: ignore[arg-type]
        self._readers: dict[str, StreamReader] = {}
        """Of connections that stand or were reset, by id."""

    async def handle_connection(self, connection: Connection) -> None:
        """Serve a connection to its end; how it ends is looked up while others are told."""
        reader, writer = self.transports[connection].reader, self.transports[connection].writer
        if isinstance(reader, StreamReader):
            self._readers[connection.id] = reader
        try:
            await super().handle_connection(connection)
        finally:
            if isinstance(writer, StreamWriter):
                writer.close()  # mitmproxy forgets it when many connections end at once
            if not self.was_reset(connection):
                self._readers.pop(connection.id, None)

    def was_reset(self, connection: Connection) -> bool:
        """Whether the peer broke off instead of closing."""
        reader = self._readers.get(connection.id)
        return reader is not None and isinstance(reader.exception(), OSError)

    def log(self, _message: str, _level: int = logging.INFO, exc_info: Any = None) -> None:
        """mitmproxy's log stays silent, since it quotes traffic; a failure is not only logged."""
        if exc_info:
            kind: Any = sys.exc_info()[0] if exc_info is True else exc_info[0]
            say("mitmproxy_failed", type=kind.__name__)
            self.client.error = FAILED
            self.reset_client()

    def reset_client(self) -> None:
        """Break off the client's connection."""
        client = self.transports.get(self.client)
        if client is not None and isinstance(client.writer, StreamWriter):
            reset_connection(client.writer)


def break_off(proxyserver: Proxyserver, flow: http.HTTPFlow) -> bool:
    """Reset a client's connection, unless its server closed in order; False where that is not done.

    The nearest to a server that cannot be reached is a reset: both are errors of a socket. On
    HTTP/2 other exchanges share the connection, and mitmproxy resets the stream alone.
    """
    handler = proxyserver.connections.get(flow.client_conn.id)
    reached = flow.server_conn.timestamp_tcp_setup is not None
    if (
        not isinstance(handler, Handler)
        or flow.request.is_http2
        or (reached and not page_of_mitmproxy(flow) and not handler.was_reset(flow.server_conn))
    ):
        return False
    handler.reset_client()
    return True


def _handle_connections(_: Master) -> None:
    mode_servers.ProxyConnectionHandler = Handler  # type: ignore[misc]


class ClientBrokeOff(RequestProtocolError):
    """What goes wrong on the client's side, by one text: mitmproxy uses one for both sides."""

    def __init__(self, stream_id: int, _: str, *code: Any, **named: Any) -> None:
        super().__init__(stream_id, CLIENT_GONE, *code, **named)


def _tell_sides_apart(_: Master) -> None:
    for protocol in (_http1.Http1Server, _http2.Http2Server):
        protocol.ReceiveProtocolError = ClientBrokeOff  # type: ignore[assignment]


_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9]{2}[ \r\n]")
MOST_HEAD = 1024 * 1024
"""Bytes of a message's head that are waited for; no client or server of ours sends a hundredth."""

Commands = Iterator[commands.Command]
ReadHeaders = Callable[[Any, Any], Commands]


def without_interim(read_headers: ReadHeaders) -> ReadHeaders:
    """The reading of a response's head, which drops what a server says before its answer.

    mitmproxy takes a 103 for the answer, and the answer for noise.
    """

    def read(self: Any, event: Any) -> Commands:
        if isinstance(event, events.DataReceived) and self.request:
            while _INTERIM.match(bytes(self.buf)):
                if self.buf.maybe_extract_lines() is None:
                    return
        yield from read_headers(self, event)

    return read


def bounded(read_headers: ReadHeaders) -> ReadHeaders:
    """The reading of a head that ends the connection where no end of the head comes."""

    def read(self: Any, event: Any) -> Commands:
        yield from read_headers(self, event)
        if self.state == self.read_headers and len(self.buf) > MOST_HEAD:
            self.state = self.done
            yield commands.CloseConnection(self.conn)
            if self.request:  # one of the client's, which the server does not answer
                broken = self.ReceiveProtocolError
                text = "Cannot parse HTTP response: its head has no end"
                yield _base.ReceiveHttp(broken(self.stream_id, text, broken.code))

    return read


class WithoutTrailers(ChunkedReader):
    """Reads a chunked body, and drops its trailers: mitmproxy fails where there are any."""

    def __call__(self, buf: Any) -> Any:
        """The next event of the body."""
        event = super().__call__(buf)
        return EndOfMessage() if isinstance(event, EndOfMessage) and event.headers else event


def _read_http1(_: Master) -> None:
    module: Any = _http1
    module.ChunkedReader = WithoutTrailers
    server_side: Any = _http1.Http1Server
    server_side.read_headers = bounded(_READ_REQUEST)
    client_side: Any = _http1.Http1Client
    client_side.read_headers = bounded(without_interim(_READ_RESPONSE))


def _log_no_secrets(_: Master) -> None:
    """Leave the keys of connections out of the file that SSLKEYLOGFILE names."""
    tls.log_master_secret = None


class Change(NamedTuple):
    """What of mitmproxy is changed, and what has to be as we know it for that."""

    name: str
    relies_on: tuple[KnownFunction, ...]
    make: Callable[[Master], None]


def _known(
    owner: object, name: str, parameters: str, uses: str, also: tuple[str, str] = ("", "")
) -> KnownFunction:
    """A method as it was when this module was loaded; parameters and names between spaces.

    `also`: names that another version uses less, and those that it uses instead.
    """
    names, less, more = (frozenset(text.split()) for text in (uses, *also))
    found = getattr(owner, name, None)
    return KnownFunction(found, tuple(parameters.split()), names, names.difference(less) | more)


# As they were when this module was loaded: changes are made again with each master.
_READ_REQUEST: ReadHeaders = _http1.Http1Server.read_headers
_READ_RESPONSE: ReadHeaders = _http1.Http1Client.read_headers

CHANGES: tuple[Change, ...] = (
    Change(
        "remember_listeners",
        (
            _known(
                AddonManager, "handle_lifecycle", "self event",
                "args trigger_event isinstance flow Flow hooks UpdateHook",
            ),
            _known(
                AddonManager, "trigger_event", "self event",
                "chain safecall invoke_addon exceptions AddonHalt",
            ),
            _known(
                AddonManager, "invoke_addon", "self addon event",
                "_iter_hooks args inspect isawaitable",
            ),
            _known(
                AddonManager, "_iter_hooks", "self addon event",
                "isinstance hooks Hook traverse getattr name callable types ModuleType exceptions "
                "AddonManagerError",
            ),
        ),
        _remember_listeners,
    ),
    Change(
        "leave_out_type_checks",
        (
            _known(
                getattr(http, "MessageData", None), "__post_init__", "self",
                "fields getattr name typecheck check_option_type type",
            ),
        ),
        _leave_out_type_checks,
    ),
    Change(
        "handle_connections",
        (
            _known(
                mode_servers.ServerInstance, "handle_stream", "self reader writer",
                "isinstance mitmproxy_rs Stream ProxyConnectionHandler ctx master options mode "
                "make_top_layer layer context mode_specs TransparentMode asyncio StreamWriter cast "
                "socket get_extra_info platform original_addr client sockname server address "
                "Exception logger error close WireGuardMode LocalMode TunMode manager "
                "register_connection id handle_client",
            ),
            _known(
                server.ConnectionHandler, "__init__", "self context",
                "client transports collections defaultdict max_conns set wakeup_timer layer "
                "NextLayer transport_protocol options tcp_timeout UDP_TIMEOUT TimeoutWatchdog "
                "on_timeout timeout_watchdog asyncio Lock _server_event_lock _drain_lock",
                also=("options tcp_timeout", "TCP_TIMEOUT hook_tasks"),
            ),
            _known(
                server.TimeoutWatchdog, "watch", "self",
                "can_timeout wait asyncio sleep timeout time last_activity callback CancelledError",
            ),
            _known(
                server.ConnectionHandler, "handle_connection", "self connection",
                "transports reader read OSError asyncio CancelledError server_event events "
                "DataReceived drain_writers transport_protocol state ConnectionState CAN_READ "
                "CLOSED ConnectionClosed CAN_WRITE Event wait writer close pop",
            ),
            _known(
                server.ConnectionHandler, "server_event", "self event",
                "_server_event_lock timeout_watchdog register_activity layer handle_event "
                "isinstance commands OpenConnection connection transports asyncio_utils "
                "create_task open_connection address client peername ConnectionIO RequestWakeup "
                "wakeup delay wakeup_timer add ConnectionCommand SendData writer is_closing write "
                "data CloseTcpConnection close_connection half_close CloseConnection StartHook "
                "hook_task name Log log message level RuntimeError Exception logging ERROR",
                also=("", "hook_tasks add_done_callback remove"),
            ),
            _known(
                server.ConnectionHandler, "log", "self message level exc_info",
                "logger log client peername",
            ),
        ),
        _handle_connections,
    ),
    Change(
        "tell_sides_apart",
        (
            _known(
                _http1.Http1Connection, "read_body", "self event",
                "stream_id isinstance events DataReceived body_reader buf ConnectionClosed "
                "read_eof AssertionError h11 ProtocolError commands CloseConnection conn "
                "ReceiveHttp ReceiveProtocolError code Data bytes data ReceiveData EndOfMessage "
                "request headers NotImplementedError method upper ReceiveEndOfMessage Http1Server "
                "mark_done",
                also=("code", ""),
            ),
            _known(
                _http2.Http2Connection, "close_connection", "self msg",
                "CloseConnection conn streams ReceiveHttp ReceiveProtocolError code clear done "
                "_handle_event",
                also=("code", ""),
            ),
        ),
        _tell_sides_apart,
    ),
    Change(
        "read_http1",
        (
            _known(
                _http1.Http1Server, "read_headers", "self event",
                "isinstance events DataReceived buf maybe_extract_lines http1 read_request_head "
                "bytes request expected_http_body_size ValueError commands SendData conn "
                "make_error_response str CloseConnection ReceiveHttp RequestHeaders stream_id "
                "RequestProtocolError ErrorCode GENERIC_CLIENT_ERROR Log human format_address "
                "peername done state make_body_reader body_reader read_body ConnectionClosed "
                "strip AssertionError",
                also=("ErrorCode GENERIC_CLIENT_ERROR", ""),
            ),
            _known(
                _http1.Http1Client, "read_headers", "self event",
                "isinstance events DataReceived request commands Log bytes buf CloseConnection "
                "conn stream_id maybe_extract_lines http1 read_response_head response "
                "expected_http_body_size ValueError ReceiveHttp ResponseProtocolError ErrorCode "
                "GENERIC_SERVER_ERROR ResponseHeaders make_body_reader body_reader read_body state "
                "ConnectionClosed ConnectionState CAN_WRITE AssertionError",
                also=("ErrorCode GENERIC_SERVER_ERROR", ""),
            ),
            _known(
                _http1, "make_body_reader", "expected_size",
                "ChunkedReader Http10Reader ContentLengthReader",
            ),
        ),
        _read_http1,
    ),
    Change(
        "log_no_secrets",
        (),
        _log_no_secrets,
    ),
)  # fmt: skip


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


def make_changes(master: Master, changes: Sequence[Change] = CHANGES) -> None:
    """Make every change that this version of mitmproxy allows; before any addon is added."""
    for change in changes:
        if all(function.is_unchanged() for function in change.relies_on):
            change.make(master)
        else:
            say("change_not_made", change=change.name, mitmproxy=VERSION)
