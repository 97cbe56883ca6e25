"""What the report draws over time: a lane per install, a mark per exchange or run of them.

Invariant: a mark can be looked up (capture and sequence number), and the counts of all marks add
up to the exchanges, however many were merged.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from pawwork_proxy.model.observation import Observation
from pawwork_proxy.report.words import duration

GROUPS: tuple[tuple[str, str], ...] = (
    ("quota", "refused: quota"),
    ("ok", "answered"),
    ("overload", "overload"),
    ("rate_limit", "rate limit"),
    ("other", "other errors"),
)
"""Ids of colours and what they are called; families that are none of these are `other`."""

BROKEN_OFF: Final = {"aborted": "then aborted", "cut": "then cut"}

MOST_MARKS = 8000
"""Beyond this, neighbouring admissions of one lane become one mark."""


class Lane(NamedTuple):
    """One install on one network."""

    network: str
    install: str


UNKNOWN = "install not known"


class Mark(NamedTuple):
    """One exchange, or a run of `requests` alike."""

    lane: int
    group: str
    start: float
    """Seconds since 1970, server time."""
    end: float
    requests: int
    capture: str
    seq: int
    kind: str
    model: str
    key: str
    origin: str
    retry_after: str
    reset: float | None


class Timeline(NamedTuple):
    """All lanes, by network, and their marks by time; `resets` in seconds since 1970."""

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    resets: tuple[float, ...]


def timeline(observations: Iterable[Observation], most: int = MOST_MARKS) -> Timeline:
    """Lanes and marks of observations."""
    seen = sorted(observations, key=lambda one: (one.started_at, one.capture, one.seq))
    names = sorted({_lane(one) for one in seen})
    number = {name: place for place, name in enumerate(names)}
    marks = [_mark(one, number[_lane(one)]) for one in seen]
    lanes = tuple(Lane(network, install) for network, install in names)
    return Timeline(lanes, tuple(_thinned(marks, most)), _resets(seen))


def outcome_words(one: Observation) -> str:
    """The outcome as `show` calls it; what counts as admitted although it failed says both."""
    if not one.recorded_kind or one.recorded_kind == one.kind:
        return one.kind
    return f"{one.recorded_kind} (admitted, {BROKEN_OFF.get(one.ending, 'then failed')})"


def _lane(one: Observation) -> tuple[str, str]:
    return (one.who.network or "network not named", one.who.install or UNKNOWN)


def _mark(one: Observation, lane: int) -> Mark:
    known = {group for group, _ in GROUPS}
    return Mark(
        lane=lane,
        group=one.family if one.family in known else "other",
        start=round(one.started_at.timestamp(), 3),
        end=round(max(one.started_at, one.ended_at).timestamp(), 3),
        requests=one.count,
        capture=one.capture,
        seq=one.seq,
        kind=outcome_words(one),
        model=one.who.model or "-",
        key=one.who.auth_kind or "-",
        origin=one.origin,
        retry_after="-" if one.retry_after_s is None else duration(one.retry_after_s),
        reset=None if one.reset_at is None else one.reset_at.timestamp(),
    )


def _thinned(marks: Sequence[Mark], most: int) -> list[Mark]:
    """As many marks as can be drawn: of each lane and group, neighbours in time become one."""
    if len(marks) <= most:
        return list(marks)
    first, last = marks[0].start, max(mark.start for mark in marks)
    width = max((last - first) / max(most // 20, 1), 1.0)
    cells: dict[tuple[object, ...], list[Mark]] = defaultdict(list)
    for mark in marks:
        cells[(mark.lane, mark.group, mark.kind, int((mark.start - first) / width))].append(mark)
    merged = [
        alike[0]._replace(
            requests=sum(mark.requests for mark in alike), end=max(mark.end for mark in alike)
        )
        for alike in cells.values()
    ]
    return sorted(merged, key=lambda mark: (mark.start, mark.capture, mark.seq))


def _resets(seen: Sequence[Observation]) -> tuple[float, ...]:
    """Announced resets, to the minute, and midnights UTC that lie within the data."""
    announced = {
        round(one.reset_at.timestamp() / 60) * 60.0 for one in seen if one.reset_at is not None
    }
    days = {one.started_at.astimezone(UTC).date() for one in seen}
    midnights = {datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() for day in days}
    start = seen[0].started_at.timestamp() if seen else 0.0
    return tuple(sorted(announced | {moment for moment in midnights if moment > start})[:200])
