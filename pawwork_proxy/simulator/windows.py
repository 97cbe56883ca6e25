"""Reset windows: when the one that holds an instant began and ends.

All instants are aware UTC. `rolling_5h` is not a calendar window: it starts with its first use,
so only its length is here.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Literal

WindowName = Literal["utc_day", "hour", "minute", "week", "month"]

ROLLING_5H = timedelta(hours=5)


def window_of(name: WindowName, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the calendar window; weeks begin on Monday 00:00 UTC."""
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    match name:
        case "utc_day":
            return midnight, midnight + timedelta(days=1)
        case "hour":
            start = midnight + timedelta(hours=now.hour)
            return start, start + timedelta(hours=1)
        case "minute":
            start = midnight + timedelta(hours=now.hour, minutes=now.minute)
            return start, start + timedelta(minutes=1)
        case "week":
            start = midnight - timedelta(days=now.weekday())
            return start, start + timedelta(days=7)
        case "month":
            start = midnight.replace(day=1)
            return start, (start + timedelta(days=32)).replace(day=1)


def seconds_until(end: datetime, now: datetime) -> int:
    """Whole seconds, rounded up and at least 1, as `retry-after` carries them (zen-facts 7.2)."""
    return max(1, math.ceil((end - now).total_seconds()))
