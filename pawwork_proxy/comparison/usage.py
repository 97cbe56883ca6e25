"""How much of the free quota was used in this window, per network address and group of models.

Invariant: only what was captured is counted, and nothing is said to be left where no cut-off is
known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from pawwork_proxy.comparison.exclusions import FREE_TIERS, NOT_SERVERS, is_admission, is_refusal
from pawwork_proxy.comparison.twice import seen_twice
from pawwork_proxy.comparison.windows import FIXED_CADENCES, Cycle, window_at
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.usage import Usage, Usages
from pawwork_proxy.model.verdict import Comparison, LimiterFindings, Rhythm, RhythmKind

DAILY = Rhythm("utc_day")
"""What the server's source says, where no refusal says anything."""
Place = tuple[str | None, str | None, str | None]


class Span(NamedTuple):
    """A window; `end` is None where it moves along with the time, or is not known."""

    start: datetime
    end: datetime | None


def rhythm_of(limit: LimiterFindings) -> Rhythm:
    """The rhythm that refusals tell, else the one by which windows were told apart."""
    if limit.rhythm is not None:
        return limit.rhythm
    return Rhythm(cast("RhythmKind", limit.cadence), certain=limit.announced)


def span_at(moment: datetime, rhythm: Rhythm) -> Span:
    """The window of a rhythm that a moment lies in; without a known one, the UTC day so far."""
    period = timedelta(seconds=rhythm.period_s or 0.0)
    if period and rhythm.kind == "rolling":
        return Span(moment - period, None)
    if period and rhythm.kind == "hours" and rhythm.resets_at:
        start = rhythm.resets_at + (moment - rhythm.resets_at) // period * period
        return Span(start, start + period)
    if rhythm.kind not in FIXED_CADENCES:
        return Span(window_at(moment, Cycle(DAILY.kind)).start, None)
    window = window_at(moment, Cycle(rhythm.kind))
    return Span(window.start, window.end)


class CutOffSeen(NamedTuple):
    """After how many own requests of its window a place was refused, and when."""

    at: int
    on: datetime


def usages(observations: Sequence[Observation], comparison: Comparison, now: datetime) -> Usages:
    """Where everybody stands at a moment."""
    limit = next((one for one in comparison.limits if one.origin == "zen"), None)
    rhythm = rhythm_of(limit) if limit else DAILY
    span = span_at(now, rhythm)
    twice = {id(one) for one in seen_twice(observations).surely}
    places: dict[Place, list[Observation]] = {}
    for one in observations:
        if id(one) not in twice and _of_free_tier(one):
            who = one.who
            network = who.network if who.address is None else None
            places.setdefault((who.address, network, who.model_group), []).append(one)
    expected = _expected(limit)
    cut_offs = _cut_offs(places, rhythm)
    rows = [
        _usage(place, places[place], cut_offs[place], span, now, expected)
        for place in _lasting(places, span)
    ]
    return Usages(
        at=now,
        rhythm=rhythm,
        since=span.start,
        resets_at=span.end,
        simulated=comparison.simulated,
        rows=tuple(sorted(rows, key=lambda row: (-row.used, row.network or "", row.models))),
    )


def _last(rows: Iterable[Observation]) -> datetime:
    return max(one.started_at for one in rows)


def _lasting(places: Mapping[Place, Sequence[Observation]], span: Span) -> Iterator[Place]:
    """Places that still say something: a router that reconnects leaves its old addresses behind."""
    newer: set[tuple[str | None, str | None]] = set()
    for place, rows in sorted(places.items(), key=lambda item: _last(item[1]), reverse=True):
        names = {(one.who.network, place[2]) for one in rows}
        if _last(rows) >= span.start or not names <= newer:
            yield place
        newer |= names


def _cut_offs(
    places: Mapping[Place, Sequence[Observation]], rhythm: Rhythm
) -> dict[Place, CutOffSeen | None]:
    """The last cut-off of each place, else that of an earlier address of its network."""
    found: dict[Place, CutOffSeen | None] = {}
    known: dict[tuple[str, str | None], CutOffSeen] = {}
    for place, rows in sorted(places.items(), key=lambda item: _last(item[1])):
        names = {(one.who.network, place[2]) for one in rows if one.who.network}
        earlier = [known[name] for name in names if name in known]
        seen = _cut_off(rows, rhythm) or max(earlier, key=lambda one: one.on, default=None)
        found[place] = seen
        known |= dict.fromkeys(names, seen) if seen else {}
    return found


def _cut_off(rows: Sequence[Observation], rhythm: Rhythm) -> CutOffSeen | None:
    refusals = [one.started_at for one in rows if is_refusal(one)]
    if not refusals:
        return None
    start = span_at(max(refusals), rhythm).start
    first = min(one for one in refusals if one >= start)
    return CutOffSeen(_answered(rows, start, first), first)


def _expected(limit: LimiterFindings | None) -> int | None:
    """Where a network address is cut off that was not yet, if the quota goes by addresses."""
    if limit is None or limit.cut_off is None:
        return None
    by_address = any(
        one.dimension == "address" and one.finding == "follows" for one in limit.verdicts
    )
    return limit.cut_off.at if by_address else None


def _of_free_tier(seen: Observation) -> bool:
    """Whether it asked a free model, and the server said whether it may."""
    asked = seen.model_call and seen.tier in FREE_TIERS and not seen.answered_here
    refused = is_refusal(seen) and seen.origin not in NOT_SERVERS
    return asked and (refused or (is_admission(seen) and seen.free is not False))


def _usage(
    place: Place,
    rows: Sequence[Observation],
    cut_off: CutOffSeen | None,
    span: Span,
    now: datetime,
    expected: int | None,
) -> Usage:
    used = _answered(rows, span.start, now)
    waits = [one.reset_at for one in rows if is_refusal(one) and one.reset_at]
    until = max((end for end in waits if end > now), default=None)
    most = cut_off.at if cut_off else expected
    left = 0 if until else max(most - used, 0) if most else None
    labels = sorted({one.who.network for one in rows if one.who.network})
    return Usage(
        network=", ".join(labels) or None,
        address_known=place[0] is not None,
        models=tuple(sorted({one.who.model for one in rows if one.who.model})),
        used=used,
        cut_off_at=cut_off.at if cut_off else None,
        cut_off_on=cut_off.on if cut_off else None,
        left=left,
        refused_until=until,
    )


def _answered(rows: Iterable[Observation], since: datetime, until: datetime) -> int:
    return sum(one.count for one in rows if is_admission(one) and since <= one.started_at < until)
