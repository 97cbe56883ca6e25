"""What all the data show besides verdicts: cadence, quota against overload, the noise floor.

Invariant: counts here are of exchanges, not of evidence; excluded ones are in them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from pawwork_proxy.comparison.dimensions import KEYABLE
from pawwork_proxy.comparison.requests import PlacedRequest, values_of
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import CadenceCount, Hour, NoiseFloor

HARMLESS = frozenset({"install", "device", "session", "request", "project"})
"""What may differ in an A/A pair: two installs that are set up alike."""
IMPLIED = frozenset({"prefix", "workspace"})
"""Dimensions that agree whenever address or key agree, whether they are known or not."""
PAIR_SECONDS = 600.0  # between neighbours in time, at most


def cadences(observations: Iterable[Observation]) -> tuple[CadenceCount, ...]:
    """How often each reset rhythm was announced by refusals, most frequent first."""
    counts: Counter[str] = Counter()
    latest: dict[str, datetime] = {}
    for seen in observations:
        if seen.family == "quota":
            counts[seen.cadence] += seen.count
            if seen.reset_at is not None:
                latest[seen.cadence] = max(seen.reset_at, latest.get(seen.cadence, seen.reset_at))
    order = sorted(counts, key=lambda cadence: (-counts[cadence], cadence))
    return tuple(
        CadenceCount(cadence=name, refusals=counts[name], latest_reset=latest.get(name))
        for name in order
    )


def hours(observations: Iterable[Observation]) -> tuple[Hour, ...]:
    """Admissions, quotas, overload and other outcomes per hour of the server's time."""
    counts: dict[datetime, Counter[str]] = defaultdict(Counter)
    for seen in observations:
        utc = seen.started_at.astimezone(UTC)
        hour = utc.replace(minute=0, second=0, microsecond=0)
        part = {"ok": "admitted", "quota": "quota", "overload": "overload"}
        counts[hour][part.get(seen.family, "other")] += seen.count
    return tuple(
        Hour(at=hour, **{part: found[part] for part in ("admitted", "quota", "overload", "other")})
        for hour, found in sorted(counts.items())
    )


def noise_floor(
    limiters: Sequence[Limiter], told_apart: Collection[str] = frozenset()
) -> NoiseFloor:
    """How often two neighbours in time get different results although the server sees them alike.

    What is told apart does not differ in a pair either. Only 'admitted right after refused' counts
    as a difference: the other order is a quota at work.
    """
    alike: dict[tuple[object, ...], list[PlacedRequest]] = defaultdict(list)
    harmless = (HARMLESS - set(told_apart)) | IMPLIED
    looked_at = [name for name in KEYABLE if name not in harmless]
    evidence = [row for one in limiters[:1] for row in one.rows if row.part != "maybe"]
    values = values_of(evidence)
    for row, *visible in zip(evidence, *(values.get(name, ()) for name in looked_at), strict=True):
        if None not in visible:
            alike[(row.window, *visible)].append(row)
    pairs = differing = 0
    for rows in alike.values():
        for one, other in pairwise(rows):
            if one.surely_before(other) and other.start - one.head <= PAIR_SECONDS:
                pairs += 1
                differing += one.part == "refused" and other.part == "admitted"
    return NoiseFloor(pairs=pairs, differing=differing)
