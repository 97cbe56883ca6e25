"""When a limit gives new requests, decided from all refusals of one limiter together.

Invariant: windows are taken for fixed only where every refusal fits them and no shorter ones fit as
well; else a refusal shows that its pool is used up until the moment that it names, and no more.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pawwork_proxy.comparison.exclusions import DAILY_BY_SOURCE
from pawwork_proxy.comparison.windows import DAY_S, FIXED_CADENCES, HOUR_S, Cycle
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Rhythm, RhythmKind

TOLERANCE_S = 4.0
"""Waits are rounded up to seconds, and dates are cut to them."""
COARSEST_CLOCK_S = 60.0
"""A moment that was counted from a clock that may be further off tells no rhythm."""
WEEK_S, MONTH_S = 7 * DAY_S, 31 * DAY_S
PERIODS_S: dict[RhythmKind, float] = {
    "minute": 60.0, "utc_day": DAY_S, "week": WEEK_S, "month": MONTH_S,
}  # fmt: skip
HOURS = (1, 2, 3, 4, 6, 8, 12)
"""Windows of so many hours begin at 00:00 UTC each day."""


class Named(NamedTuple):
    """What a refusal says of its end."""

    end: datetime
    wait_s: float


class Found(NamedTuple):
    """The rhythm of a limiter, and the windows that follow from it; None: up to each named end."""

    rhythm: Rhythm
    cycle: Cycle | None


def end_of(refusal: Observation) -> datetime | None:
    """Until when a refusal says that it lasts, by the server's clock; a past end says nothing."""
    end = refusal.reset_at
    if end is None and refusal.retry_after_s is not None:
        end = _at(refusal) + timedelta(seconds=refusal.retry_after_s)
    return end if end is not None and end > _at(refusal) else None


def rhythm_of(refusals: Sequence[Observation]) -> Found:
    """The rhythm in which all refusals of one limiter agree."""
    named = [one for seen in refusals for one in _named(seen)]
    stated = {seen.cadence for seen in refusals if not _named(seen)} & {*FIXED_CADENCES}
    by_source = all(
        seen.origin == "zen" and seen.server_era in DAILY_BY_SOURCE for seen in refusals
    )
    latest = max((one.end for one in named), default=None)
    if all(seen.cadence == "minute" for seen in refusals):
        named, stated = [], {"minute"}
    kind, period_s = _of_ends(named, by_source=by_source) if named else _of_words(stated)
    cycle = Cycle(kind) if kind in FIXED_CADENCES else None
    if stated - {kind}:
        kind, period_s, cycle = "unknown", None, None
    distinct = _distinct(named)
    if kind == "hours" and len(distinct) > 1 and period_s is not None and period_s < DAY_S:
        cycle = Cycle("hours", period_s)
    longest = max((one.wait_s for one in named), default=0.0)
    perhaps = _longer(named) if named and kind == "utc_day" and not stated else ()
    told_apart = kind == "rolling" or (period_s is not None and longest > period_s / 2)
    said = sum(seen.cadence == kind for seen in refusals)
    certain = (len(named) if named else said) > 1 and (told_apart or not named) and not perhaps
    return Found(Rhythm(kind, period_s, latest, certain, perhaps), cycle)


def _at(refusal: Observation) -> datetime:
    return refusal.answered_at or refusal.ended_at


def _named(refusal: Observation) -> list[Named]:
    end = end_of(refusal)
    if end is None or (refusal.reset_at is None and refusal.clock_error_s > COARSEST_CLOCK_S):
        return []
    wait = refusal.retry_after_s
    return [Named(end, (end - _at(refusal)).total_seconds() if wait is None else wait)]


def _distinct(named: Sequence[Named]) -> list[float]:
    """The moments that are named, each once."""
    found: list[float] = []
    for moment in sorted(one.end.timestamp() for one in named):
        if not found or moment - found[-1] > 2 * TOLERANCE_S:
            found.append(moment)
    return found


def _of_words(stated: set[str]) -> tuple[RhythmKind, float | None]:
    """Where no refusal names a moment: what they are said to be, else the day of the source."""
    for kind, period_s in PERIODS_S.items():
        if stated <= {kind} and (stated or kind == "utc_day"):
            return kind, period_s
    return "unknown", None


def _of_ends(named: Sequence[Named], *, by_source: bool) -> tuple[RhythmKind, float | None]:
    longest = max(one.wait_s for one in named) - TOLERANCE_S
    moments = _distinct(named)

    def on(period_s: float, shift_s: float = 0.0) -> bool:
        return all(_off(moment - shift_s, period_s) <= TOLERANCE_S for moment in moments)

    if on(DAY_S):
        return _of_midnights(named, longest, by_source=by_source)
    fitting = [hours for hours in HOURS if on(hours * HOUR_S) and hours * HOUR_S >= longest]
    if fitting:
        return "hours", fitting[0] * HOUR_S if len(fitting) == 1 else None
    if len(moments) > 1 and longest <= DAY_S and on(DAY_S, moments[0]):
        # A weekly or monthly limit that was met only on its last day.
        longer = on(WEEK_S, moments[0]) or len({one.end.astimezone(UTC).day for one in named}) == 1
        return "hours", None if longer else DAY_S
    return ("rolling", None) if len(moments) > 1 else ("unknown", None)


def _of_midnights(
    named: Sequence[Named], longest: float, *, by_source: bool
) -> tuple[RhythmKind, float | None]:
    """Which rhythm ends at 00:00 UTC; short waits may as well be the last hours of a window."""
    if longest <= DAY_S:
        shown = by_source or longest > max(HOURS) * HOUR_S
        return ("utc_day", DAY_S) if shown else ("hours", None)
    longer = [kind for kind in _longer(named) if longest <= PERIODS_S[kind]]
    return (longer[0], PERIODS_S[longer[0]]) if len(longer) == 1 else ("unknown", None)


def _longer(named: Sequence[Named]) -> tuple[RhythmKind, ...]:
    """The rhythms of more than a day that end wherever these end."""
    tolerance = timedelta(seconds=TOLERANCE_S)
    days = [(one.end + tolerance).astimezone(UTC) for one in named]
    found: dict[RhythmKind, bool] = {
        "week": all(day.weekday() == 0 for day in days),
        "month": all(day.day == 1 for day in days),
    }
    return tuple(kind for kind, fits in found.items() if fits)


def _off(moment: float, period_s: float) -> float:
    """How far a moment is from the next border of periods."""
    return abs((moment + period_s / 2) % period_s - period_s / 2)
