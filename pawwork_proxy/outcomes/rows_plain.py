"""Rows for answers without an error in words: edges, broken streams, bare statuses, success."""

from __future__ import annotations

from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import (
    AnswerShape,
    BodyShape,
    ContentTypeClass,
    Ending,
    ErrorPlace,
    Failure,
)
from pawwork_proxy.outcomes.evidence import Evidence
from pawwork_proxy.outcomes.reset import TOLERANCE_S
from pawwork_proxy.outcomes.table import Rule, Sample

_SSE = (("content-type", "text/event-stream"),)
_CHUNK = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
_END = 'data: {"choices":[],"cost":"0"}\n\n'


def _bare(e: Evidence, *statuses: int) -> bool:
    return e.status in statuses


def _object(e: Evidence) -> bool:
    """The server sent an error object; a line that a client shows is none."""
    return any(fact.place is not ErrorPlace.LINE for fact in e.s.errors)


def _silent(e: Evidence) -> bool:
    """No error object and no answer."""
    return e.s.answer is AnswerShape.NONE and not e.s.errors


UNSEEN: tuple[Rule, ...] = (
    Rule(
        "observed_in_part",
        Kind.UNKNOWN,
        "part of the response passed unseen, and what was seen may not be what decides",
        Sample("", 429, unobserved=("response_body",)),
        lambda e: not e.s.response_observed,
        places=("unobserved",),
    ),
)
"""Before all other rows: even a type may mean something else with words that were not seen."""

PLAIN: tuple[Rule, ...] = (
    Rule(
        "completion_refused",
        Kind.INVALID_REQUEST,
        "a 400 whose body is an answer without content",
        Sample('{"object":"chat.completion","choices":[{"message":{}}]}', 400),
        lambda e: _bare(e, 400, 422) and e.s.answer is AnswerShape.COMPLETION,
        places=("status", "body"),
    ),
    Rule(
        "encoding_broken",
        Kind.TRANSPORT_ERROR,
        "the compressed body is damaged or cut, and what could be read is no whole answer",
        Sample("\x00", 200, (("content-encoding", "gzip"),)),
        lambda e: e.s.decoding_failed and e.good and not e.ended_well,
        places=("headers.content-encoding",),
    ),
    Rule(
        "stream_failed_finish",
        Kind.SERVER_ERROR,
        "the finish reason itself reports a failure",
        Sample('data: {"choices":[{"delta":{},"finish_reason":"error"}]}\n\n', 200, _SSE),
        lambda e: e.s.failed_finish is not None,
        places=("stream.finish_reason",),
    ),
    Rule(
        "stream_whole",
        Kind.SUCCESS,
        "the stream showed its end: finish reason, closing marker or cost trailer",
        Sample(_CHUNK + _END, 200, _SSE),
        lambda e: e.good and e.s.body is BodyShape.STREAM and not e.s.errors and e.ended_well,
        places=("stream.end",),
    ),
    Rule(
        "stream_cut",
        Kind.TRANSPORT_ERROR,
        "the stream stopped before its end",
        Sample(_CHUNK, 200, _SSE),
        lambda e: (
            e.good
            and not e.s.errors
            and (
                e.s.body is BodyShape.STREAM
                or (
                    e.s.status == 200
                    and e.s.body is BodyShape.EMPTY
                    and e.s.content_type is ContentTypeClass.EVENT_STREAM
                )
            )
        ),
        places=("stream.end",),
    ),
    Rule(
        "body_cut",
        Kind.TRANSPORT_ERROR,
        "a good answer that ends in the middle of its JSON",
        Sample('{"choices":[{"message":{"content":"Hel', 200),
        lambda e: (
            e.s.status is not None
            and e.good
            and not e.s.errors
            and e.s.body in (BodyShape.CUT_JSON, BodyShape.DAMAGED_JSON)
            and not e.s.finish_seen
        ),
        places=("body",),
    ),
    Rule(
        "answer_whole",
        Kind.SUCCESS,
        "a model's answer or a listing, without an error beside it",
        Sample('{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}', 200),
        lambda e: e.good and not e.s.errors and e.s.answer is not AnswerShape.NONE,
        places=("body",),
    ),
    Rule(
        "good_status",
        Kind.SUCCESS,
        "a 2xx with JSON and no sign of an error, or one without a body by design",
        Sample('{"ok":true}', 200),
        lambda e: (
            e.s.status is not None
            and e.good
            and not e.s.errors
            and (e.s.body is BodyShape.JSON or e.s.status in (202, 204))
        ),
        places=("status",),
    ),
    Rule(
        "switched_protocols",
        Kind.SUCCESS,
        "the connection became a WebSocket",
        Sample("", 101, ending=Ending.WEBSOCKET),
        lambda e: e.s.status == 101 or e.s.ending is Ending.WEBSOCKET,
        places=("status",),
    ),
    Rule(
        "challenged",
        Kind.GATEWAY_ERROR,
        "the edge says that it interfered",
        Sample("", 403, (("cf-mitigated", "challenge"),)),
        lambda e: e.s.cf_mitigated and _silent(e),
        places=("headers.cf-mitigated",),
        origin=Origin.EDGE,
    ),
    Rule(
        "status_edge",
        Kind.GATEWAY_ERROR,
        "a status of gateways without the API's words",
        Sample("", 502),
        lambda e: _bare(e, 502, 504, *range(520, 528), 530),
        places=("status",),
        origin=Origin.EDGE,
    ),
    Rule(
        "status_busy",
        Kind.PROVIDER_OVERLOAD,
        "503 or 529 without words",
        Sample("", 503),
        lambda e: _bare(e, 503, 529),
        places=("status",),
    ),
    Rule(
        "status_day_limit",
        Kind.FREE_USAGE_LIMIT,
        "429 without words whose wait ends at 00:00 UTC: only the day limiter counts so",
        Sample("", 429, (("retry-after", "7200"), ("date", "Tue, 24 Nov 2026 22:00:00 GMT"))),
        lambda e: _bare(e, 429) and _silent(e) and _ends_at_midnight(e),
        places=("status", "headers.retry-after", "headers.date"),
    ),
    Rule(
        "status_client_gone",
        Kind.TRANSPORT_ERROR,
        "499: the server saw the client leave",
        Sample("", 499),
        lambda e: _bare(e, 499, 408),
        places=("status",),
    ),
    Rule(
        "status_upgrade",
        Kind.CLIENT_GATE,
        "426: a newer client is asked for",
        Sample("", 426),
        lambda e: _bare(e, 426),
        places=("status",),
    ),
    Rule(
        "status_region",
        Kind.REGION_BLOCKED,
        "451: refused for legal reasons",
        Sample("", 451),
        lambda e: _bare(e, 451),
        places=("status",),
    ),
    Rule(
        "status_gone",
        Kind.MODEL_UNAVAILABLE,
        "410: retired",
        Sample("", 410),
        lambda e: _bare(e, 410),
        places=("status",),
    ),
    Rule(
        "object_invalid",
        Kind.INVALID_REQUEST,
        "400 with an error object in unknown words: the client, too, takes it so",
        Sample('{"error":{"message":"Bananas"}}', 400),
        lambda e: _bare(e, 400) and _object(e),
        places=("status",),
    ),
    Rule(
        "object_auth",
        Kind.AUTH_INVALID,
        "401 with an error object in unknown words",
        Sample('{"error":{"message":"Bananas"}}', 401),
        lambda e: _bare(e, 401) and _object(e),
        places=("status",),
    ),
    Rule(
        "object_rate",
        Kind.PROVIDER_RATE_LIMIT,
        "429 with an error object in words that are not Zen's",
        Sample('{"error":{"message":"Bananas"}}', 429),
        lambda e: _bare(e, 429) and _object(e),
        places=("status",),
    ),
    Rule(
        "status_invalid",
        Kind.INVALID_REQUEST,
        "a status that only a request can cause",
        Sample("", 422),
        lambda e: _bare(e, 405, 411, 413, 414, 415, 422, 431),
        places=("status",),
    ),
    Rule(
        "status_server",
        Kind.SERVER_ERROR,
        "a 5xx without words",
        Sample("", 500),
        lambda e: e.deciding is not None and 500 <= e.deciding < 600,
        places=("status",),
    ),
    Rule(
        "transport_left",
        Kind.TRANSPORT_ERROR,
        "the connection broke, whatever else was begun",
        Sample('{"error":{"type":"unknown_error"}}', 418, ending=Ending.UPSTREAM_CUT),
        lambda e: e.s.transport is not None and e.s.transport.failure is not Failure.OTHER,
        places=("ending",),
    ),
    Rule(
        "undecided",
        Kind.UNKNOWN,
        "the evidence does not decide",
        Sample("Provider request failed with HTTP 400", 400),
        lambda _: True,
    ),
)


def _ends_at_midnight(e: Evidence) -> bool:
    if e.s.date is None or e.longest_wait <= 60:
        return False
    second = (e.s.date.hour * 60 + e.s.date.minute) * 60 + e.s.date.second
    return (second + e.longest_wait + TOLERANCE_S) % 86400 <= 2 * TOLERANCE_S
