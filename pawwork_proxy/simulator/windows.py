"""Reset windows: when the one that holds an instant began and ends.

All instants are aware UTC. Go's rolling five hours are no calendar window: they start with their
first use, so only their length is here. Apart from the comparison's windows on purpose: the
simulator is what the comparison is tested against.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Literal

WindowName = Literal["utc_day", "hour", "minute", "week", "month"]

ROLLING_5H = timedelta(hours=5)
_LENGTHS: dict[WindowName, timedelta] = {
    "utc_day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "week": timedelta(weeks=1),
}
_A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def window_of(name: WindowName, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the calendar window; weeks begin on Monday 00:00 UTC."""
    if name == "month":
        start = datetime(now.year, now.month, 1, tzinfo=UTC)
        return start, (start + timedelta(days=32)).replace(day=1)
    length = _LENGTHS[name]
    start = now - (now - _A_MONDAY) % length
    return start, start + length


def seconds_until(end: datetime, now: datetime) -> int:
    """Whole seconds, rounded up and at least 1, as `retry-after` carries them."""
    return max(1, math.ceil((end - now).total_seconds()))
