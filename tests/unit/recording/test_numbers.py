"""Numbers are no way out: no card number, and no twelve digits of an exchange, reach a record."""

import json

import pytest

from pawwork_proxy.model.numbers import LARGEST_COUNT
from pawwork_proxy.model.signals import Ending, Failure
from pawwork_proxy.recording.ongoing import UpstreamFacts
from pawwork_proxy.responses.reported import read_reported
from tests.unit.recording.runs import ARRIVAL, Run, identity, run

__all__ = ["identity", "run"]

CARD = "4111111111111111"
SHORTEST = "4111111111115"
ANSWERS = {
    "cost": {"choices": [], "cost": f"0.{CARD}"},
    "cost as a number": {"choices": [], "cost": float(f"411.{CARD}")},
    "large cost": {"choices": [], "cost": CARD[:12]},
    "usage": {"choices": [], "usage": {"prompt_tokens": int(SHORTEST), "total_tokens": int(CARD)}},
    "error code": {"error": {"message": "m", "code": int(CARD)}},
    "status in brackets": {
        "error": {"message": f"Error from provider (X): [000000429{CARD}] no"}
    },
    "retry hint": {"error": {"type": "api_error", "message": "m", "retry_after": f"4.{CARD}"}},
    "moment": {"error": {"type": "api_error", "message": "m", "resets_at": int(SHORTEST)}},
    "moment in words": {
        "error": {"type": "api_error", "message": "m", "resetsAt": "2026-08-26T00:00:00.411111Z"}
    },
    "wait in words": {"error": {"message": f"try again in 4.{CARD} seconds"}},
}  # fmt: skip
HEADERS = ("retry-after", "retry-after-ms", "content-length", "age", "x-ratelimit-limit", "date")


def digits_kept(text: str) -> list[str]:
    return [CARD[n : n + 9] for n in range(len(CARD) - 8) if CARD[n : n + 9] in text]


@pytest.mark.parametrize("place", sorted(ANSWERS))
def test_numbers_of_an_answer_have_few_digits(place: str, run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.response_started(429, "HTTP/1.1", ((b"content-type", b"application/json"),))
    ongoing.response_chunk(json.dumps(ANSWERS[place]).encode())
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert digits_kept(exchange.signals.model_dump_json()) == []
    assert exchange.response is not None
    assert digits_kept(exchange.response.model_dump_json()) == []
    assert digits_kept(exchange.outcome.model_dump_json()) == []


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", [CARD, f"4.{CARD}", f"41111.{CARD}", SHORTEST])
def test_numbers_of_headers_have_few_digits(name: str, value: str, run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.response_started(200, "HTTP/1.1", ((name.encode(), value.encode()),))
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert digits_kept(exchange.model_dump_json()) == []


def test_numbers_of_a_request_have_few_digits(run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    body = f'{{"max_tokens":{CARD},"temperature":0.{CARD},"seed":{CARD},"user":{CARD}}}'
    ongoing.request_chunk(body.encode())
    ongoing.request_chunk(b"")
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert digits_kept(exchange.model_dump_json()) == []
    assert exchange.request.body.temperature == 0.41


@pytest.mark.parametrize("status", [0, 99, 1000, 41111111, int(CARD)])
def test_a_status_that_means_nothing_is_an_answer_that_is_no_http(status: int, run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.response_started(status, "HTTP/1.1", ((b"retry-after", b"7"),))
    ongoing.response_chunk(b'{"cost":"1"}')
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert exchange.response is None
    assert exchange.signals.status is None
    assert exchange.signals.transport is not None
    assert exchange.signals.transport.failure is Failure.PROTOCOL
    assert exchange.timing.first_byte_ms is not None


def test_sizes_beyond_the_range_are_the_largest_and_still_a_record(run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.request_chunk(b"{}")
    ongoing.request_bytes = 2**40
    ongoing.response_started(200, "HTTP/1.1", ((b"content-type", b"text/event-stream"),))
    ongoing.response_chunk(b'data: {"choices":[],"cost":"1e300"}\n\n')
    assert ongoing.reader is not None
    ongoing.reader._wire = ongoing.reader._decoded = 2**40
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert exchange.request.body.wire_bytes == LARGEST_COUNT
    assert exchange.response is not None
    assert exchange.response.wire_bytes == exchange.response.decoded_bytes == LARGEST_COUNT
    assert exchange.response.cost is None


@pytest.mark.parametrize("number", ["1e300", "-5", "1e-300", "10000", "9999.99999999", "-1e9"])
def test_odd_numbers_still_make_a_record(number: str, run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.request_chunk(f'{{"max_tokens":{number},"temperature":{number}}}'.encode())
    ongoing.request_chunk(b"")
    ongoing.response_started(200, "HTTP/1.1", ((b"content-type", b"application/json"),))
    usage = f'{{"prompt_tokens":{number},"completion_tokens":2147483648}}'
    ongoing.response_chunk(f'{{"choices":[],"cost":{number},"usage":{usage}}}'.encode())
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    assert len(run.capture().exchanges) == 1
    assert run.capture().stubs == []


def test_waits_and_moments_that_mean_something_stay() -> None:
    body = {"error": {"type": "api_error", "message": "m", "retry_after": 41.25,
                      "resets_at": 1_787_702_400}}  # fmt: skip
    hints = read_reported(json.dumps(body).encode(), status=429).signals.retry_hints
    assert [hint.seconds for hint in hints] == [41.25, 0.0]
    assert hints[1].at is not None
    assert hints[1].at.isoformat() == "2026-08-26T00:00:00+00:00"
