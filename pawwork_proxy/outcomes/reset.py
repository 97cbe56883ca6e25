"""The reset clock: how long to wait, until when, and how often the limit starts anew.

Invariant: counted from the server's own `date`, never from a local clock; a wait read from a
sentence is a last resort and marked `text`; sources that disagree are shown.
"""

from datetime import datetime
from typing import NamedTuple

from pawwork_proxy.model.numbers import LONGEST_WAIT_S, later
from pawwork_proxy.model.outcome import Cadence, Family, Kind
from pawwork_proxy.model.signals import RetryHint
from pawwork_proxy.outcomes.clues import Clues

DAY_S = 86400.0
TOLERANCE_S = 2.0
"""The server rounds up to whole seconds, and `date` has no fractions."""
_ORDER = ("retry-after-ms", "retry-after", "retry-after date", "body", "body date", "text")
_WINDOWS: tuple[tuple[str, str, Cadence], ...] = (
    ("5 hour", "window_5h", Cadence.ROLLING_5H),
    ("weekly", "window_week", Cadence.WEEK),
    ("monthly", "window_month", Cadence.MONTH),
)
_ENDLESS = (Family.AUTH, Family.MODEL, Family.REQUEST)
_RATES = (Kind.KEY_RATE_LIMIT, Kind.PROVIDER_RATE_LIMIT, Kind.PROVIDER_OVERLOAD)


class Reset(NamedTuple):
    """How long to wait, until when, and how often the limit starts anew."""

    wait_s: float | None
    source: str | None
    at: datetime | None
    cadence: Cadence
    conflicts: tuple[str, ...]


def reset_of(clues: Clues, kind: Kind) -> Reset:
    """Wait, moment and cadence of an outcome."""
    if kind is Kind.SUCCESS:
        return Reset(None, None, None, Cadence.NONE, ())
    date = clues.signals.date
    # Such refusals have no end: a number in their words is part of a name.
    places = _ORDER[:-1] if kind.family in _ENDLESS else _ORDER
    stated = [
        (hint, _wait(hint, date))
        for place in places
        for hint in clues.signals.retry_hints
        if hint.place == place
    ]
    moments = [hint.at for hint, _ in stated if hint.at is not None]
    hints = [(hint, wait) for hint, wait in stated if wait is not None]
    if not hints:
        at = moments[0] if moments else None
        return Reset(None, None, at, _cadence(clues, kind, None, at), ())
    hint, wait = hints[0]
    at = hint.at
    if at is None:
        at = later(date, wait) if date is not None else next(iter(moments), None)
    conflicts = tuple(
        f"{other.place}={seconds:g}"
        for other, seconds in hints[1:]
        if abs(seconds - wait) > _tolerance(other, hint)
    )
    return Reset(wait, hint.place, at, _cadence(clues, kind, wait, at), conflicts)


def _wait(hint: RetryHint, date: datetime | None) -> float | None:
    if hint.at is not None and hint.place in ("body date", "retry-after date"):
        if date is None:
            return hint.seconds or None
        return min(max((hint.at - date).total_seconds(), 0.0), LONGEST_WAIT_S)
    return hint.seconds


def _tolerance(*hints: RetryHint) -> float:
    """How far two sources may be apart: a sentence rounds to its own unit."""
    if all(hint.place != "text" for hint in hints):
        return TOLERANCE_S
    seconds = max(hint.seconds for hint in hints if hint.place == "text")
    if seconds >= 86400:
        return 86400.0
    return 3600.0 if seconds % 3600 == 0 else 90.0


def _cadence(clues: Clues, kind: Kind, wait: float | None, at: datetime | None) -> Cadence:
    if kind is Kind.KEY_RATE_LIMIT:
        return Cadence.MINUTE
    if kind in (Kind.GO_USAGE_LIMIT, Kind.BLACK_USAGE_LIMIT):
        named = {fact.limit_name for fact in clues.signals.errors}
        stated = [cadence for name, _, cadence in _WINDOWS if name in named]
        worded = [cadence for _, phrase, cadence in _WINDOWS if phrase in clues.phrases]
        if stated or worded:
            return (stated or worded)[0]
        if at is not None and is_midnight(at) and _near(at).weekday() == 0:
            return Cadence.WEEK
    if kind in (Kind.MONTHLY_LIMIT, Kind.USER_LIMIT):
        return Cadence.MONTH
    if wait is None and at is None:
        return Cadence.NONE
    if kind is Kind.FREE_USAGE_LIMIT:
        daily = is_midnight(at) if at is not None else (wait or 0.0) > 60
        return Cadence.UTC_DAY if daily and (wait or 0.0) <= DAY_S else Cadence.OTHER
    if wait is None:
        return Cadence.OTHER
    if kind in _RATES and wait <= 60:
        return Cadence.MINUTE
    return Cadence.OTHER


def _near(at: datetime) -> datetime:
    return later(at, TOLERANCE_S) or at


def is_midnight(at: datetime) -> bool:
    """Within the tolerance of 00:00 UTC, from either side."""
    near = _near(at)
    second = near.hour * 3600 + near.minute * 60 + near.second + near.microsecond / 1e6
    return second <= 2 * TOLERANCE_S
