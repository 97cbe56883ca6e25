"""Which observations are evidence on which limiter, and why the others are none.

A *limiter* is whoever refused, as far as it can be told apart: Zen itself or a relayed provider, in
one server era, with one rhythm. Invariant: every observation is either a row of at least one
limiter's evidence or excluded with exactly one reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pawwork_proxy.comparison.dimensions import (
    BY_NAME,
    CALLER,
    DIMENSIONS,
    PRESENCE,
    is_private,
)
from pawwork_proxy.comparison.exclusions import (
    CONTEXT_EXCLUSIONS,
    EXCLUSIONS,
    cadence_of,
    is_refusal,
)
from pawwork_proxy.comparison.windows import Window, windows_counting, windows_of
from pawwork_proxy.model.observation import ABSENT, PUBLIC, Observation
from pawwork_proxy.model.verdict import Exclusion

Part = Literal["admitted", "refused", "maybe"]
"""`maybe`: no evidence itself, but the server may have counted it."""

KIND_DIMENSIONS = tuple(row.name for row in DIMENSIONS if row.threshold)
EXAMPLES = 5  # exchanges that are named for each reason of exclusion


@dataclass(frozen=True, slots=True, eq=False)
class PlacedRequest:
    """One observation in one window, with its times as seconds and its values at hand."""

    seen: Observation
    part: Part
    window: str
    start: float
    head: float
    end: float
    error: float
    client_kind: tuple[str, ...] | None
    """What a threshold may depend on; None where some of it is not known."""
    counts: bool
    """Whether the server surely counted it."""

    def value(self, dimension: str) -> str | None:
        """Its value of a dimension (all but `global`), or of CALLER."""
        if dimension == CALLER:
            key = self.seen.who.key
            return self.seen.who.address if key in {ABSENT, PUBLIC} else key
        found: str | None = getattr(self.seen.who, dimension)
        return found

    def private(self, part: str) -> bool:
        """Whether nobody but the observer can have its value of a part of a hypothesis."""
        if part in {"address", "prefix"}:
            return self.seen.exclusive
        if part == CALLER:
            return self.private("key") or (self.seen.who.key is not None and self.seen.exclusive)
        return is_private(part, self.value(part))

    @property
    def action(self) -> str:
        """Its user action; if that is not known its session, else its own number."""
        session = self.seen.who.session
        known = None if session == ABSENT else session
        return self.seen.action or known or f"{self.seen.capture}#{self.seen.seq}"

    def surely_before(self, other: PlacedRequest, *, ended: bool = False) -> bool:
        """Whether its response began (or ended) before the other request was even sent."""
        slack = self.error + other.error
        if self.seen.capture == other.seen.capture:
            if self.seen.seq >= other.seen.seq:
                return False  # it arrived later, whatever a clock that was set meanwhile says
            slack = 0.0 if self.seen.steady else slack
        return (self.end if ended else self.head) + slack < other.start


@dataclass(frozen=True, slots=True, eq=False)
class Limiter:
    """The evidence on one limiter."""

    origin: str
    server_era: str
    cadence: str
    windows: tuple[Window, ...]
    rows: tuple[PlacedRequest, ...]
    announced: bool = True
    """Whether refusals said when they end; else the rhythm is the one of the server's source."""

    def part(self, part: Part) -> tuple[PlacedRequest, ...]:
        """Its admitted, refused or possibly counted rows."""
        return tuple(row for row in self.rows if row.part == part)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is compared, and what is not."""

    limiters: tuple[Limiter, ...]
    exclusions: tuple[Exclusion, ...]
    evidence: int
    """Exchanges that are rows of some limiter."""


def placed(seen: Observation, part: Part, window: str) -> PlacedRequest:
    """An observation as a row of the evidence."""
    kind = [getattr(seen.who, name) for name in KIND_DIMENSIONS]
    for name in PRESENCE:
        value = getattr(seen.who, name)
        kind.append(None if value is None else str(value == ABSENT))
    answered = seen.answered_at or seen.ended_at
    return PlacedRequest(
        seen=seen,
        part=part,
        window=window,
        start=seen.started_at.timestamp(),
        head=answered.timestamp(),
        end=max(seen.ended_at, answered).timestamp(),
        error=seen.clock_error_s,
        client_kind=None if None in kind else tuple(kind),
        counts=part == "admitted" and seen.ending == "complete",
    )


def select(
    observations: Iterable[Observation], unrecorded: Iterable[Observation] = ()
) -> Selection:
    """Sort observations into the evidence on each limiter and exclusions, in whatever order."""
    ordered = sorted(observations, key=_order)
    dropped: dict[str, list[Observation]] = {}
    usable = _one_world(ordered, dropped)
    admitted: list[Observation] = []
    refused: list[Observation] = []
    worlds = {(seen.study, seen.simulated) for seen in usable}
    beside = [seen for seen in unrecorded if (seen.study, seen.simulated) in worlds]
    if beside:
        dropped["not_recorded"] = list(beside)
    for seen in usable:
        reason = next((row for row in EXCLUSIONS if row.applies(seen)), None)
        if reason is None:
            (refused if is_refusal(seen) else admitted).append(seen)
            continue
        dropped.setdefault(reason.id, []).append(seen)
        if reason.may_count:
            beside.append(seen)
    groups: dict[tuple[str, str, str], list[Observation]] = {}
    for seen in refused:
        cadence = cadence_of(seen)
        assert cadence is not None
        groups.setdefault((seen.server_era, seen.origin, cadence), []).append(seen)
    used: set[int] = set()
    near: set[int] = set()
    limiters = []
    for key, refusals in groups.items():
        own = {id(seen) for seen in refusals}
        others = [seen for seen in refused if id(seen) not in own]
        limiter = _limiter(key, refusals, admitted, [*beside, *others], near)
        used.update(id(row.seen) for row in limiter.rows if row.part != "maybe")
        limiters.append(limiter)
    for seen in [*refused, *admitted]:
        if id(seen) not in used:
            reason_id = "near_reset" if id(seen) in near else "no_refusal_in_window"
            dropped.setdefault(reason_id, []).append(seen)
    limiters.sort(key=lambda found: (-len(found.part("refused")), found.origin, found.server_era))
    return Selection(
        limiters=tuple(limiter for limiter in limiters if limiter.part("refused")),
        exclusions=_exclusions(dropped),
        evidence=sum(seen.count for seen in [*refused, *admitted] if id(seen) in used),
    )


def _order(seen: Observation) -> tuple[float, str, int]:
    return (seen.started_at.timestamp(), seen.capture, seen.seq)


def _one_world(
    ordered: Sequence[Observation], dropped: dict[str, list[Observation]]
) -> list[Observation]:
    """Only one study, and either real or simulated: pseudonyms of two do not join."""
    real = [seen for seen in ordered if not seen.simulated]
    kept = real or list(ordered)
    if real and len(real) < len(ordered):
        dropped["simulated"] = [seen for seen in ordered if seen.simulated]
    sizes = Counter(seen.study for seen in kept)
    if len(sizes) > 1:
        largest = min(sizes, key=lambda study: (-sizes[study], study))
        dropped["other_study"] = [seen for seen in kept if seen.study != largest]
        kept = [seen for seen in kept if seen.study == largest]
    return kept


def _limiter(
    key: tuple[str, str, str],
    refusals: Sequence[Observation],
    admitted: Sequence[Observation],
    beside: Sequence[Observation],
    near: set[int],
) -> Limiter:
    """The rows of every window in which this limiter refused somebody."""
    era, origin, cadence = key
    windows: dict[str, Window] = {}
    rows: list[PlacedRequest] = []
    for seen in refusals:
        found = windows_of(seen, cadence)
        if len(found) > 1:
            near.add(id(seen))
            continue
        windows[found[0].id] = found[0]
        rows.append(placed(seen, "refused", found[0].id))
    for seen in admitted:
        found = windows_of(seen, cadence)
        same_era = seen.server_era == era
        if len(found) > 1:
            near.add(id(seen))
        for window in windows_counting(seen, cadence):
            sure = found == (window,) and same_era
            if window.id in windows:
                rows.append(placed(seen, "admitted" if sure else "maybe", window.id))
    for seen in beside:
        rows.extend(
            placed(seen, "maybe", window.id)
            for window in windows_counting(seen, cadence)
            if window.id in windows
        )
    return Limiter(
        origin=origin,
        server_era=era,
        cadence=cadence,
        windows=tuple(sorted(windows.values(), key=lambda window: window.start)),
        rows=tuple(sorted(rows, key=lambda row: _order(row.seen))),
        announced=any(seen.cadence != "none" for seen in refusals),
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


def known_values(rows: Iterable[PlacedRequest], dimension: str) -> tuple[str, ...]:
    """The known values of a dimension among rows, in alphabetical order."""
    assert dimension in BY_NAME
    found = {row.value(dimension) for row in rows}
    return tuple(sorted(value for value in found if value is not None))
