"""Reads a response as it passes, in bounded memory, and says what it was.

Invariant: never raises, whatever the bytes, headers or their order; keeps no more than a bounded
head and tail; the result does not depend on how the bytes were cut into chunks. The work is bounded
by the bytes on the wire: of a body that costs more the rest is not looked at, and counts as unseen.
"""

from collections.abc import Sequence

from pawwork_proxy.model.response import EncodingState, Usage
from pawwork_proxy.model.signals import (
    BodyShape,
    ContentTypeClass,
    Ending,
    ExchangePart,
    Side,
    Signals,
    TransportFailure,
)
from pawwork_proxy.responses.body_reader import BodyReader
from pawwork_proxy.responses.response import Contents, ReadResponse
from pawwork_proxy.responses.stream_reader import StreamReader
from pawwork_proxy.responses.waits import header_hints, http_date
from pawwork_proxy.wire.content_coding import ContentDecoder

MAX_HINTS = 6
_BOM = b"\xef\xbb\xbf"
_STREAM_STARTS = (b"data:", b"event:", b":", b"id:", b"retry:")
_LONGEST_START = max(map(len, _STREAM_STARTS))
_MAX_SPACE = 4096
"""White space before the first byte that tells, at most."""
_NO_STREAM_STARTS = (b"{", b"[", b"<", b'"')
FREE_WORK = 512 * 1024
"""So much work a stream may be from the beginning, as counted by its reader."""
WORK_PER_BYTE = 16
"""And so much more for each byte on the wire. Deltas that compress well and are parsed take 14."""
_READABLE = frozenset({EncodingState.IDENTITY, EncodingState.DECODED})
_UNREADABLE = frozenset({EncodingState.UNSUPPORTED, EncodingState.TOO_LARGE})
_CONTENT_TYPES: tuple[tuple[str, ContentTypeClass], ...] = (
    ("text/event-stream", ContentTypeClass.EVENT_STREAM),
    ("json", ContentTypeClass.JSON),
    ("html", ContentTypeClass.HTML),
    ("text/", ContentTypeClass.TEXT),
)


class ResponseReader:
    """Fed with the bytes of one response as on the wire; then asked once what they were."""

    def __init__(
        self,
        status: int | None,
        headers: Sequence[tuple[str, str]] = (),
        streaming: bool | None = None,
        made_by_proxy: bool = False,
        *,
        decoded: bool = False,
    ) -> None:
        """`decoded`: who feeds it has undone the content coding that the headers name."""
        self._status = status
        self._made_by_proxy = made_by_proxy
        self._headers: dict[str, str] = {}
        for name, value in headers:
            self._headers.setdefault(name.strip().lower(), value.strip())
        codings = [v for n, v in headers if n.strip().lower() == "content-encoding"]
        self._decoder = ContentDecoder([] if decoded else codings)
        self._undone = decoded and bool(codings)
        self._content_type = _content_type(self._headers.get("content-type", "").lower())
        self._expect_stream = bool(streaming) or self._content_type is ContentTypeClass.EVENT_STREAM
        self._start = bytearray()
        self._reader: StreamReader | BodyReader | None = None
        """Chosen as soon as the first bytes tell which; `_start` holds them until then."""
        self._wire = self._decoded = 0

    def feed(self, raw: bytes) -> int:
        """Take the next bytes; return how many events of a stream they completed."""
        self._wire += len(raw)
        if self._decoder.passes:
            return self._take(raw)
        events = 0
        for data in self._decoder.feed(raw):
            events += self._take(data)
            if self._is_costly():
                self._decoder.give_up()
        return events

    def _is_costly(self) -> bool:
        return isinstance(self._reader, StreamReader) and self._reader.costly

    def _take(self, data: bytes) -> int:
        self._decoded += len(data)
        if self._reader is not None:
            return self._reader.feed(data)
        self._start += data
        start = bytes(self._start).removeprefix(_BOM).lstrip()
        if len(start) < _LONGEST_START and len(self._start) < _MAX_SPACE:
            return 0
        self._reader = self._reader_for(start)
        held, self._start = bytes(self._start), bytearray()
        return self._reader.feed(held)

    def _reader_for(self, start: bytes) -> StreamReader | BodyReader:
        """By the first bytes; a stream that the head announced may begin with any field."""
        announced = self._expect_stream and start and not start.startswith(_NO_STREAM_STARTS)
        if announced or start.startswith(_STREAM_STARTS):
            return StreamReader(lambda: FREE_WORK + WORK_PER_BYTE * self._wire)
        return BodyReader()

    def finish(
        self, ending: Ending, unobserved: tuple[ExchangePart, ...] | None = None
    ) -> ReadResponse:
        """What the response was.

        `ending` says how the exchange ended, `unobserved` what of it was not seen.
        """
        if self._reader is None:
            held = bytes(self._start)
            self._reader = self._reader_for(held.removeprefix(_BOM).lstrip())
            self._reader.feed(held)
        contents = self._reader.finish(self._status)
        if self._status is None and self._wire == 0:
            contents.body = BodyShape.NONE
        if self._is_costly():
            unobserved = tuple(dict.fromkeys((*(unobserved or ()), "response_body")))
        encoding = EncodingState.DECODED if self._undone else self._decoder.state()
        date = http_date(self._headers.get("date", ""))
        hints = dict.fromkeys([*header_hints(self._headers, date), *contents.hints])
        signals = Signals(
            status=self._status,
            text_status=contents.text_status,
            ending=ending,
            made_by_proxy=self._made_by_proxy,
            content_type=self._content_type,
            server_cloudflare="cloudflare" in self._headers.get("server", "").lower(),
            cf_mitigated="cf-mitigated" in self._headers,
            date=date,
            body=contents.body,
            decoding_failed=encoding not in _READABLE,
            unreadable=encoding in _UNREADABLE,
            answer=contents.answer,
            dialect=contents.dialect,
            content_seen=contents.content_seen,
            finish_seen=contents.finish_seen,
            failed_finish=contents.failed_finish,
            done_marker=contents.done,
            cost_seen=contents.cost_seen,
            events=contents.events.total,
            edge_markers=contents.edge_markers,
            errors=tuple(contents.errors),
            retry_hints=tuple(hints)[:MAX_HINTS],
            transport=_transport(ending, contents),
            unobserved=unobserved,
        )
        return ReadResponse(
            signals=signals,
            usage=Usage(**contents.counts),
            cost=contents.cost,
            events=contents.events,
            encoding=encoding,
            wire_bytes=self._wire,
            decoded_bytes=self._decoded,
            truncated=contents.truncated,
            raw=contents.raw,
        )


def _content_type(value: str) -> ContentTypeClass:
    if not value:
        return ContentTypeClass.NONE
    return next((kind for mark, kind in _CONTENT_TYPES if mark in value), ContentTypeClass.OTHER)


def _transport(ending: Ending, contents: Contents) -> TransportFailure | None:
    """What the proxy saw counts before what a line reports."""
    if (failure := ending.failure) is not None:
        return TransportFailure(failure=failure, side=ending.side or Side.UNKNOWN, place="ending")
    if contents.transport is not None:
        failure, side = contents.transport
        return TransportFailure(failure=failure, side=side, place="text")
    return None
