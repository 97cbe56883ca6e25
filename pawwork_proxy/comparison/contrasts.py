"""Shows a conflict as a contrast: rows that a person can look up.

Invariant: the last row is the one that decides; it is compared with the row before it.
"""

from collections.abc import Sequence

from pawwork_proxy.comparison.elimination import Conflict
from pawwork_proxy.comparison.requests import (
    PlacedRequest,
    differing,
    evidence_row,
    shown_difference,
)
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import Contrast

LOOKED_AT = 200
"""So many of the latest refusals are searched for the one that is most like the deciding row."""


def contrast(
    dimension: DimensionName, conflict: Conflict, evidence: Sequence[PlacedRequest]
) -> Contrast:
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
    dimension: DimensionName, conflict: Conflict, evidence: Sequence[PlacedRequest]
) -> tuple[PlacedRequest, ...]:
    """The rows of a conflict, with the most similar earlier refusal put before the deciding row.

    It shows the reader that somebody else had been refused before the fresh pool was.
    """
    fresh = conflict.deciding
    before = [
        row
        for row in evidence
        if row.part == "refused" and row.window == fresh.window and row.head < fresh.start
    ][-LOOKED_AT:]

    def rank(row: PlacedRequest) -> tuple[bool, int, float]:
        differs = differing(row, fresh)
        return (dimension != "global" and dimension not in differs, len(differs), -row.head)

    return (conflict.rows[0], *sorted(before, key=rank)[:1], fresh)
