"""Small values for tests: a record at its simplest, changed where a test needs it."""

from datetime import UTC, datetime
from typing import Any

from pawwork_proxy.model.capture import CaptureOptions, Header, Opened
from pawwork_proxy.model.context import ExchangeContext, Install, Machine
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.handshake import Connection, Hello
from pawwork_proxy.model.request import AuthFacts, RequestBody, RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import AnswerShape, BodyShape, Ending, Signals
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.redaction.headers import RawHeaders
from pawwork_proxy.redaction.redactor import RawResponse
from pawwork_proxy.responses.response import RawTexts, ReadResponse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def header(**changes: Any) -> Header:
    values: dict[str, Any] = {
        "capture_id": "0011223344556677",
        "study_id": "study:" + "a" * 24,
        "tool_version": "0.1.0",
        "mitmproxy_version": "12.0.0",
        "started_at": NOON,
        "machine": Machine(
            device="device:" + "b" * 24,
            os="linux",
            os_release="6.1",
            arch="x86_64",
            python="3.13.0",
        ),
        "installs": (Install(label="main", id="install:" + "c" * 24, port=9610),),
        "options": CaptureOptions(upstream="opencode.ai"),
    }
    return Header(**(values | changes))


def opened(seq: int = 1, **changes: Any) -> Opened:
    values: dict[str, Any] = {
        "seq": seq,
        "at": NOON,
        "install": "main",
        "route": "reverse",
        "method": "POST",
        "path": "/zen/v1/chat/completions",
    }
    return Opened(**(values | changes))


def hello(**changes: Any) -> Hello:
    values: dict[str, Any] = {
        "at": NOON,
        "by": "client",
        "digest": "a55145fe33f720e1",
        "ja4": "t13d1714h1_5b57614c22b0_43ade6aba3df",
        "versions": (0x0304, 0x0303),
        "suites": tuple(range(0xC001, 0xC012)),
        "extensions": (0, 10, 13, 16, 43),
        "signature_algorithms": (0x0403, 0x0804),
        "alpn": ("http/1.1",),
    }
    return Hello(**(values | changes))


def connection(**changes: Any) -> Connection:
    values: dict[str, Any] = {
        "at": NOON,
        "install": "main",
        "client_hello": "a55145fe33f720e1",
        "connect_ms": 1.5,
        "first_byte_ms": 20.0,
        "total_ms": 1200.0,
        "sent_bytes": 3607,
        "received_bytes": 33798,
        "ended_by": "client",
    }
    return Connection(**(values | changes))


def exchange(seq: int = 1, *, status: int | None = 200, **changes: Any) -> Exchange:
    whole = Signals(
        status=status,
        ending=Ending.COMPLETE,
        body=BodyShape.JSON,
        answer=AnswerShape.COMPLETION,
        content_seen=True,
        finish_seen=True,
    )
    signals = changes.pop("signals", whole)
    values: dict[str, Any] = {
        "seq": seq,
        "context": ExchangeContext(
            install="main",
            install_id="install:" + "c" * 24,
            device="device:" + "b" * 24,
            route="reverse",
        ),
        "timing": Timing(started_at=NOON, total_ms=12.5),
        "request": RequestFacts(
            method="POST",
            path="/zen/v1/chat/completions",
            tier="zen",
            protocol="chat",
            http_version="HTTP/1.1",
            model="big-pickle",
            body=RequestBody(state="json"),
        ),
        "auth": AuthFacts(header="authorization", kind="public", count=1),
        "response": None
        if status is None
        else ResponseFacts(status=status, http_version="HTTP/1.1"),
        "signals": signals,
        "outcome": classify(signals),
    }
    return Exchange(**(values | changes))


def raw_response(status: int, http_version: str, headers: RawHeaders, **read: Any) -> RawResponse:
    """A response before redaction; `read` are fields of `ReadResponse` and of its raw texts."""
    texts = {name: read.pop(name) for name in RawTexts.__slots__ if name in read}
    found = ReadResponse(Signals(), **read, raw=RawTexts(**texts))
    return RawResponse(status, http_version, headers, found)
