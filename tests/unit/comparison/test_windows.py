"""Reset windows by server time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.comparison.windows import (
    FIXED_CADENCES,
    HOUR_S,
    MOST_WINDOWS,
    Cycle,
    window_at,
    windows_counting,
    windows_of,
)
from tests.unit.comparison.builders import MORNING, Diary

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
DAYS = Cycle("utc_day")


@pytest.mark.parametrize(
    ("cadence", "name", "end"),
    [
        ("minute", "2026-06-03T09:00Z", datetime(2026, 6, 3, 9, 1, tzinfo=UTC)),
        ("utc_day", "2026-06-03", datetime(2026, 6, 4, tzinfo=UTC)),
        ("week", "week of 2026-06-01", datetime(2026, 6, 8, tzinfo=UTC)),
        ("hours", "2026-06-03T09:00Z", datetime(2026, 6, 3, 12, 0, tzinfo=UTC)),
        ("month", "2026-06", datetime(2026, 7, 1, tzinfo=UTC)),
    ],
)
def test_windows_begin_where_the_server_begins_them(cadence: str, name: str, end: datetime) -> None:
    window = window_at(MORNING, Cycle(cadence, 3 * HOUR_S))
    assert (window.id, window.end) == (name, end)


def test_a_local_evening_is_the_next_utc_day() -> None:
    evening = datetime(2026, 6, 2, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert window_at(evening, DAYS).id == "2026-06-03"


@given(
    MOMENTS,
    st.sampled_from(
        [*map(Cycle, FIXED_CADENCES), *(Cycle("hours", n * HOUR_S) for n in (1, 3, 12))]
    ),
)
def test_every_moment_lies_in_its_window_and_the_next_begins_at_its_end(
    moment: datetime, cycle: Cycle
) -> None:
    window = window_at(moment, cycle)
    assert window.start <= moment < window.end
    assert window_at(window.end, cycle).start == window.end


def test_too_close_to_a_reset_is_two_windows() -> None:
    (seen,) = Diary(start=datetime(2026, 6, 3, 23, 59, 45, tzinfo=UTC)).admitted().seen
    assert len(windows_of(seen, DAYS)) == 1
    doubtful = seen.model_copy(update={"clock_error_s": 10.0})
    assert [window.id for window in windows_of(doubtful, DAYS)] == ["2026-06-03", "2026-06-04"]


def test_without_an_answer_the_end_stands_for_it() -> None:
    (seen,) = Diary(start=datetime(2026, 6, 3, 23, 59, 48, tzinfo=UTC)).admitted().seen
    unanswered = seen.model_copy(update={"answered_at": None})
    assert len(windows_of(unanswered, DAYS)) == 2


def test_what_may_have_come_on_any_of_several_days_counts_on_each() -> None:
    (seen,) = Diary().admitted(ended_at=MORNING + timedelta(days=3)).seen
    days = [window.id for window in windows_counting(seen, DAYS)]
    assert days == ["2026-06-03", "2026-06-04", "2026-06-05", "2026-06-06"]
    forged = seen.model_copy(update={"ended_at": MORNING + timedelta(days=9000)})
    assert len(windows_counting(forged, Cycle("minute"))) == MOST_WINDOWS
