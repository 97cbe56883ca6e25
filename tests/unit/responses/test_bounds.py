"""How much of a response is read, tried on both sides of each bound; and that no more is kept."""

import gzip
import json
import os
import zlib
from collections.abc import Callable

import pytest

from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.response import EncodingState
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response import ReadResponse
from pawwork_proxy.responses.response_reader import FREE_WORK, WORK_PER_BYTE, ResponseReader
from pawwork_proxy.responses.stream_reader import WORK_OF_EVENT
from tests.unit.held import size_of
from tests.unit.responses.test_response_reader import STREAM, chunk, read, sse

KIB = 1024
MIB = 1024 * KIB
FREE = {"type": "FreeUsageLimitError", "message": "x"}


def kind(answer: ReadResponse) -> Kind:
    return classify(answer.signals).kind


def completion(size: int, **more: object) -> bytes:
    """A completion of exactly so many bytes; what is named later comes behind the text."""
    whole = {"choices": [{"message": {"content": "@"}, "finish_reason": "stop"}], **more}
    body = json.dumps(whole)
    return body.replace("@", "x" * (size - len(body) + 1)).encode()


@pytest.mark.parametrize(("size", "truncated"), [(256 * KIB, False), (256 * KIB + 1, True)])
def test_a_body_is_kept_up_to_a_quarter_of_a_mebibyte(size: int, *, truncated: bool) -> None:
    body = completion(size)
    assert len(body) == size
    for cuts in ((), (1,), (100_000, 200_000)):
        assert read(body, cuts=cuts).truncated is truncated


@pytest.mark.parametrize(("behind", "counted"), [(31 * KIB, 3), (33 * KIB, None), (99 * KIB, None)])
def test_of_a_larger_body_the_last_part_is_read_too(behind: int, counted: int | None) -> None:
    """However it came: pieces of any size give the same."""
    body = completion(MIB, usage={"prompt_tokens": 3}, service_tier="y" * behind)
    for cuts in ((), *(range(0, len(body), size * KIB) for size in (1, 7, 16, 31, 64))):
        answer = read(body, cuts=cuts)
        assert answer.usage.input == counted
        assert kind(answer) is Kind.SUCCESS


@pytest.mark.parametrize(("before", "found"), [(7 * KIB, True), (9 * KIB, False)])
@pytest.mark.parametrize("padding", ["lorem ipsum ", "<p>"])
def test_a_text_is_read_for_eight_kibibytes(padding: str, before: int, *, found: bool) -> None:
    text = (padding * before)[:before] + json.dumps({"error": FREE})
    assert (kind(read(text.encode(), 429)) is Kind.FREE_USAGE_LIMIT) is found


@pytest.mark.parametrize(("before", "shape"), [(7 * KIB, "binary"), (9 * KIB, "text")])
def test_a_zero_byte_is_looked_for_in_eight_kibibytes(before: int, shape: str) -> None:
    assert read(b"a" * before + b"\0" + b"a" * 100, 500).signals.body == shape


def nested(depth: int) -> dict[str, object]:
    value: dict[str, object] = {"error": FREE}
    for _ in range(depth):
        value = {"cause": value}
    return {"error": value}


@pytest.mark.parametrize(("depth", "found"), [(8, True), (9, False)])
def test_errors_are_looked_for_ten_levels_deep(depth: int, *, found: bool) -> None:
    answer = read(json.dumps(nested(depth)).encode(), 429)
    assert (kind(answer) is Kind.FREE_USAGE_LIMIT) is found


@pytest.mark.parametrize(("before", "found"), [(23, True), (24, False)])
def test_errors_are_looked_for_among_twenty_four_children(before: int, *, found: bool) -> None:
    fields = {f"field{number}": "x" for number in range(before)}
    items = [0] * before
    for error in ({**fields, "because": FREE}, {"causes": [*items, FREE]}):
        answer = read(json.dumps({"error": error}).encode(), 429)
        assert (kind(answer) is Kind.FREE_USAGE_LIMIT) is found


@pytest.mark.parametrize(("errors", "kept"), [(5, 5), (6, 6), (7, 6), (20, 6)])
def test_six_errors_are_kept(errors: int, kept: int) -> None:
    body = {"error": [{"code": "rate_limit_exceeded"}] * errors}
    assert len(read(json.dumps(body).encode(), 429).signals.errors) == kept


@pytest.mark.parametrize(("before", "found"), [(16 * KIB - 100, True), (16 * KIB + 1, False)])
def test_a_message_is_read_for_sixteen_kibibytes(before: int, *, found: bool) -> None:
    message = "y" * before + " " + json.dumps({"error": FREE})
    answer = read(json.dumps({"error": {"message": message}}).encode(), 429)
    assert (kind(answer) is Kind.FREE_USAGE_LIMIT) is found


@pytest.mark.parametrize(("before", "found"), [(1150, True), (1200, False)])
def test_a_sentence_is_looked_for_in_twelve_hundred_letters(before: int, *, found: bool) -> None:
    body = {"error": {"message": "y" * before + " Free usage exceeded, subscribe to Go"}}
    assert (kind(read(json.dumps(body).encode(), 429)) is Kind.FREE_USAGE_LIMIT) is found


@pytest.mark.parametrize(("waits", "kept"), [(5, 5), (6, 6), (7, 6), (20, 6)])
def test_six_waits_are_kept(waits: int, kept: int) -> None:
    body = {"errors": [{"retry_after": number + 1} for number in range(waits)], "error": FREE}
    assert len(read(json.dumps(body).encode(), 429).signals.retry_hints) == kept


@pytest.mark.parametrize(("wait", "kept"), [(2_147_483.647, 2_147_483.647), (3e9, 2_147_483.647)])
def test_no_wait_is_longer_than_a_client_can_wait(wait: float, kept: float) -> None:
    (hint,) = read(b"", 429, [("retry-after", str(wait))]).signals.retry_hints
    assert hint.seconds == kept


@pytest.mark.parametrize(("before", "found"), [(1100, True), (1200, False)])
def test_a_wait_in_words_is_looked_for_in_1200_letters(before: int, *, found: bool) -> None:
    message = "y" * before + " Resets in 4hr 59min"
    hints = read(json.dumps({"error": {"message": message}}).encode(), 429).signals.retry_hints
    assert bool(hints) is found


@pytest.mark.parametrize(("place", "found"), [(64, True), (65, False)])
def test_sixty_four_quoted_headers_are_read(place: int, *, found: bool) -> None:
    headers = {f"x-{number}": "1" for number in range(1, place)} | {"retry-after": "7"}
    body = {"error": {"name": "APIError", "responseHeaders": headers}}
    assert bool(read(json.dumps(body).encode(), 429).signals.retry_hints) is found


@pytest.mark.parametrize(("place", "finish"), [(64, "stop"), (65, None)])
def test_sixty_four_choices_are_read(place: int, finish: str | None) -> None:
    choices = [{"index": number} for number in range(1, place)] + [{"finish_reason": "stop"}]
    assert read(json.dumps({"choices": choices}).encode()).raw.finish_reason == finish


@pytest.mark.parametrize("length", [200, 201, 100_000])
def test_a_name_is_handed_on_for_two_hundred_letters(length: int) -> None:
    raw = read(json.dumps({"choices": [], "model": "m" * length, "id": "i" * length}).encode()).raw
    assert raw.model == "m" * 200
    assert raw.response_id == "i" * 200


@pytest.mark.parametrize(("size", "truncated"), [(256 * KIB, False), (256 * KIB + 1, True)])
def test_an_event_is_kept_up_to_a_quarter_of_a_mebibyte(size: int, *, truncated: bool) -> None:
    event = b"data: " + b"x" * (size - 6)
    reader = ResponseReader(200, STREAM)
    for start in range(0, size, 10_000):
        reader.feed(event[start : start + 10_000])
    reader.feed(b"\n\n")
    assert reader.finish(Ending.COMPLETE).truncated is truncated


def test_beyond_a_mebibyte_a_response_unpacks_at_a_usual_ratio_only() -> None:
    def state(data: bytes) -> EncodingState:
        return read(gzip.compress(data, 1), headers=[("content-encoding", "gzip")]).encoding

    assert state(b"\0" * MIB) is EncodingState.DECODED
    assert state(b"\0" * 16 * MIB) is EncodingState.TOO_LARGE
    mixed = os.urandom(KIB) + b"\0" * 31 * KIB
    assert state(mixed * 600) is EncodingState.DECODED


@pytest.mark.parametrize("packed", [True, False])
def test_a_stream_that_costs_too_much_is_read_no_further_and_says_so(*, packed: bool) -> None:
    body = b'data: {"choices":[]}\n\n' + b"{}\n\n" * 400_000 + sse({"error": FREE})
    headers = [("content-encoding", "gzip"), *STREAM] if packed else STREAM
    body = gzip.compress(body, 1) if packed else body
    answer = read(body, 200, headers, cuts=range(0, len(body), 64 * KIB))
    assert answer.signals.unobserved == ("response_body",)
    assert answer.encoding is (EncodingState.TOO_LARGE if packed else EncodingState.IDENTITY)
    assert kind(answer) is Kind.UNKNOWN
    work = answer.events.total * WORK_OF_EVENT
    assert work <= FREE_WORK + WORK_PER_BYTE * len(body)
    assert answer.decoded_bytes < MIB + 64 * len(body)


def test_numbers_among_the_events_of_a_stream_cost_no_work_and_hide_no_error() -> None:
    first = b'data: {"choices":[]}\n\n'
    numbers = b"data: 1\n\n" * 400_000
    answer = read(first + numbers + sse({"error": FREE}), 200, STREAM)
    assert answer.signals.unobserved is None
    assert (answer.events.other, answer.events.errors) == (400_001, 1)
    assert kind(answer) is Kind.FREE_USAGE_LIMIT


def test_a_stream_whose_deltas_are_all_parsed_and_compress_well_is_read_to_its_end() -> None:
    """Each is flushed by itself, as servers do."""
    engine = zlib.compressobj(wbits=31)
    reader = ResponseReader(200, [("content-encoding", "gzip"), *STREAM])
    for number in range(5000):
        text = {"candidates": [{"content": {"parts": [{"text": f"w{number} "}], "role": "model"}}]}
        event = sse({**text, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": number}})
        reader.feed(engine.compress(event) + engine.flush(zlib.Z_SYNC_FLUSH))
    reader.feed(engine.flush())
    answer = reader.finish(Ending.COMPLETE)
    assert answer.signals.unobserved is None
    assert answer.encoding is EncodingState.DECODED
    assert answer.events.total == 5000


@pytest.mark.parametrize(
    ("layers", "state"), [(4, EncodingState.DECODED), (5, EncodingState.UNSUPPORTED)]
)
def test_four_layers_of_compression_are_undone(layers: int, state: EncodingState) -> None:
    body = completion(1000)
    for _ in range(layers):
        body = gzip.compress(body)
    headers = [("content-encoding", "gzip")] * layers
    assert read(body, headers=headers).encoding is state


ENDLESS: dict[str, tuple[bytes, Callable[[int], bytes]]] = {
    "one text": (b'{"choices":[{"message":{"content":"', lambda _: b"x" * 64 * KIB),
    "one page": (b"<html>", lambda _: b"<p>" * 20_000),
    "one line": (b"429 ", lambda _: b"Too many " * 7_000),
    "one event": (b"data: ", lambda _: b"x" * 64 * KIB),
    "comments": (b": a\n\n", lambda n: b": ping %d\n\n" % n * 5_000),
    "errors": (b"data: 1\n\n", lambda n: sse({"error": {"type": f"{n}Error"}}) * 500),
    "new models": (b"data: 1\n\n", lambda n: sse(*({**chunk("x"), "model": f"m{n}-{i}"}
                                                      for i in range(300)))),
    "blank lines": (b"data: 1", lambda _: b"\n" * 64 * KIB),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_what_is_kept_of_a_response_does_not_grow_with_it(what: str) -> None:
    start, more = ENDLESS[what]
    reader = ResponseReader(200)
    reader.feed(start)
    for number in range(100):
        reader.feed(more(number))
    assert size_of(reader) < MIB


def test_of_a_large_piece_no_more_is_kept() -> None:
    reader = ResponseReader(200)
    reader.feed(completion(8 * MIB))
    assert size_of(reader) < MIB
