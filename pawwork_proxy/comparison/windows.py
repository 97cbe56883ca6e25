"""Reset windows by the server's time: when a request may have been judged, and when counted."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from pawwork_proxy.model.observation import Observation

FIXED_CADENCES = ("minute", "utc_day", "week", "month")
"""Rhythms whose windows begin for everybody at the same moment."""

HOUR_S, DAY_S = 3600.0, 86_400.0

MOST_WINDOWS = 20_000
"""More than the minutes of ten days, the longest that a record can last; only a forged clock asks
for more."""


class Window(NamedTuple):
    """From one reset to the next."""

    id: str
    start: datetime
    end: datetime


class Cycle(NamedTuple):
    """Fixed windows: a cadence of FIXED_CADENCES, or `hours` with how long one is."""

    cadence: str
    period_s: float = 0.0


def window_at(moment: datetime, cycle: Cycle) -> Window:
    """The window that `moment` lies in."""
    cadence = cycle.cadence
    utc = moment.astimezone(UTC)
    day = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    if cadence == "minute":
        start = utc.replace(second=0, microsecond=0)
        return Window(f"{start:%Y-%m-%dT%H:%MZ}", start, start + timedelta(minutes=1))
    if cadence == "hours":
        number = (utc - day).total_seconds() // cycle.period_s
        start = day + timedelta(seconds=number * cycle.period_s)
        return Window(f"{start:%Y-%m-%dT%H:%MZ}", start, start + timedelta(seconds=cycle.period_s))
    return _of_days(day, cadence)


@lru_cache
def _of_days(day: datetime, cadence: str) -> Window:
    if cadence == "week":
        start = day - timedelta(days=day.weekday())
        return Window(f"week of {start:%Y-%m-%d}", start, start + timedelta(days=7))
    if cadence == "month":
        start = day.replace(day=1)
        return Window(f"{start:%Y-%m}", start, (start + timedelta(days=31)).replace(day=1))
    return Window(f"{day:%Y-%m-%d}", day, day + timedelta(days=1))


def windows_of(observation: Observation, cycle: Cycle) -> tuple[Window, ...]:
    """The windows in which the server may have judged it: several when a reset is too close."""
    return _between(observation, observation.answered_at or observation.ended_at, cycle)


def windows_counting(observation: Observation, cycle: Cycle) -> tuple[Window, ...]:
    """The windows in which the server may have counted it: up to the one its response ends in."""
    return _between(observation, observation.ended_at, cycle)


def _between(observation: Observation, end: datetime, cycle: Cycle) -> tuple[Window, ...]:
    slack = timedelta(seconds=observation.clock_error_s)
    until = max(end, observation.started_at) + slack
    found = [window_at(observation.started_at - slack, cycle)]
    while found[-1].end <= until and len(found) < MOST_WINDOWS:
        found.append(window_at(found[-1].end, cycle))
    return tuple(found)
