"""Every contrast once, numbered: several dimensions often rest on the same rows.

Invariant: each contrast of the verdicts is one piece, and each verdict refers to its pieces.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.model.evidence import Contrast
from pawwork_proxy.model.verdict import Comparison, LimiterFindings


class Value(NamedTuple):
    """What the rows of a piece have for one dimension that rests on it."""

    name: str
    each: tuple[str, ...]
    """One value if all rows have the same, else one value for each row."""


class Piece(NamedTuple):
    """One contrast, and what it says about each dimension."""

    number: int
    contrast: Contrast
    values: tuple[Value, ...]


class NumberedEvidence(NamedTuple):
    """The pieces of one limiter, and their numbers by dimension."""

    pieces: tuple[Piece, ...]
    numbers: dict[str, tuple[int, ...]]


def evidence_of(comparison: Comparison) -> list[NumberedEvidence]:
    """The evidence of each limiter, numbered through all of them."""
    found: list[NumberedEvidence] = []
    first = 1
    for limit in comparison.limits:
        found.append(_numbered(limit, first))
        first += len(found[-1].pieces)
    return found


def _numbered(limit: LimiterFindings, first: int) -> NumberedEvidence:
    found: dict[object, tuple[int, Contrast, list[Value]]] = {}
    numbers: dict[str, tuple[int, ...]] = {}
    for verdict in limit.verdicts:
        if verdict.reason == "untested":
            continue
        own = []
        for contrast in verdict.evidence:
            rows = tuple((row.capture, row.seq) for row in contrast.rows)
            same = (contrast.shows, contrast.own, contrast.elsewhere, rows)
            piece = found.setdefault(same, (first + len(found), contrast, []))
            own.append(piece[0])
            piece[2].extend(_value(verdict.dimension, contrast))
        numbers[verdict.dimension] = tuple(own)
    pieces = tuple(Piece(number, one, tuple(values)) for number, one, values in found.values())
    return NumberedEvidence(pieces, numbers)


def _value(dimension: str, contrast: Contrast) -> Iterable[Value]:
    values = tuple(row.value for row in contrast.rows if row.value is not None)
    if values and len(values) == len(contrast.rows):
        yield Value(title(dimension), values[:1] if len(set(values)) == 1 else values)
