"""Shows a conflict as a contrast: rows that a person can look up.

Invariant: the last row is the one that decides; it is compared with the row before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pawwork_proxy.comparison.elimination import Conflict
from pawwork_proxy.comparison.evidence import Evidence
from pawwork_proxy.comparison.requests import (
    PlacedRequest,
    differing,
    evidence_row,
    shown_difference,
)
from pawwork_proxy.comparison.transitions import CLOSE_S
from pawwork_proxy.model.evidence import Contrast
from pawwork_proxy.model.observation import DimensionName

LOOKED_AT = 200
"""So many of the latest refusals are searched for the one that is most like the deciding row."""


def contrast(dimension: DimensionName, conflict: Conflict, evidence: Evidence) -> Contrast:
    """A conflict as a contrast on one dimension."""
    rows = conflict.rows
    if conflict.shows == "shared":
        rows = _with_context(dimension, conflict, evidence)
    return Contrast(
        shows=conflict.shows,
        rows=tuple(evidence_row(row, dimension) for row in rows),
        differs_in=shown_difference(*rows[-2:]),
        own=conflict.own,
        elsewhere=conflict.elsewhere,
    )


def _with_context(
    dimension: DimensionName, conflict: Conflict, evidence: Evidence
) -> tuple[PlacedRequest, ...]:
    """The rows of a conflict, with the most similar earlier refusal put before the deciding row.

    It shows the reader that somebody else had been refused before the fresh pool was.
    """
    fresh = conflict.deciding
    before = [row for row in evidence.refused_in(fresh.window) if row.head < fresh.start][
        -LOOKED_AT:
    ]

    def rank(row: PlacedRequest) -> tuple[bool, int, float]:
        differs = differing(row, fresh)
        return (dimension != "global" and dimension not in differs, len(differs), -row.head)

    return (conflict.rows[0], *sorted(before, key=rank)[:1], fresh)


def closest(conflicts: Sequence[Conflict], evidence: Evidence) -> list[Conflict]:
    """Admissions after a refusal, each with the latest refusal that is like its own.

    The plainest come first as before, but those that lie close together before the others.
    """
    found = [
        replace(one, rows=(_latest(one, evidence), one.deciding))
        if one.shows == "separate"
        else one
        for one in conflicts
    ]
    return sorted(found, key=lambda one: gap_s(one) > CLOSE_S)


def gap_s(conflict: Conflict) -> float:
    """Seconds from the response of the row before the deciding one to the deciding one."""
    earlier, last = conflict.rows[-2:]
    return max(0.0, last.start - earlier.head)


def held(conflict: Conflict, evidence: Evidence) -> bool:
    """Whether the refused one was refused again soon after the admission (A-B-A)."""
    refused, admitted = conflict.rows[-2:]
    return any(
        admitted.surely_before(row) and row.start - refused.head <= CLOSE_S
        for row in _alike(refused, evidence)
    )


def _latest(conflict: Conflict, evidence: Evidence) -> PlacedRequest:
    """The latest refusal before the deciding row that differs from the first in the prompt only."""
    first, last = conflict.rows
    alike = reversed(list(_alike(first, evidence)))
    return next((row for row in alike if row.surely_before(last)), first)


def _alike(refused: PlacedRequest, evidence: Evidence) -> Iterator[PlacedRequest]:
    for row in evidence.refused_alike(refused.window, refused.client_kind):
        if set(differing(row, refused)) <= {"request"}:
            yield row
