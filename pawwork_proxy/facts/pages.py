"""Marks of pages that an edge, CDN or web server writes, and of broken transports in a line.

Invariant: used on pages and on lines that a client displays, never on a model's words.
"""

from __future__ import annotations

import re

from pawwork_proxy.model.signals import Failure, Side

EDGE_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("edge_code", re.compile(r"\berror(?: code|_code)?\W{0,4}(1\d{3}|5[0-3]\d)\b", re.I)),
    ("bad_gateway", re.compile(r"\bbad[ -]gateway\b", re.I)),
    ("gateway_timeout", re.compile(r"\bgateway[ -]time-?out\b|a timeout occurred", re.I)),
    (
        "challenge",
        re.compile(r"just a moment|enable javascript and cookies|cf-chl|turnstile", re.I),
    ),
    ("block_page", re.compile(r"attention required|you have been blocked|ray id", re.I)),
    ("cloudflare", re.compile(r"cloudflare", re.I)),
    ("web_server", re.compile(r"<center>nginx|openresty|varnish|akamai|cloudfront", re.I)),
    ("origin_down", re.compile(r"web server (is|returned)|origin (is|error)|host error", re.I)),
    ("envoy", re.compile(r"upstream connect error|no healthy upstream|reset before headers", re.I)),
    ("html_in_line", re.compile(r"<!doctype html|<html\b", re.I)),
    ("html_for_json", re.compile(r"unexpected token '?<|\"?<!doctype\"? is not valid json", re.I)),
)
"""Id and pattern; an id may be stored."""

FAILURE_MARKS: tuple[tuple[Failure, Side, re.Pattern[str]], ...] = (
    (
        Failure.REFUSED,
        Side.UNKNOWN,
        re.compile(
            r"ECONNREFUSED|connection ?refused|actively refused|could ?n.t connect to server"
            r"|failed to connect to|unable to connect(?! to the (model|provider))|FailedToOpenSocket"
            r"|ERR_CONNECTION_REFUSED|\[Errno 111\]",
            re.I,
        ),
    ),
    (
        Failure.DNS,
        Side.UNKNOWN,
        re.compile(
            r"ENOTFOUND|EAI_AGAIN|getaddrinfo|could not resolve host|name or service not known"
            r"|name resolution|nodename nor servname|ERR_NAME_NOT_RESOLVED|dns (error|lookup|fail)"
            r"|no such host",
            re.I,
        ),
    ),
    (
        Failure.TLS,
        Side.UNKNOWN,
        re.compile(
            r"self[- _]signed[ _]cert|SELF_SIGNED|certificate (verify|has expired|is not)"
            r"|unable to (verify|get)[ _](the )?(first|local|leaf|issuer)|UNABLE_TO_(VERIFY|GET)"
            r"|ssl(v3)?[ _:](alert|error|handshake|routines|certificate)|CERT_\w+|ERR_TLS|ERR_SSL"
            r"|unknown ca\b|tls (handshake|alert|error|connection)|wrong version number"
            r"|CERTIFICATE_VERIFY_FAILED|certificate (chain|authority)",
            re.I,
        ),
    ),
    (
        Failure.UNREACHABLE,
        Side.UNKNOWN,
        re.compile(r"INTERNET_DISCONNECTED|NETWORK_CHANGED|ADDRESS_UNREACHABLE|EHOSTUNREACH|ENETUNREACH|ENETDOWN|(network|host) is (unreachable|down)", re.I),
    ),
    (
        Failure.CUT,
        Side.UPSTREAM,
        re.compile(
            r"stream (was |has )?(ended|closed|terminated|interrupted|disconnected|aborted|stopped)"
            r"|ended (before|without|prematurely|unexpectedly)|without finish_reason"
            r"|incomplete (chunked|message|read|response)|premature(ly)? (close|end)|possible truncation"
            r"|peer closed connection|IncompleteRead|response ended|unexpected(ly)? (eof|end of)"
            r"|ERR_STREAM_PREMATURE|transfer closed|disconnected before",
            re.I,
        ),
    ),
    (
        Failure.RESET,
        Side.UNKNOWN,
        re.compile(
            r"ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|socket hang ?up|other side closed"
            r"|connection (was |has been )?(reset|closed|aborted|lost|terminated|dropped|error)"
            r"|connection.{0,30}closed unexpectedly|closed unexpectedly|broken pipe"
            r"|remote end closed|disconnected without|ERR_CONNECTION|RemoteProtocolError"
            r"|not closed cleanly|fetch failed|failed to fetch|network ?error|(^|: )terminated\s*$|APIConnectionError"
            r"|connection error|ReadError|ERR_HTTP2|GOAWAY|load failed|Cannot connect to API",
            re.I,
        ),
    ),
    (
        Failure.TIMEOUT,
        Side.UNKNOWN,
        re.compile(
            r"TIMED_OUT|ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w*TIMEOUT|(Timeout|TimedOut)(Error|Exception)?\b"
            r"|(operation|request|connection|read|headers|body|socket|stream)[ _]timed?[ -]?out"
            r"|timed out|\btimeout\b|ReadTimeout|ConnectTimeout|no (data|response)[a-z ]{0,30} (for|within|after) \d",
            re.I,
        ),
    ),
    (
        Failure.ABORTED,
        Side.CLIENT,
        re.compile(r"AbortError|context cancell?ed|client closed request|: aborted\s*$|(operation|request) was aborted|user aborted|aborted by (the )?(user|client)", re.I),
    ),
    (
        Failure.PROTOCOL,
        Side.UPSTREAM,
        re.compile(r"HPE_\w+|(invalid|malformed)_?http_?response|bad ?status ?line|invalid http|parse error: expected http|"
                   r"ZlibError|incorrect header check|decompress|content decoding|BrotliDecom", re.I),
    ),
)  # fmt: skip
"""How a client words a broken transport; the first match counts."""


def edge_marks(text: str) -> tuple[str, ...]:
    """Ids of the edge's marks in a page or line."""
    return tuple(name for name, pattern in EDGE_MARKS if pattern.search(text))


def transport_mark(text: str) -> tuple[Failure, Side] | None:
    """The broken transport that a client's line reports."""
    for failure, side, pattern in FAILURE_MARKS:
        if pattern.search(text):
            return failure, side
    return None
