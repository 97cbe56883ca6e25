"""Waits, times and zones, worded alike wherever they stand for people.

In tables a wait is that of `words.duration`, and the zone stands above the times. Beijing has no
summer time, so that its 08:00 is always 00:00 UTC.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from string import Formatter

from pawwork_proxy.report.language import ENGLISH, Language

BEIJING = timezone(timedelta(hours=8))
CHINA = ("CST", "China Standard Time")
"""What systems call the zone of China, where it is eight hours ahead."""
LONG_S = 120.0
"""A shorter wait is over before anybody wonders."""
_MINUTE = timedelta(minutes=1)
_DAY = "%Y-%m-%d"
_CLOCK = "%H:%M"


def is_long(seconds: float | None) -> bool:
    """Whether a wait needs an explanation."""
    return (seconds or 0.0) > LONG_S


def moment(at: datetime, language: Language, zone: tzinfo = UTC) -> str:
    """A time to the minute, in UTC and in Beijing, and before them in `zone` if that is another."""
    at = (at + _MINUTE / 2).replace(second=0, microsecond=0)
    offset = at.astimezone(zone).utcoffset()
    if offset == timedelta(0):
        text = language.text("{utc} UTC ({beijing} Beijing time)")
    elif offset == BEIJING.utcoffset(None):
        text = language.text("{beijing} Beijing time ({utc} UTC)")
    else:
        text = language.text("{local} local time ({utc} UTC, {beijing} Beijing time)")
    zones = {"utc": UTC, "beijing": BEIJING, "local": zone}
    first, *others = [name for _, name, _, _ in Formatter().parse(text) if name]
    lead = at.astimezone(zones[first])
    rest = {name: at.astimezone(zones[name]) for name in others}
    return text.format(
        **{first: f"{lead:{_DAY} {_CLOCK}}"},
        **{
            name: f"{time:{_CLOCK}}" if time.date() == lead.date() else f"{time:{_DAY} {_CLOCK}}"
            for name, time in rest.items()
        },
    )


def wait(seconds: float, language: Language) -> str:
    """How long, in its two largest units, rounded: `13 hours 57 minutes`."""
    whole = round(seconds)
    if whole < 60:
        return language.count("{number} second", "{number} seconds", whole)
    minutes = round(whole / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        (days, language.count("{number} day", "{number} days", days)),
        (hours, language.count("{number} hour", "{number} hours", hours)),
        (minutes, language.count("{number} minute", "{number} minutes", minutes)),
    ]
    return " ".join([words for number, words in parts if number][:2])


def zone_name(at: datetime, language: Language = ENGLISH) -> str:
    """The zone of a moment: `UTC`, `Beijing time`, `UTC+01:00`."""
    ahead = at.utcoffset() or timedelta()
    if not ahead:
        return "UTC"
    if ahead == timedelta(hours=8) and at.tzname() in CHINA:
        return language.text("Beijing time")
    hours = f"{at:%z}"
    return f"UTC{hours[:3]}:{hours[3:5]}"
