"""Waits, times and zones have one wording, with Beijing's 08:00 beside 00:00 UTC."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.report.language import ENGLISH
from pawwork_proxy.report.moments import BEIJING, is_long, moment, wait

MIDNIGHT = datetime(2026, 11, 29, tzinfo=UTC)
EVENING = MIDNIGHT + timedelta(hours=20)


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (MIDNIGHT, UTC, "2026-11-29 00:00 UTC (08:00 Beijing time)"),
        (MIDNIGHT, BEIJING, "2026-11-29 08:00 Beijing time (00:00 UTC)"),
        (EVENING, UTC, "2026-11-29 20:00 UTC (2026-11-30 04:00 Beijing time)"),
        (
            MIDNIGHT,
            timezone(timedelta(hours=1)),
            "2026-11-29 01:00 local time (00:00 UTC, 08:00 Beijing time)",
        ),
        (
            MIDNIGHT,
            timezone(timedelta(hours=-5)),
            "2026-11-28 19:00 local time (2026-11-29 00:00 UTC, 2026-11-29 08:00 Beijing time)",
        ),
        (MIDNIGHT - timedelta(seconds=1), UTC, "2026-11-29 00:00 UTC (08:00 Beijing time)"),
    ],
)
def test_a_moment_names_its_zones(at: datetime, zone: tzinfo, words: str) -> None:
    assert moment(at, ENGLISH, zone) == words


@given(st.integers(-14 * 60, 14 * 60), st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
def test_in_every_zone_the_same_moment_is_named(offset: int, at: datetime) -> None:
    said = moment(at.replace(tzinfo=UTC), ENGLISH, timezone(timedelta(minutes=offset)))
    shown = (at + timedelta(seconds=30)).replace(tzinfo=UTC)
    assert f"{shown:%H:%M} UTC" in said
    assert f"{shown.astimezone(BEIJING):%H:%M} Beijing time" in said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (50223, "13 hours 57 minutes"),
        (86399, "1 day"),
        (90000, "1 day 1 hour"),
        (190000, "2 days 4 hours"),
    ],
)
def test_a_wait_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert wait(seconds, ENGLISH) == words


@pytest.mark.parametrize(
    ("seconds", "long"), [(None, False), (0.0, False), (120.0, False), (121.0, True)]
)
def test_a_wait_that_is_soon_over_needs_no_words(seconds: float | None, *, long: bool) -> None:
    assert is_long(seconds) is long
