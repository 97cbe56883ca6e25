"""A moment that a body states as a number is taken only where it can be one."""

from datetime import UTC, datetime

import pytest

from pawwork_proxy.responses.waits import _moment


@pytest.mark.parametrize("value", [1, -5, 99_999_999_999, 10**20, True, "tomorrow", None])
def test_a_number_that_is_no_time_of_this_age_is_no_moment(value: object) -> None:
    assert _moment(value) is None


def test_seconds_and_milliseconds_are_moments() -> None:
    expected = datetime(2026, 11, 25, 10, tzinfo=UTC)
    seconds = int(expected.timestamp())
    assert _moment(seconds) == _moment(seconds * 1000) == expected
