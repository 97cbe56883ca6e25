"""The reader: any chunking, any packing, any damage; a model's words are never an error."""

import gzip
import json
import time
import zlib
from collections.abc import Sequence
from itertools import pairwise

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.response import EncodingState
from pawwork_proxy.model.signals import BodyShape, Dialect, Ending, ErrorPlace
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response import ReadResponse
from pawwork_proxy.responses.response_reader import ResponseReader
from pawwork_proxy.wire.zstd import zstd

STREAM = [("Content-Type", "text/event-stream")]


def read(
    body: bytes,
    status: int | None = 200,
    headers: Sequence[tuple[str, str]] = (),
    cuts: Sequence[int] = (),
    ending: Ending = Ending.COMPLETE,
) -> ReadResponse:
    reader = ResponseReader(status, headers)
    edges = [0, *sorted(cuts), len(body)]
    for start, end in pairwise(edges):
        reader.feed(body[start:end])
    return reader.finish(ending)


def sse(*objects: object, newline: str = "\n") -> bytes:
    return "".join(f"data: {json.dumps(o)}{newline}{newline}" for o in objects).encode()


def chunk(text: str, finish: str | None = None) -> dict[str, object]:
    return {
        "id": "gen-1",
        "model": "tiny-free",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }


CHAT = sse(chunk("Hel"), chunk("lo"), chunk("", "stop")) + (
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,'
    b'"prompt_tokens_details":{"cached_tokens":1}}}\n\ndata: [DONE]\n\n'
    b'data: {"choices":[],"cost":"0.25"}\n\n'
)
MESSAGES = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"tiny",'
    b'"usage":{"input_tokens":5,"cache_creation_input_tokens":4}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"a"}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"b"}}\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":7}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
    b'event: ping\ndata: {"type":"ping","cost":"0"}\n\n'
)
RESPONSES = (
    b'event: response.created\ndata: {"type":"response.created","response":{"id":"r","error":null,'
    b'"model":"tiny"}}\n\n'
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"x"}'
    b"\n\n"
    b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r",'
    b'"status":"completed","usage":{"input_tokens":2,"output_tokens":1,'
    b'"output_tokens_details":{"reasoning_tokens":1},"total_tokens":3}}}\n\n'
)
GOOGLE = sse(
    {"candidates": [{"content": {"parts": [{"text": "a"}]}}], "modelVersion": "tiny"},
    {
        "candidates": [{"content": {}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 4, "thoughtsTokenCount": 2},
    },
)
ERROR = sse({"error": {"type": "server_error", "message": "Streaming response failed: [503] x"}})
PLAIN = json.dumps(
    {
        "id": "c",
        "model": "tiny",
        "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": "2", "total_tokens": True},
        "cost": "0",
    }
).encode()
FREE = b'{"type":"error","error":{"type":"FreeUsageLimitError","message":"x"},"metadata":{}}'
BODIES = [
    (CHAT, 200), (MESSAGES, 200), (RESPONSES, 200), (GOOGLE, 200), (ERROR, 200), (PLAIN, 200),
    (FREE, 429), (CHAT[:200], 200), (b"<html>Bad gateway</html>", 502), (b"", 200),
    (b": ping\n\n" * 5 + CHAT, 200), (b"Error: 429 Go usage limit exceeded", 429),
    (CHAT.replace(b"\n", b"\r\n"), 200), (MESSAGES.replace(b"\n", b"\r"), 200),
    (b"\xef\xbb\xbf" + CHAT, 200), (b"\xef\xbb\xbf" + FREE, 429),
]  # fmt: skip


def packed_zstd(data: bytes) -> bytes:
    return zstd.ZstdCompressor().compress(data, zstd.ZstdCompressor.FLUSH_FRAME)


PACKINGS = {
    "identity": lambda data: data,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": packed_zstd,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
}


@given(st.sampled_from(BODIES), st.sampled_from(sorted(PACKINGS)), st.data())
@settings(max_examples=5 * settings().max_examples // 2)
def test_neither_chunks_nor_compression_change_what_was_read(
    case: tuple[bytes, int], packing: str, data: st.DataObject
) -> None:
    body, status = case
    expected = read(body, status)
    packed = PACKINGS[packing](body)
    cuts = data.draw(st.lists(st.integers(0, len(packed)), max_size=8))
    got = read(packed, status, [("content-encoding", packing)], cuts)
    assert got.signals == expected.signals
    assert (got.events, got.usage, got.cost) == (expected.events, expected.usage, expected.cost)
    assert got.decoded_bytes == len(body)


@given(st.sampled_from([CHAT, MESSAGES, RESPONSES, GOOGLE]))
def test_one_byte_at_a_time_counts_the_same_events(body: bytes) -> None:
    reader = ResponseReader(200, STREAM)
    completed = sum(reader.feed(body[i : i + 1]) for i in range(len(body)))
    assert completed == reader.finish(Ending.COMPLETE).events.total == read(body).events.total


def test_feed_returns_the_events_that_a_chunk_completed() -> None:
    reader = ResponseReader(200, STREAM)
    first, second = sse(chunk("a")), sse(chunk("b"), chunk("c"))
    assert reader.feed(first[:-1]) == 0
    assert reader.feed(first[-1:]) == 1
    assert reader.feed(second) == 2


def shuffled(value: object, keys: st.DataObject) -> object:
    if isinstance(value, dict):
        order = keys.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], keys) for key in order}
    return value


@given(st.data())
@settings(max_examples=3 * settings().max_examples // 5)
def test_the_order_of_keys_does_not_matter(data: st.DataObject) -> None:
    body = {
        "type": "error",
        "error": {
            "param": None,
            "code": "rate_limit_exceeded",
            "type": "rate_limit_error",
            "message": "Error from provider (Console Go): Upstream request failed: [429] slow",
        },
        "model": "tiny",
    }
    mixed = json.dumps(shuffled(body, data)).encode()
    assert classify(read(mixed, 429).signals).kind is Kind.PROVIDER_RATE_LIMIT


WORDS = st.sampled_from(
    [
        *ZEN_TYPES, *VENDOR_TYPES, '{"error":{"type":"FreeUsageLimitError"}}', "error",
        'data: {"error":{}}\n\n', "event: error", "429 Too Many Requests", "[DONE]", '"error"',
        '"cost":"0"', "Error from provider (Console): x", "\\u0065rror", "Overloaded",
        '"finish_reason":"stop"', "<html>", "ECONNRESET",
    ]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=20), min_size=1, max_size=6), st.booleans(), st.data())
@settings(max_examples=2 * settings().max_examples)
def test_an_answer_about_errors_is_no_error(
    words: list[str], ascii_only: bool, data: st.DataObject
) -> None:
    frames = [chunk(word) for word in words] + [chunk("", "stop")]
    body = "".join(f"data: {json.dumps(f, ensure_ascii=ascii_only)}\n\n" for f in frames)
    raw = body.encode("utf-8", "surrogatepass")
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=5))
    answer = read(raw, 200, STREAM, cuts)
    assert classify(answer.signals).kind is Kind.SUCCESS
    whole = {"choices": [{"message": {"content": " ".join(words)}, "finish_reason": "stop"}]}
    assert classify(read(json.dumps(whole).encode()).signals).kind is Kind.SUCCESS


@given(st.binary(max_size=400), st.sampled_from([None, 200, 400, 429, 503]), st.data())
@settings(max_examples=3 * settings().max_examples)
def test_nothing_raises(body: bytes, status: int | None, data: st.DataObject) -> None:
    packing = data.draw(st.sampled_from(["", "gzip", "deflate", "br", "zstd", "rot13"]))
    kind = data.draw(st.sampled_from(["", "text/event-stream", "application/json"]))
    start = data.draw(
        st.sampled_from([b"", b"data: ", b"{", b'{"error":', b"[", b"event: error\n"])
    )
    headers = [
        ("content-encoding", packing),
        ("content-type", kind),
        ("date", body.decode("latin1")),
    ]
    classify(read(start + body, status, headers, ending=data.draw(st.sampled_from(Ending))).signals)


HOSTILE = {
    "large json": b'{"choices":[{"message":{"content":"'
    + b"x" * 10_000_000
    + b'"},"finish_reason":'
    b'"stop"}],"usage":{"prompt_tokens":3}}',
    "large stream": sse(chunk("hello")) * 70_000,
    "large gap": b"data: x" + b"\n" * 10_000_000,
    "one event": b'data: {"choices":[{"delta":{"content":"' + b"x" * 10_000_000,
    "objects": b'{"a":' * 10_000,
    "arrays": b"[" * 10_000,
    "errors": b'{"error":' * 10_000,
    "both": b'[{"error":' * 10_000 + b"1" + b"}]" * 10_000,
    "braces": b"{" * 10_000_000,
    "quotes": b'"' * 10_000_000,
    "invalid utf-8": b"\xff\xfe" * 5_000_000,
    "text": b"the model is too " * 600_000,
    "page": b"<html>" + b"<p>" * 3_000_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("status", [200, 500])
def test_size_and_depth_cost_little_time(body: bytes, status: int) -> None:
    """50 ms of a core are usual. What is not linear would take minutes for these 10 MB."""
    start = time.process_time()
    classify(read(body, status).signals)
    assert time.process_time() - start < 5


def test_a_bomb_is_given_up_early() -> None:
    body = gzip.compress(b"\0" * 200_000_000, 1)
    answer = read(body, 200, [("content-encoding", "gzip")])
    assert answer.encoding is EncodingState.TOO_LARGE
    assert answer.decoded_bytes < 100_000_000


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "zstd"])
def test_a_cut_compressed_stream_is_a_broken_transport_unless_its_end_was_seen(
    packing: str,
) -> None:
    packed = PACKINGS[packing](CHAT * 50)
    answer = read(packed[: len(packed) // 3], 200, [("content-encoding", packing)])
    assert answer.encoding is EncodingState.CUT
    assert answer.signals.decoding_failed


def test_an_encoding_that_is_not_what_it_says_is_corrupt() -> None:
    answer = read(b"not gzip at all", 200, [("content-encoding", "gzip")])
    assert answer.encoding is EncodingState.CORRUPT
    assert classify(answer.signals).rule_id == "encoding_broken"


def test_facts_of_a_chat_stream() -> None:
    answer = read(CHAT, 200, STREAM)
    assert answer.signals.dialect is Dialect.CHAT
    assert (answer.raw.finish_reason, answer.cost) == ("stop", 0.25)
    assert answer.usage.model_dump(exclude_none=True) == {"input": 3, "output": 2, "cache_read": 1}
    assert answer.events.deltas == 3
    assert (answer.raw.model, answer.raw.response_id) == ("tiny-free", "gen-1")


def test_facts_of_a_messages_stream() -> None:
    answer = read(MESSAGES, 200, STREAM)
    assert answer.signals.dialect is Dialect.MESSAGES
    assert answer.raw.finish_reason == "end_turn"
    assert answer.usage.model_dump(exclude_none=True) == {
        "input": 5, "output": 7, "cache_write": 4
    }  # fmt: skip
    assert (answer.events.deltas, answer.events.pings) == (2, 1)
    assert answer.raw.response_id == "msg_1"


def test_facts_of_a_responses_stream() -> None:
    answer = read(RESPONSES, 200, STREAM)
    assert answer.signals.dialect is Dialect.RESPONSES
    assert answer.raw.finish_reason == "completed"
    assert answer.usage.reasoning == 1
    assert answer.usage.total == 3


def test_facts_of_a_google_stream() -> None:
    answer = read(GOOGLE, 200, STREAM)
    assert answer.signals.dialect is Dialect.GOOGLE
    assert (answer.raw.finish_reason, answer.usage.input, answer.usage.reasoning) == ("STOP", 4, 2)


def test_numbers_that_are_strings_count_as_absent() -> None:
    answer = read(PLAIN)
    assert answer.usage.model_dump(exclude_none=True) == {"input": 1}
    assert answer.cost == 0


@pytest.mark.parametrize("cost", ["free", True, -1, 1e9, None, [1]])
def test_a_cost_that_is_no_price_is_none(cost: object) -> None:
    assert read(json.dumps({"choices": [], "cost": cost}).encode()).cost is None


def test_an_unknown_finish_reason_is_raw() -> None:
    answer = read(sse(chunk("a", "my secret reason")), 200, STREAM)
    assert answer.raw.finish_reason == "my secret reason"


def test_a_large_body_is_read_from_both_ends() -> None:
    big = PLAIN.replace(b'"Hi"', b'"' + b"x" * 600_000 + b'"')
    answer = read(big)
    assert answer.truncated
    assert answer.raw.finish_reason == "stop"
    assert answer.usage.input == 1
    assert classify(answer.signals).kind is Kind.SUCCESS
    cut = read(big[:500_000])
    assert cut.signals.body is BodyShape.CUT_JSON
    assert classify(cut.signals).kind is Kind.TRANSPORT_ERROR
    assert read(b'{"a":"' + b"x" * 400_000 + b'","usage":{"prompt_tokens":').usage.input is None


def test_an_event_larger_than_what_is_kept_marks_the_answer() -> None:
    answer = read(sse(chunk("x" * 400_000), chunk("", "stop")), 200, STREAM, [100_000, 300_000])
    assert answer.truncated
    assert answer.signals.finish_seen


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (ERROR, ErrorPlace.STREAM_FIRST),
        (sse(chunk("a")) + ERROR, ErrorPlace.STREAM_LATER),
        (b'event: error\ndata: {"message":"x"}\n\n', ErrorPlace.STREAM_FIRST),
        (b"event: error\ndata: Overloaded\n\n", ErrorPlace.STREAM_FIRST),
        (b"data: Error from provider (Nvidia): busy\n\n", ErrorPlace.STREAM_FIRST),
        (b': ok\n\n{"error":{"type":"server_error"}}\n\n', ErrorPlace.STREAM_FIRST),
        (b'data: [{"error":{"code":503}}]\n\n', ErrorPlace.STREAM_FIRST),
        (b'data: {"message":"x","type":"server_error"}\n\n', ErrorPlace.STREAM_FIRST),
        (b'data: {"error":{"type":"server_error"}}', ErrorPlace.STREAM_FIRST),
        (b'data: {"choices":[{"error":{"code":502,"message":"x"}}]}\n\n', ErrorPlace.STREAM_FIRST),
        (b'data: {"type":"response.failed","response":{"status":"failed","error":{"code":'
         b'"server_error"}}}\n\n', ErrorPlace.STREAM_FIRST),
        (b'data: {"type":"response.failed"}\n\ndata: {"msg":"x","code":5}\n\n',
         ErrorPlace.STREAM_FIRST),
        (b'data: {"base_resp":{"status_code":1002,"status_msg":"x"}}\n\n', ErrorPlace.STREAM_FIRST),
        (b'data: {"response":{"error":{"code":"server_error"}}}\n\n', ErrorPlace.STREAM_FIRST),
    ],
)  # fmt: skip
def test_errors_in_a_stream_are_found_wherever_they_hide(body: bytes, place: ErrorPlace) -> None:
    answer = read(body, 200, STREAM)
    assert answer.signals.errors[0].place is place
    assert answer.events.errors >= 1
    assert classify(answer.signals).in_stream


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_an_error_between_a_thousand_deltas_is_never_missed(newline: str) -> None:
    frames = [chunk("word")] * 500
    body = sse(*frames, newline=newline)
    for error in (
        {"error": {"message": "x", "type": "overloaded_error"}},
        {"type": "error", "error": {"type": "overloaded_error"}},
        {"message": "Overloaded", "type": "server_error"},
        {**chunk("a"), "error": {"code": 503}},
        {**chunk("a"), "base_resp": {"status_code": 2062, "status_msg": "x"}},
    ):
        answer = read(body + sse(error, newline=newline) + body, 200, STREAM)
        assert classify(answer.signals).kind is Kind.PROVIDER_OVERLOAD
        assert answer.events.total == 1001
    escaped = b'data: {"choices":[{"delta":{}}],"\\u0065rror":{"type":"overloaded_error"}}\n\n'
    assert read(sse(*frames) + escaped, 200, STREAM).events.errors == 1


def test_more_errors_than_are_kept_are_still_counted() -> None:
    answer = read(ERROR * 30, 200, STREAM)
    assert answer.events.errors == 30
    assert len(answer.signals.errors) <= 6


def test_noise_is_counted_and_means_nothing() -> None:
    body = b"data: 1\n\n" * 3 + b"data: [1,2]\n\n" + b"data: {\n\n" + b"id: 7\n\nretry: 5\n\n"
    answer = read(body + b"data: ok\ndata: more\n\n", 200, STREAM)
    assert answer.events.errors == 0
    assert answer.events.other == 6


def test_comments_are_counted_apart() -> None:
    body = b": a\n\n: b\n\n" + b": c\n: d\n\n" + CHAT
    assert read(body, 200, STREAM).events.comments == 4


@pytest.mark.parametrize(
    ("body", "headers", "shape"),
    [
        (b"data: 1\n\n", [], BodyShape.STREAM),
        (b"event: x\n\n", [], BodyShape.STREAM),
        (b"oddity: x\n\n", STREAM, BodyShape.STREAM),
        (b'{"a":1}', STREAM, BodyShape.JSON),
        (b"<html></html>", STREAM, BodyShape.HTML),
        (b"", STREAM, BodyShape.EMPTY),
        (b"ab", [], BodyShape.TEXT),
        (b"a\0b\0c\0d", [], BodyShape.BINARY),
        (b'"words"', [], BodyShape.TEXT),
        (b'"words', [], BodyShape.TEXT),
        (b"[1]", [], BodyShape.JSON),
        (b"[]", [], BodyShape.JSON),
        (b'{"a":1', [], BodyShape.CUT_JSON),
        (b"{]]]]]", [], BodyShape.DAMAGED_JSON),
        (b" " * 5000, [], BodyShape.EMPTY),
    ],
)
def test_the_body_is_what_its_bytes_say(
    body: bytes, headers: list[tuple[str, str]], shape: BodyShape
) -> None:
    assert read(body, 200, headers).signals.body is shape


def test_no_answer_at_all() -> None:
    signals = ResponseReader(None).finish(Ending.UPSTREAM_REFUSED).signals
    assert signals.body is BodyShape.NONE
    assert signals.transport is not None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("application/json; charset=utf-8", "json"),
        ("text/html", "html"),
        ("text/plain;charset=UTF-8", "text"),
        ("image/png", "other"),
        ("", "none"),
    ],
)
def test_content_type_has_a_class(value: str, kind: str) -> None:
    assert read(b"x", 200, [("content-type", value)]).signals.content_type.value == kind


def test_edge_headers_are_facts() -> None:
    signals = read(b"", 403, [("Server", "cloudflare"), ("CF-Mitigated", "challenge")]).signals
    assert signals.server_cloudflare
    assert signals.cf_mitigated


def test_what_identifies_is_raw_and_never_in_the_signals() -> None:
    body = {
        "error": {"type": "AcmeSecretError", "code": "acme_77", "message": "Error from provider "
                  "(Acme Corp): Upstream request failed: [weird-9] your prompt was: tell me"},
        "metadata": {"workspace": "wrk_0123456789", "request_id": "req_42"},
    }  # fmt: skip
    answer = read(json.dumps(body).encode(), 400)
    stored = answer.signals.model_dump_json()
    for secret in ("Acme", "acme_77", "weird-9", "prompt", "wrk_", "req_42"):
        assert secret not in stored
    raw = answer.raw
    assert (raw.error_type, raw.error_code, raw.provider) == (
        "AcmeSecretError", "acme_77", "Acme Corp"
    )  # fmt: skip
    assert (raw.workspace, raw.request_id) == ("wrk_0123456789", "req_42")
