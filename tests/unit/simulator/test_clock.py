from datetime import UTC, datetime, timedelta

import pytest

from pawwork_proxy.simulator.clock import SimulatedClock, parse_instant

LATE = datetime(2026, 9, 1, 23, 59, 50, tzinfo=UTC)


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


@pytest.mark.parametrize(
    "text", ["2026-09-01T23:59:50", "2026-09-01T23:59:50Z", "2026-09-02T01:59:50+02:00"]
)
def test_instants_without_offset_are_utc(text: str) -> None:
    assert parse_instant(text) == LATE


def test_nonsense_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        parse_instant("tomorrow")
