"""What zones are called, in all outputs for people."""

from datetime import datetime, timedelta

CHINA = ("CST", "China Standard Time")
"""What systems call the zone of China, where it is eight hours ahead."""


def zone_name(at: datetime) -> str:
    """The zone of a moment: `UTC`, `Beijing time`, `UTC+01:00`."""
    ahead = at.utcoffset() or timedelta()
    if not ahead:
        return "UTC"
    if ahead == timedelta(hours=8) and at.tzname() in CHINA:
        return "Beijing time"
    hours = f"{at:%z}"
    return f"UTC{hours[:3]}:{hours[3:5]}"
