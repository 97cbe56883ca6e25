"""Rows for responses without an error in words: edges, broken streams, bare statuses, success."""

from pawwork_proxy.model.numbers import later
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import (
    AnswerShape,
    BodyShape,
    ContentTypeClass,
    Ending,
    ErrorPlace,
    Failure,
)
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.outcomes.reset import is_midnight
from pawwork_proxy.outcomes.rule import Rule, Sample, seen, status

_SSE = (("content-type", "text/event-stream"),)
_CHUNK = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
_END = 'data: {"choices":[],"cost":"0"}\n\n'


def _has_error_object(clues: Clues) -> bool:
    """The server sent an error object; a line that a client shows is none."""
    return any(fact.place is not ErrorPlace.LINE for fact in clues.signals.errors)


def _is_silent(clues: Clues) -> bool:
    """No error object and no model's answer."""
    return clues.signals.answer is AnswerShape.NONE and not clues.signals.errors


def _is_clean(clues: Clues) -> bool:
    """A good status, or none, and no error."""
    return clues.good and not clues.signals.errors


def _is_whole_stream(clues: Clues) -> bool:
    return clues.signals.body is BodyShape.STREAM and clues.ended_well


def _is_stream(clues: Clues) -> bool:
    """An event stream, also one that ended before its first byte."""
    signals = clues.signals
    return signals.body is BodyShape.STREAM or (
        signals.status == 200
        and signals.body is BodyShape.EMPTY
        and signals.content_type is ContentTypeClass.EVENT_STREAM
    )


def _is_cut_json(clues: Clues) -> bool:
    signals = clues.signals
    cut = signals.body in (BodyShape.CUT_JSON, BodyShape.DAMAGED_JSON)
    return signals.status is not None and cut and not signals.finish_seen


def _is_plain_success(clues: Clues) -> bool:
    """JSON under a 2xx, or a 2xx that has no body by design."""
    signals = clues.signals
    if signals.status is None:
        return False
    return signals.body is BodyShape.JSON or signals.status in (202, 204)


def _ends_at_midnight(clues: Clues) -> bool:
    """The longest wait, counted from the server's date, ends at 00:00 UTC."""
    date, wait = clues.signals.date, clues.longest_wait
    end = None if date is None or wait <= 60 else later(date, wait)
    return end is not None and is_midnight(end)


def _is_known_transport(clues: Clues) -> bool:
    transport = clues.signals.transport
    return transport is not None and transport.failure is not Failure.OTHER


UNSEEN_RULES: tuple[Rule, ...] = (
    Rule("observed_in_part", Kind.UNKNOWN,
         seen(lambda clues: not clues.signals.response_observed, "unobserved"),
         "part of the response passed unseen, and what was seen may not be what decides",
         Sample(_CHUNK + _END, 200, _SSE, unobserved=("response_body",))),
)  # fmt: skip
"""Before all other rows: even a type may mean something else with words that were not seen."""

WORDLESS_RULES: tuple[Rule, ...] = (
    Rule("completion_refused", Kind.INVALID_REQUEST,
         status(400, 422)
         & seen(lambda clues: clues.signals.answer is AnswerShape.COMPLETION, "body"),
         "a 400 whose body is an answer without content",
         Sample('{"object":"chat.completion","choices":[{"message":{}}]}', 400)),
    Rule("encoding_unreadable", Kind.UNKNOWN,
         seen(lambda clues: clues.signals.unreadable and clues.signals.transport is None,
              "headers.content-encoding")
         & (lambda clues: clues.good and not clues.ended_well),
         "nothing cut the body, but it is in a coding that we cannot or will not undo",
         Sample("\x00", 200, (("content-encoding", "dcb"),))),
    Rule("encoding_broken", Kind.TRANSPORT_ERROR,
         seen(lambda clues: clues.signals.decoding_failed, "headers.content-encoding")
         & (lambda clues: clues.good and not clues.ended_well),
         "the compressed body is damaged or cut, and what could be read is no whole answer",
         Sample("\x00", 200, (("content-encoding", "gzip"),))),
    Rule("stream_failed_finish", Kind.SERVER_ERROR,
         seen(lambda clues: clues.signals.failed_finish is not None, "stream.finish_reason"),
         "the finish reason itself reports a failure",
         Sample('data: {"choices":[{"delta":{},"finish_reason":"error"}]}\n\n', 200, _SSE)),
    Rule("stream_whole", Kind.SUCCESS,
         seen(_is_whole_stream, "stream.end") & _is_clean,
         "the stream showed its end: finish reason, closing marker or cost trailer",
         Sample(_CHUNK + _END, 200, _SSE)),
    Rule("stream_cut", Kind.TRANSPORT_ERROR, seen(_is_stream, "stream.end") & _is_clean,
         "the stream stopped before its end",
         Sample(_CHUNK, 200, _SSE)),
    Rule("body_cut", Kind.TRANSPORT_ERROR, seen(_is_cut_json, "body") & _is_clean,
         "a good answer that ends in the middle of its JSON",
         Sample('{"choices":[{"message":{"content":"Hel', 200)),
    Rule("answer_whole", Kind.SUCCESS,
         seen(lambda clues: clues.signals.answer is not AnswerShape.NONE, "body") & _is_clean,
         "a model's answer or a listing, without an error beside it",
         Sample('{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}')),
    Rule("good_status", Kind.SUCCESS, seen(_is_plain_success, "status") & _is_clean,
         "a 2xx with JSON and no sign of an error, or one without a body by design",
         Sample('{"ok":true}', 200)),
    Rule("switched_protocols", Kind.SUCCESS,
         seen(lambda clues: clues.signals.status == 101
              or clues.signals.ending is Ending.WEBSOCKET, "status"),
         "the connection became a WebSocket",
         Sample("", 101, ending=Ending.WEBSOCKET)),
    Rule("challenged", Kind.GATEWAY_ERROR,
         seen(lambda clues: clues.signals.cf_mitigated, "headers.cf-mitigated") & _is_silent,
         "the edge says that it interfered",
         Sample("", 403, (("cf-mitigated", "challenge"),)), Origin.EDGE),
    Rule("status_edge", Kind.GATEWAY_ERROR, status(502, 504, *range(520, 528), 530),
         "a status of gateways without the API's words",
         Sample("", 502), Origin.EDGE),
    Rule("status_busy", Kind.PROVIDER_OVERLOAD, status(503, 529),
         "503 or 529 without words",
         Sample("", 503)),
    Rule("status_day_limit", Kind.FREE_USAGE_LIMIT,
         status(429) & seen(_ends_at_midnight, "headers.retry-after", "headers.date") & _is_silent,
         "429 without words whose wait ends at 00:00 UTC: only the day limiter counts so",
         Sample("", 429, (("retry-after", "7200"), ("date", "Tue, 24 Nov 2026 22:00:00 GMT")))),
    Rule("status_client_gone", Kind.TRANSPORT_ERROR, status(499, 408),
         "499: the server saw the client leave",
         Sample("", 499)),
    Rule("status_upgrade", Kind.CLIENT_GATE, status(426),
         "426: a newer client is asked for",
         Sample("", 426)),
    Rule("status_region", Kind.REGION_BLOCKED, status(451),
         "451: refused for legal reasons",
         Sample("", 451)),
    Rule("status_gone", Kind.MODEL_UNAVAILABLE, status(410),
         "410: retired",
         Sample("", 410)),
    Rule("object_invalid", Kind.INVALID_REQUEST, status(400) & _has_error_object,
         "400 with an error object in unknown words: the client, too, takes it so",
         Sample('{"error":{"message":"Bananas"}}', 400)),
    Rule("object_auth", Kind.AUTH_INVALID, status(401) & _has_error_object,
         "401 with an error object in unknown words",
         Sample('{"error":{"message":"Bananas"}}', 401)),
    Rule("object_rate", Kind.PROVIDER_RATE_LIMIT, status(429) & _has_error_object,
         "429 with an error object in words that are not Zen's",
         Sample('{"error":{"message":"Bananas"}}', 429)),
    Rule("status_invalid", Kind.INVALID_REQUEST, status(405, 411, 413, 414, 415, 422, 431),
         "a status that only a request can cause",
         Sample("", 422)),
    Rule("status_server", Kind.SERVER_ERROR,
         seen(lambda clues: clues.deciding is not None and 500 <= clues.deciding < 600, "status"),
         "a 5xx without words",
         Sample("", 500)),
    Rule("transport_left", Kind.TRANSPORT_ERROR, seen(_is_known_transport, "ending"),
         "the connection broke, whatever else was begun",
         Sample('{"error":{"type":"unknown_error"}}', 418, ending=Ending.UPSTREAM_CUT)),
    Rule("undecided", Kind.UNKNOWN, seen(lambda _: True),
         "the evidence does not decide",
         Sample("Provider request failed with HTTP 400", 400)),
)  # fmt: skip
"""The last row always holds."""
