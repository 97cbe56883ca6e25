"""A record holds only numbers and times that can be; whoever measures keeps within them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from pawwork_proxy.environment import machine
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import LINE
from pawwork_proxy.model.numbers import EARLIEST, LATEST, LONGEST_MS, LONGEST_WAIT_S
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader
from pawwork_proxy.responses.waits import http_date
from tests.rows import each_row
from tests.unit.builders import exchange

ODD = [
    ("seq", -1),
    ("seq", 2**31),
    ("seq", 4915112345678),
    ("seq", "7"),
    ("seq", 7.0),
    ("seq", True),
    ("request.header_bytes", 4111111111111111),
    ("request.header_bytes", "120"),
    ("request.body.temperature", 4915112345678.12),
    ("request.body.temperature", 0.4111111111),
    ("request.body.temperature", "0.5"),
    ("response.cost", 1e300),
    ("response.cost", 4111111111111111.0),
    ("response.cost", 0.4111111111111111),
    ("response.cost", -1),
    ("response.cost", "0"),
    ("timing.total_ms", "1.5"),
    ("timing.started_at", 1764201600),
    ("timing.started_at", "1764201600"),
    ("timing.started_at", "19840312"),
    ("timing.total_ms", 1e300),
    ("timing.total_ms", -0.5),
    ("timing.total_ms", float("inf")),
    ("timing.total_ms", float("nan")),
    ("timing.first_byte_ms", 1e300),
    ("timing.started_at", "2026-11-20T12:00:00"),
    ("timing.started_at", "9999-12-31T23:59:59Z"),
    ("timing.started_at", "0001-01-01T00:00:00Z"),
    ("request.body.wire_bytes", -1),
    ("request.body.messages", 10**30),
    ("response.status", 1000),
    ("response.date", "9999-12-31T23:59:59Z"),
    ("response.retry_after_s", 1e12),
    ("signals.events", -1),
    ("outcome.reset_at", "2026-11-20T12:00:00"),
]


def changed(place: str, value: object) -> bytes:
    record: dict[str, Any] = json.loads(line_of(exchange()))
    holder = record
    *path, name = place.split(".")
    for part in path:
        holder = holder[part]
    holder[name] = value
    return json.dumps(record).encode()


@each_row("place, value", ODD)
def test_a_line_outside_the_ranges_is_no_record(place: str, value: object) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_json(changed(place, value))


def test_the_ends_of_the_ranges_belong_to_them() -> None:
    for place, value in [
        ("timing.total_ms", LONGEST_MS),
        ("timing.total_ms", 0),
        ("seq", 2**31 - 1),
        ("response.cost", 0),
        ("response.cost", 9999.999999),
        ("request.body.temperature", -0.07),
        ("timing.started_at", "1970-01-01T00:00:00Z"),
        ("timing.started_at", "2026-11-20T14:00:00+02:00"),
    ]:
        LINE.validate_json(changed(place, value))


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1400",
        "Wed, 31 Dec 1969 23:59:59 GMT",
    ],
)
def test_a_date_of_the_server_that_cannot_be_counts_as_none(date: str) -> None:
    reader = ResponseReader(429, [("date", date), ("retry-after", date)])
    signals = reader.finish(Ending.COMPLETE).signals
    assert signals.date is None
    assert signals.retry_hints == ()
    assert http_date(date) is None


def test_a_reset_beyond_all_limits_is_cut_or_unknown() -> None:
    headers = [("date", "Tue, 31 Dec 2999 23:59:59 GMT"), ("retry-after", "60")]
    reader = ResponseReader(429, headers)
    reader.feed(b'{"error":{"type":"FreeUsageLimitError","message":"x"}}')
    assert classify(reader.finish(Ending.COMPLETE).signals).reset_at is None
    far = b'{"error":{"type":"rate_limit_error","resets_at":"2990-01-01T00:00:00Z"}}'
    reader = ResponseReader(429, [("date", "Fri, 20 Nov 2026 12:00:00 GMT")])
    reader.feed(far)
    assert classify(reader.finish(Ending.COMPLETE).signals).retry_after_s == LONGEST_WAIT_S


def test_a_status_in_brackets_is_a_status() -> None:
    reader = ResponseReader(502)
    reader.feed(b'{"error":{"message":"Error from provider: [000000450123] x"}}')
    reader.feed(b"")
    assert all(
        (one.inner_status or 0) < 600 for one in reader.finish(Ending.COMPLETE).signals.errors
    )


@pytest.mark.parametrize(
    ("year", "expected"), [(2026, None), (1, EARLIEST), (9999, LATEST)], ids=str
)
def test_a_clock_that_was_set_beyond_reason_stands_at_the_end(
    monkeypatch: pytest.MonkeyPatch, year: int, expected: datetime | None
) -> None:
    moment = datetime(year, 1, 2, tzinfo=UTC)

    class Fixed(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return moment

    monkeypatch.setattr(machine, "datetime", Fixed)
    assert machine.utc_now() == (expected or moment)
