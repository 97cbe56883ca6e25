"""An observation as a row of the evidence: in one window, with what became of it.

Invariant: `surely_before` is never true for two requests whose order the clocks leave open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from pawwork_proxy.comparison.dimensions import CALLER, DIMENSIONS, PRESENCE, is_private
from pawwork_proxy.model.evidence import EvidenceRow
from pawwork_proxy.model.observation import ABSENT, PUBLIC, DimensionName, Observation

Part = Literal["admitted", "refused", "maybe"]
"""`maybe`: no evidence itself, but the server may have counted it."""

KIND_DIMENSIONS = tuple(row.name for row in DIMENSIONS if row.threshold)
NAMES: tuple[DimensionName, ...] = tuple(row.name for row in DIMENSIONS if row.name != "global")
_KEY = NAMES.index("key")
_named = attrgetter(*NAMES)


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
        if dimension == "key" and self.seen.who.key == PUBLIC:
            return ABSENT  # the server treats both alike
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


def values_of(rows: Iterable[PlacedRequest]) -> dict[str, tuple[str | None, ...]]:
    """What `value` says of each row, by dimension; each row is read once, as there are many."""
    table = zip(*map(_values, rows), strict=True)
    return dict(zip(NAMES, table, strict=False))  # without rows there are no columns


def differing(one: PlacedRequest, other: PlacedRequest) -> tuple[DimensionName, ...]:
    """The dimensions in which two rows are known to differ."""
    pairs = zip(NAMES, _values(one), _values(other), strict=True)
    return tuple(
        name for name, own, its in pairs if own != its and own is not None and its is not None
    )


def _values(row: PlacedRequest) -> tuple[str | None, ...]:
    """What `value` says of each of NAMES: pairs of rows are compared by the hundred thousand."""
    found: tuple[str | None, ...] = _named(row.seen.who)
    if row.seen.who.key == PUBLIC:
        return (*found[:_KEY], ABSENT, *found[_KEY + 1 :])
    return found


def shown_difference(one: PlacedRequest, other: PlacedRequest) -> tuple[DimensionName, ...]:
    """The same for people: without an IPv6 prefix where neither row has one."""
    on_ipv4 = all(row.value("prefix") == row.value("address") for row in (one, other))
    return tuple(name for name in differing(one, other) if not (name == "prefix" and on_ipv4))


def evidence_row(row: PlacedRequest, dimension: DimensionName | None = None) -> EvidenceRow:
    """A row as evidence on a dimension."""
    named = dimension is not None and dimension != "global"
    return EvidenceRow(
        capture=row.seen.capture,
        seq=row.seen.seq,
        at=row.seen.started_at,
        part="refused" if row.part == "refused" else "admitted",
        install=row.seen.who.install,
        network=row.seen.who.network,
        auth_kind=row.seen.who.auth_kind,
        model=row.seen.who.model,
        value=row.value(dimension) if named and dimension is not None else None,
        count=row.seen.count,
    )
