"""How a client's connection is served, and how it ends."""

import logging
import math
import sys
from asyncio import StreamReader, StreamWriter
from collections import defaultdict
from contextlib import nullcontext
from typing import Any

from mitmproxy import http
from mitmproxy.connection import Connection
from mitmproxy.master import Master
from mitmproxy.net import tls
from mitmproxy.proxy import mode_servers, server

from pawwork_proxy.logs import say
from pawwork_proxy.proxy.mitmproxy_internals.loading import Proxyserver
from pawwork_proxy.proxy.mitmproxy_internals.shapes import Change, known
from pawwork_proxy.proxy.tunnel import reset_connection
from pawwork_proxy.recording.flows import FAILED, page_of_mitmproxy


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


def _log_no_secrets(_: Master) -> None:
    """Leave the keys of connections out of the file that SSLKEYLOGFILE names."""
    tls.log_master_secret = None


HANDLE_CONNECTIONS = Change(
    "handle_connections",
    (
        known(
            mode_servers.ServerInstance, "handle_stream", "self reader writer",
            "isinstance mitmproxy_rs Stream ProxyConnectionHandler ctx master options mode "
            "make_top_layer layer context mode_specs TransparentMode asyncio StreamWriter cast "
            "socket get_extra_info platform original_addr client sockname server address "
            "Exception logger error close WireGuardMode LocalMode TunMode manager "
            "register_connection id handle_client",
        ),
        known(
            server.ConnectionHandler, "__init__", "self context",
            "client transports collections defaultdict max_conns set wakeup_timer layer "
            "NextLayer transport_protocol options tcp_timeout UDP_TIMEOUT TimeoutWatchdog "
            "on_timeout timeout_watchdog asyncio Lock _server_event_lock _drain_lock",
            also=("options tcp_timeout", "TCP_TIMEOUT hook_tasks"),
        ),
        known(
            server.TimeoutWatchdog, "watch", "self",
            "can_timeout wait asyncio sleep timeout time last_activity callback CancelledError",
        ),
        known(
            server.ConnectionHandler, "handle_connection", "self connection",
            "transports reader read OSError asyncio CancelledError server_event events "
            "DataReceived drain_writers transport_protocol state ConnectionState CAN_READ "
            "CLOSED ConnectionClosed CAN_WRITE Event wait writer close pop",
        ),
        known(
            server.ConnectionHandler, "server_event", "self event",
            "_server_event_lock timeout_watchdog register_activity layer handle_event "
            "isinstance commands OpenConnection connection transports asyncio_utils "
            "create_task open_connection address client peername ConnectionIO RequestWakeup "
            "wakeup delay wakeup_timer add ConnectionCommand SendData writer is_closing write "
            "data CloseTcpConnection close_connection half_close CloseConnection StartHook "
            "hook_task name Log log message level RuntimeError Exception logging ERROR",
            also=("", "hook_tasks add_done_callback remove"),
        ),
        known(
            server.ConnectionHandler, "log", "self message level exc_info",
            "logger log client peername",
        ),
    ),
    _handle_connections,
)  # fmt: skip

LOG_NO_SECRETS = Change("log_no_secrets", (), _log_no_secrets)
