"""Which observations are evidence on which limiter, and why the others are none.

A *limiter* is whoever refused, as far as it can be told apart: Zen itself or a relayed provider, in
one server era, with one rhythm. Invariant: every observation is either a row of at least one
limiter's evidence or excluded with exactly one reason.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pawwork_proxy.comparison.exclusions import (
    CONTEXT_EXCLUSIONS,
    EXCLUSIONS,
    is_refusal,
)
from pawwork_proxy.comparison.instrument import DAILY_WINDOWS, judge_instrument
from pawwork_proxy.comparison.placing import Requests, in_windows, up_to_named_ends
from pawwork_proxy.comparison.requests import Part, PlacedRequest, placed
from pawwork_proxy.comparison.rhythms import rhythm_of
from pawwork_proxy.comparison.twice import seen_twice
from pawwork_proxy.comparison.windows import Window, window_at
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Exclusion, InstrumentFinding, Rhythm

ANSWERED_OTHERWISE = frozenset({"before_limiter", "not_quota", "no_fixed_reset"})
"""Reasons of exclusion that say what became of a request, so that it need not be tried again."""
EXAMPLES = 5  # exchanges that are named for each reason of exclusion


@dataclass(frozen=True, slots=True, eq=False)
class Limiter:
    """The evidence on one limiter."""

    origin: str
    server_era: str
    cadence: str
    windows: tuple[Window, ...]
    rows: tuple[PlacedRequest, ...]
    rhythm: Rhythm
    announced: bool = True
    """Whether refusals said when they end; else the rhythm is the one of the server's source."""

    beside: tuple[PlacedRequest, ...] = ()
    """What is no evidence and yet was tried: admitted while nobody was refused, or otherwise
    answered, as by a gate."""

    def part(self, part: Part) -> tuple[PlacedRequest, ...]:
        """Its admitted, refused or possibly counted rows."""
        return tuple(row for row in self.rows if row.part == part)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is compared, and what is not."""

    limiters: tuple[Limiter, ...]
    instrument: InstrumentFinding
    exclusions: tuple[Exclusion, ...]
    evidence: int
    """Exchanges that are rows of some limiter."""


def select(
    observations: Iterable[Observation], unrecorded: Iterable[Observation] = ()
) -> Selection:
    """Sort observations into the evidence on each limiter and exclusions, in whatever order."""
    ordered = sorted(observations, key=_order)
    dropped: dict[str, list[Observation]] = {}
    usable = _one_world(ordered, dropped)
    admitted: list[Observation] = []
    refused: list[Observation] = []
    otherwise: list[Observation] = []
    worlds = {(seen.study, seen.simulated) for seen in usable}
    beside = [seen for seen in unrecorded if (seen.study, seen.simulated) in worlds]
    if beside:
        dropped["not_recorded"] = list(beside)
    made_here = [seen for seen in usable if seen.answered_here]
    usable = _without(usable, "answered_here", made_here, dropped)
    twice = seen_twice(usable)
    usable = _without(usable, "seen_twice", twice.surely, dropped)
    usable = _without(usable, "perhaps_twice", twice.perhaps, dropped)
    instrument = judge_instrument(usable)
    usable = _without(usable, "instrument_disturbs", instrument.doubted, dropped)
    beside += [*twice.perhaps, *instrument.doubted]
    for seen in usable:
        reason = next((row for row in EXCLUSIONS if row.applies(seen)), None)
        if reason is None:
            (refused if is_refusal(seen) else admitted).append(seen)
            continue
        dropped.setdefault(reason.id, []).append(seen)
        if reason.id in ANSWERED_OTHERWISE:
            otherwise.append(seen)
        if reason.may_count:
            beside.append(seen)
    groups: dict[tuple[str, str, bool], list[Observation]] = {}
    for seen in refused:
        key = (seen.server_era, seen.origin, seen.cadence == "minute")
        groups.setdefault(key, []).append(seen)
    used: set[int] = set()
    left: dict[int, str] = {}
    limiters = []
    for refusals in groups.values():
        own = {id(seen) for seen in refusals}
        others = [seen for seen in refused if id(seen) not in own]
        limiter = _limiter(refusals, admitted, [*beside, *others], otherwise, left)
        used.update(id(row.seen) for row in limiter.rows if row.part != "maybe")
        limiters.append(limiter)
    for seen in [*refused, *admitted]:
        if id(seen) not in used:
            dropped.setdefault(left.get(id(seen), "no_refusal_in_window"), []).append(seen)
    limiters.sort(key=lambda found: (-len(found.part("refused")), found.origin, found.server_era))
    return Selection(
        limiters=tuple(limiter for limiter in limiters if limiter.part("refused")),
        instrument=instrument.finding,
        exclusions=_exclusions(dropped),
        evidence=sum(seen.count for seen in [*refused, *admitted] if id(seen) in used),
    )


def _order(seen: Observation) -> tuple[float, str, int]:
    return (seen.started_at.timestamp(), seen.capture, seen.seq)


def one_world(observations: Iterable[Observation]) -> list[Observation]:
    """Those of the largest study, and either real or simulated: pseudonyms of two do not join."""
    every = list(observations)
    kept = [seen for seen in every if not seen.simulated] or every
    sizes = Counter(seen.study for seen in kept)
    if len(sizes) > 1:
        largest = min(sizes, key=lambda study: (-sizes[study], study))
        kept = [seen for seen in kept if seen.study == largest]
    return kept


def _one_world(
    ordered: Sequence[Observation], dropped: dict[str, list[Observation]]
) -> list[Observation]:
    kept = one_world(ordered)
    if len(kept) < len(ordered):
        chosen = set(map(id, kept))
        for seen in ordered:
            if id(seen) not in chosen:
                reason = "other_study" if seen.simulated == kept[0].simulated else "simulated"
                dropped.setdefault(reason, []).append(seen)
    return kept


def _without(
    usable: Sequence[Observation],
    reason: str,
    left_out: Sequence[Observation],
    dropped: dict[str, list[Observation]],
) -> list[Observation]:
    """The others; what is left out is dropped for the reason."""
    if left_out:
        dropped[reason] = list(left_out)
    gone = set(map(id, left_out))
    return [seen for seen in usable if id(seen) not in gone]


def _limiter(
    refusals: Sequence[Observation],
    admitted: Sequence[Observation],
    beside: Sequence[Observation],
    otherwise: Sequence[Observation],
    left: dict[int, str],
) -> Limiter:
    """The rows that are evidence on whoever made these refusals."""
    one = refusals[0]
    rhythm, cycle = rhythm_of(refusals)
    requests = Requests(refusals, admitted, beside, one.server_era)
    placing = (
        up_to_named_ends(requests) if cycle is None else in_windows(requests, cycle, rhythm.perhaps)
    )
    left.update(placing.left)
    evidence = {id(row.seen) for row in placing.rows}
    era, daily = one.server_era, cycle or DAILY_WINDOWS
    quiet = (seen for seen in admitted if seen.server_era == era and id(seen) not in evidence)
    tried = [placed(seen, "admitted", window_at(seen.started_at, daily).id) for seen in quiet]
    tried += (
        placed(seen, "maybe", window_at(seen.started_at, daily).id)
        for seen in otherwise
        if seen.server_era == era
    )
    return Limiter(
        origin=one.origin,
        server_era=one.server_era,
        cadence=rhythm.kind,
        windows=tuple(sorted(placing.windows, key=lambda window: window.start)),
        rows=tuple(sorted(placing.rows, key=lambda row: _order(row.seen))),
        rhythm=rhythm,
        announced=any(seen.cadence != "none" for seen in refusals),
        beside=tuple(tried),
    )


def _exclusions(dropped: dict[str, list[Observation]]) -> tuple[Exclusion, ...]:
    reasons = (*(row.id for row in EXCLUSIONS), *CONTEXT_EXCLUSIONS)
    return tuple(
        Exclusion(
            reason=reason,
            exchanges=sum(seen.count for seen in dropped[reason]),
            examples=tuple(f"{seen.capture}#{seen.seq}" for seen in dropped[reason][:EXAMPLES]),
        )
        for reason in reasons
        if reason in dropped
    )
