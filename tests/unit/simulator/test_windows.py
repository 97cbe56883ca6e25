from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.simulator.windows import WindowName, seconds_until, window_of

INSTANTS = st.datetimes(
    min_value=datetime(2025, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)
)
NAMES: list[WindowName] = ["utc_day", "hour", "minute", "week", "month"]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("utc_day", "2026-12-31T00:00", "2027-01-01T00:00"),
        ("hour", "2026-12-31T23:00", "2027-01-01T00:00"),
        ("minute", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("week", "2026-12-28T00:00", "2027-01-04T00:00"),
        ("month", "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_the_last_second_of_a_year_lies_in_each_window(
    name: WindowName, start: str, end: str
) -> None:
    now = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert window_of(name, now) == (
        datetime.fromisoformat(start + "Z"),
        datetime.fromisoformat(end + "Z"),
    )


@given(now=INSTANTS, name=st.sampled_from(NAMES))
def test_windows_hold_their_instant_and_tile_time(now: datetime, name: WindowName) -> None:
    start, end = window_of(name, now)
    assert start <= now < end
    assert window_of(name, end)[0] == end
    assert window_of(name, end - timedelta(microseconds=1)) == (start, end)


def test_seconds_are_rounded_up_and_never_zero() -> None:
    midnight = datetime(2026, 9, 2, tzinfo=UTC)
    assert seconds_until(midnight, midnight - timedelta(seconds=50222.1)) == 50223
    assert seconds_until(midnight, midnight - timedelta(microseconds=1)) == 1
    assert seconds_until(midnight, midnight - timedelta(days=1)) == 86400
