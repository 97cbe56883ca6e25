"""How much of the free quota was used in this window, per network address and group of models.

Invariant: only what was captured is counted, and nothing is said to be left where no cut-off is
known.
"""

from collections.abc import Iterable, Sequence
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
    """A window; `end` is None where it moves along with the time."""

    start: datetime
    end: datetime | None


def rhythm_of(limit: LimiterFindings) -> Rhythm:
    """The rhythm that refusals tell, else the one by which windows were told apart."""
    if limit.rhythm is not None:
        return limit.rhythm
    return Rhythm(cast("RhythmKind", limit.cadence), certain=limit.announced)


def span_at(moment: datetime, rhythm: Rhythm) -> Span:
    """The window of a rhythm that a moment lies in; without a known rhythm it is the UTC day."""
    period = timedelta(seconds=rhythm.period_s or 0.0)
    if period and rhythm.kind == "rolling":
        return Span(moment - period, None)
    if period and rhythm.kind == "hours" and rhythm.resets_at:
        start = rhythm.resets_at + (moment - rhythm.resets_at) // period * period
        return Span(start, start + period)
    fixed = rhythm.kind if rhythm.kind in FIXED_CADENCES else DAILY.kind
    window = window_at(moment, Cycle(fixed))
    return Span(window.start, window.end)


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
    rows = [_usage(place, of, rhythm, span, now, expected) for place, of in places.items()]
    return Usages(
        at=now,
        rhythm=rhythm,
        since=span.start,
        resets_at=span.end,
        simulated=comparison.simulated,
        rows=tuple(sorted(rows, key=lambda row: (-row.used, row.network or "", row.models))),
    )


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
    rows: list[Observation],
    rhythm: Rhythm,
    span: Span,
    now: datetime,
    expected: int | None,
) -> Usage:
    refusals = [one for one in rows if is_refusal(one)]
    last = max(refusals, key=lambda one: one.started_at, default=None)
    used = _answered(rows, span.start, now)
    cut_off = None
    first = None
    if last is not None:
        start = span_at(last.started_at, rhythm).start
        first = min(one.started_at for one in refusals if one.started_at >= start)
        cut_off = _answered(rows, start, first)
    waits = [one.reset_at for one in refusals if one.reset_at and one.reset_at > now]
    until = max(waits, default=None)
    most = expected if last is None else cut_off
    left = 0 if until else max(most - used, 0) if most else None
    labels = sorted({one.who.network for one in rows if one.who.network})
    return Usage(
        network=", ".join(labels) or None,
        address_known=place[0] is not None,
        models=tuple(sorted({one.who.model for one in rows if one.who.model})),
        used=used,
        cut_off_at=cut_off,
        cut_off_on=first,
        left=left,
        refused_until=until,
    )


def _answered(rows: Iterable[Observation], since: datetime, until: datetime) -> int:
    return sum(one.count for one in rows if is_admission(one) and since <= one.started_at < until)
