"""Reads an answer as it passes, in bounded memory, and says what it was.

Invariant: never raises, whatever the bytes, headers or their order; keeps no more than a bounded
head and tail; the result does not depend on how the bytes were cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pawwork_proxy.model.answer import EncodingState, EventCounts
from pawwork_proxy.model.signals import (
    BodyShape,
    ContentTypeClass,
    Ending,
    ExchangePart,
    Failure,
    RetryHint,
    Side,
    Signals,
    TransportFailure,
)
from pawwork_proxy.responses.answer import Answer, RawFinds
from pawwork_proxy.responses.answer_objects import AnswerFacts
from pawwork_proxy.responses.bodies import BodyReader
from pawwork_proxy.responses.error_objects import Finds
from pawwork_proxy.responses.lines import Line
from pawwork_proxy.responses.streams import StreamReader
from pawwork_proxy.responses.waits import header_hints, http_date
from pawwork_proxy.wire.content_coding import ContentDecoder

__all__ = ["Answer", "AnswerReader", "RawFinds"]

MAX_HINTS = 6
_STREAM_STARTS = (b"data:", b"event:", b":", b"id:", b"retry:")
_BROKEN = frozenset(
    {EncodingState.CUT, EncodingState.CORRUPT, EncodingState.UNSUPPORTED, EncodingState.TOO_LARGE}
)
_FAILURES: dict[Ending, Failure] = {
    Ending.CLIENT_LEFT_BEFORE_ANSWER: Failure.ABORTED,
    Ending.CLIENT_LEFT_MIDSTREAM: Failure.ABORTED,
    Ending.CLIENT_TLS: Failure.TLS,
    Ending.UPSTREAM_CUT: Failure.CUT,
    Ending.UPSTREAM_RESET: Failure.RESET,
    Ending.UPSTREAM_REFUSED: Failure.REFUSED,
    Ending.UPSTREAM_UNRESOLVABLE: Failure.DNS,
    Ending.UPSTREAM_UNREACHABLE: Failure.UNREACHABLE,
    Ending.UPSTREAM_TLS: Failure.TLS,
    Ending.UPSTREAM_PROTOCOL: Failure.PROTOCOL,
    Ending.TIMEOUT: Failure.TIMEOUT,
    Ending.KILLED: Failure.ABORTED,
    Ending.PROXY_ERROR: Failure.OTHER,
    Ending.INTERRUPTED: Failure.OTHER,
}
_NO_EVENTS = EventCounts()
_CONTENT_TYPES: tuple[tuple[str, ContentTypeClass], ...] = (
    ("text/event-stream", ContentTypeClass.EVENT_STREAM),
    ("json", ContentTypeClass.JSON),
    ("html", ContentTypeClass.HTML),
    ("text/", ContentTypeClass.TEXT),
)


class AnswerReader:
    """Fed with the bytes of one answer as on the wire; then asked once what they were."""

    def __init__(
        self,
        status: int | None,
        headers: Sequence[tuple[str, str]] = (),
        streaming: bool | None = None,
        made_by_proxy: bool = False,
    ) -> None:
        self._status = status
        self._made_by_proxy = made_by_proxy
        self._headers: dict[str, str] = {}
        for name, value in headers:
            self._headers.setdefault(name.strip().lower(), value.strip())
        codings = [v for n, v in headers if n.strip().lower() == "content-encoding"]
        self._decoder = ContentDecoder(codings)
        self._expect_stream = bool(streaming) or self._content_type() is (
            ContentTypeClass.EVENT_STREAM
        )
        self._start: bytearray | None = bytearray()
        self._stream: StreamReader | None = None
        self._body = BodyReader()
        self._wire = self._decoded = 0

    def feed(self, raw: bytes) -> int:
        """Take the next bytes; return how many events of a stream they completed."""
        self._wire += len(raw)
        if self._decoder.passes:
            return self._take(raw)
        return sum(self._take(data) for data in self._decoder.feed(raw))

    def _take(self, data: bytes) -> int:
        self._decoded += len(data)
        if self._start is not None:
            self._start += data
            data = self._decide()
        if self._stream is not None:
            return self._stream.feed(data)
        self._body.feed(data)
        return 0

    def _decide(self, *, last: bool = False) -> bytes:
        """Stream or body, as soon as the first bytes tell; the bytes held back until then."""
        assert self._start is not None
        start = bytes(self._start).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not last and len(start) < 6 and len(self._start) < 4096:
            return b""
        held, self._start = bytes(self._start), None
        if start.startswith(_STREAM_STARTS) or (
            self._expect_stream and start and start[:1] not in (b"{", b"[", b"<", b'"')
        ):
            self._stream = StreamReader()
        return held

    def finish(self, ending: Ending, unobserved: tuple[ExchangePart, ...] | None = None) -> Answer:
        """What the answer was; `ending` says how the exchange ended, `unobserved` what of it was
        not seen."""
        if self._start is not None:
            held = self._decide(last=True)
            if self._stream is not None:
                self._stream.feed(held)
            else:
                self._body.feed(held)
        if self._stream is not None:
            self._stream.finish()
            stream = self._stream
            return self._answer(
                ending, unobserved, BodyShape.STREAM, stream.facts, stream.finds, line=Line(),
                counts=stream.counts(), done=stream.done, truncated=stream.truncated,
            )  # fmt: skip
        body = self._body
        shape = body.finish(self._status)
        if self._status is None and self._wire == 0:
            shape = BodyShape.NONE
        return self._answer(
            ending, unobserved, shape, body.facts, body.finds, line=body.line,
            counts=_NO_EVENTS, done=False, truncated=body.truncated,
        )  # fmt: skip

    def _answer(
        self, ending: Ending, unobserved: tuple[ExchangePart, ...] | None, shape: BodyShape,
        facts: AnswerFacts, finds: Finds, *, line: Line, counts: EventCounts, done: bool,
        truncated: bool,
    ) -> Answer:  # fmt: skip
        encoding = self._decoder.state()
        date = http_date(self._headers.get("date", ""))
        raw = finds.raw
        raw.model, raw.response_id = facts.raw.model, facts.raw.response_id
        raw.finish_reason = facts.raw.finish_reason
        return Answer(
            signals=Signals(
                status=self._status,
                text_status=line.status,
                ending=ending,
                made_by_proxy=self._made_by_proxy,
                content_type=self._content_type(),
                server_cloudflare="cloudflare" in self._headers.get("server", "").lower(),
                cf_mitigated="cf-mitigated" in self._headers,
                date=date,
                body=shape,
                decoding_failed=encoding in _BROKEN,
                answer=facts.shape,
                dialect=facts.dialect,
                content_seen=facts.content_seen,
                finish_seen=facts.finish_seen,
                failed_finish=facts.failed_finish,
                done_marker=done,
                cost_seen=facts.cost_seen,
                events=counts.total,
                edge_markers=line.edge_markers,
                errors=tuple(finds.facts),
                retry_hints=self._hints(finds, date),
                transport=_transport(ending, line),
                unobserved=unobserved,
            ),
            finish_reason=facts.finish_reason,
            finish_reason_other=facts.finish_other,
            usage=facts.usage(),
            cost=facts.cost,
            events=counts,
            dialect=facts.dialect,
            encoding=encoding,
            wire_bytes=self._wire,
            decoded_bytes=self._decoded,
            truncated=truncated,
            raw=raw,
        )

    def _content_type(self) -> ContentTypeClass:
        value = self._headers.get("content-type", "").lower()
        if not value:
            return ContentTypeClass.NONE
        return next(
            (kind for mark, kind in _CONTENT_TYPES if mark in value), ContentTypeClass.OTHER
        )

    def _hints(self, finds: Finds, date: datetime | None) -> tuple[RetryHint, ...]:
        own = header_hints(self._headers, date)
        return tuple(dict.fromkeys([*own, *finds.hints]))[:MAX_HINTS]


def _transport(ending: Ending, line: Line) -> TransportFailure | None:
    failure = _FAILURES.get(ending)
    if failure is not None:
        return TransportFailure(failure=failure, side=ending.side or Side.UNKNOWN, place="ending")
    if line.transport is not None:
        return TransportFailure(failure=line.transport[0], side=line.transport[1], place="text")
    return None
