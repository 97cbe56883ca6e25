"""The machine's wall clock, as a record may hold it."""

from datetime import UTC, datetime

from pawwork_proxy.model.numbers import bounded_moment


def utc_now() -> datetime:
    """The time in UTC; a clock that was set out of a record's range stands at its end."""
    return bounded_moment(datetime.now(UTC))
