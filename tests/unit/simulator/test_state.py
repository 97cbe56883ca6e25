import json
from datetime import UTC, datetime, timedelta

from pawwork_proxy.simulator.state import Seen, SeenLog, SimulatedClock

LATE = datetime(2026, 9, 1, 23, 59, 50, tzinfo=UTC)


def entry(number: int, call: int | None = None) -> Seen:
    return Seen(
        number=number,
        received_at="2026-09-01T12:00:00+00:00",
        peer="127.0.0.1",
        address="203.0.113.7",
        method="POST",
        target="/zen/v1/messages",
        headers=((b"X-CaSe", b"caf\xe9"), (b"x-case", b"2")),
        route="messages",
        call=call,
    )


def test_headers_keep_order_case_and_every_byte_in_json() -> None:
    shown = json.loads(json.dumps(entry(1).as_json()))
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in shown["headers"]]
    assert tuple(pairs) == entry(1).headers


def test_the_log_forgets_the_oldest_but_counts_all() -> None:
    log = SeenLog(keep=2)
    for number in (1, 2, 3):
        log.add(entry(number, call=number if number != 2 else None))
    assert (log.total, len(log), log[0].number) == (3, 2, 2)
    assert [one.number for one in log.calls()] == [3]
    assert [one.number for one in log.after(2)] == [3]


def near(found: datetime, wanted: datetime) -> bool:
    return timedelta(0) <= found - wanted < timedelta(seconds=5)


def test_it_runs_from_where_it_was_set() -> None:
    clock = SimulatedClock(LATE)
    first = clock.now()
    assert near(first, LATE)
    assert clock.now() >= first
    clock.advance(3600)
    assert near(clock.now(), LATE + timedelta(hours=1))
    clock.set(datetime(2025, 1, 1, tzinfo=UTC))
    assert near(clock.now(), datetime(2025, 1, 1, tzinfo=UTC))


def test_unset_it_is_real_time() -> None:
    before = datetime.now(UTC)
    assert near(SimulatedClock().now(), before)
