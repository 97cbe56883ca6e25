"""How HTTP messages are read."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from h11 import EndOfMessage
from h11._readers import ChunkedReader
from mitmproxy import http
from mitmproxy.master import Master
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _base, _http1, _http2
from mitmproxy.proxy.layers.http._events import RequestHeaders, RequestProtocolError

from pawwork_proxy.proxy.mitmproxy_internals.shapes import Change, known
from pawwork_proxy.recording.flows import CLIENT_GONE

_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9]{2}[ \r\n]")
MOST_HEAD = 1024 * 1024
"""Bytes of a message's head that are waited for; no client or server of ours sends a hundredth."""

Commands = Iterator[commands.Command]
ReadHeaders = Callable[[Any, Any], Commands]
ParseHead = Callable[[Any], tuple[Any, ...]]


def _leave_out_type_checks(_: Master) -> None:
    """Leave out what mitmproxy itself leaves out under `python -O`.

    It looks at the types of the fields of each message, which only its own code fills.
    """
    http.MessageData.__post_init__ = lambda _: None  # type: ignore[method-assign]


class ClientBrokeOff(RequestProtocolError):
    """What goes wrong on the client's side, by one text: mitmproxy uses one for both sides."""

    def __init__(self, stream_id: int, _: str, *code: Any, **named: Any) -> None:
        super().__init__(stream_id, CLIENT_GONE, *code, **named)


def _tell_sides_apart(_: Master) -> None:
    for protocol in (_http1.Http1Server, _http2.Http2Server):
        protocol.ReceiveProtocolError = ClientBrokeOff  # type: ignore[assignment]


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


class KeepsExpect(http.Headers):
    """Headers of a request that tells the server, too, that its client waits for a 100.

    mitmproxy says 100 itself and removes the header; the server's own 100 is dropped.
    """

    def pop(self, key: str, *default: Any) -> Any:
        """Remove a header, but this one."""
        return None if key == "expect" else super().pop(key, *default)


def keeping_expect(read_headers: ReadHeaders) -> ReadHeaders:
    """The reading of a request's head, which keeps `Expect`."""

    def read(self: Any, event: Any) -> Commands:
        for command in read_headers(self, event):
            if isinstance(command, _base.ReceiveHttp) and isinstance(command.event, RequestHeaders):
                fields = self.request.headers.fields
                if b"expect" in [name.lower() for name, _ in fields]:
                    self.request.headers = KeepsExpect(fields)
            yield command

    return read


def keep_expect_of(parse_head: ParseHead) -> ParseHead:
    """The parsing of a request's head of HTTP/2, the last part of which are its headers."""

    def parse(fields: Any) -> tuple[Any, ...]:
        *line, headers = parse_head(fields)
        return (*line, KeepsExpect(headers.fields))

    return parse


class WithoutTrailers(ChunkedReader):
    """Reads a chunked body, and drops its trailers: mitmproxy fails where there are any."""

    def __call__(self, buf: Any) -> Any:
        """The next event of the body."""
        event = super().__call__(buf)
        return EndOfMessage() if isinstance(event, EndOfMessage) and event.headers else event


# As they were when this module was loaded: changes are made again with each master.
_READ_REQUEST: ReadHeaders = _http1.Http1Server.read_headers
_READ_RESPONSE: ReadHeaders = _http1.Http1Client.read_headers
_PARSE_HEAD: ParseHead = _http2.parse_h2_request_headers


def _read_http1(_: Master) -> None:
    module: Any = _http1
    module.ChunkedReader = WithoutTrailers
    server_side: Any = _http1.Http1Server
    server_side.read_headers = bounded(keeping_expect(_READ_REQUEST))
    client_side: Any = _http1.Http1Client
    client_side.read_headers = bounded(without_interim(_READ_RESPONSE))


def _read_http2(_: Master) -> None:
    module: Any = _http2
    module.parse_h2_request_headers = keep_expect_of(_PARSE_HEAD)


LEAVE_OUT_TYPE_CHECKS = Change(
    "leave_out_type_checks",
    (
        known(
            getattr(http, "MessageData", None), "__post_init__", "self",
            "fields getattr name typecheck check_option_type type",
        ),
    ),
    _leave_out_type_checks,
)  # fmt: skip

TELL_SIDES_APART = Change(
    "tell_sides_apart",
    (
        known(
            _http1.Http1Connection, "read_body", "self event",
            "stream_id isinstance events DataReceived body_reader buf ConnectionClosed "
            "read_eof AssertionError h11 ProtocolError commands CloseConnection conn "
            "ReceiveHttp ReceiveProtocolError code Data bytes data ReceiveData EndOfMessage "
            "request headers NotImplementedError method upper ReceiveEndOfMessage Http1Server "
            "mark_done",
            also=("code", ""),
        ),
        known(
            _http2.Http2Connection, "close_connection", "self msg",
            "CloseConnection conn streams ReceiveHttp ReceiveProtocolError code clear done "
            "_handle_event",
            also=("code", ""),
        ),
    ),
    _tell_sides_apart,
)  # fmt: skip

READ_HTTP1 = Change(
    "read_http1",
    (
        known(
            _http1.Http1Server, "read_headers", "self event",
            "isinstance events DataReceived buf maybe_extract_lines http1 read_request_head "
            "bytes request expected_http_body_size ValueError commands SendData conn "
            "make_error_response str CloseConnection ReceiveHttp RequestHeaders stream_id "
            "RequestProtocolError ErrorCode GENERIC_CLIENT_ERROR Log human format_address "
            "peername done state make_body_reader body_reader read_body ConnectionClosed "
            "strip AssertionError",
            also=("ErrorCode GENERIC_CLIENT_ERROR", ""),
        ),
        known(
            _http1.Http1Client, "read_headers", "self event",
            "isinstance events DataReceived request commands Log bytes buf CloseConnection "
            "conn stream_id maybe_extract_lines http1 read_response_head response "
            "expected_http_body_size ValueError ReceiveHttp ResponseProtocolError ErrorCode "
            "GENERIC_SERVER_ERROR ResponseHeaders make_body_reader body_reader read_body state "
            "ConnectionClosed ConnectionState CAN_WRITE AssertionError",
            also=("ErrorCode GENERIC_SERVER_ERROR", ""),
        ),
        known(
            _http1, "make_body_reader", "expected_size",
            "ChunkedReader Http10Reader ContentLengthReader",
        ),
    ),
    _read_http1,
)  # fmt: skip

READ_HTTP2 = Change(
    "read_http2",
    (
        known(
            _http2, "parse_h2_request_headers", "h2_headers",
            "split_pseudo_headers pop KeyError ValueError url parse_authority",
        ),
    ),
    _read_http2,
)  # fmt: skip
