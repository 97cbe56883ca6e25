"""Marks of pages that an edge, CDN or web server writes, and of broken transports in a line.

Invariant: used on pages and on lines that a client displays, never on a model's words.
"""

import re
from functools import cached_property

from pawwork_proxy.facts.table import AnyCase, Fact, rows
from pawwork_proxy.model.signals import Failure, Side


class EdgeMarks(Fact):
    """Patterns by the id of the mark."""

    marks: dict[str, AnyCase]


class BrokenTransport(Fact):
    """How clients word one way in which a connection breaks."""

    failure: Failure
    side: Side
    says: tuple[str, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All wordings as one expression, in any case."""
        return re.compile("|".join(self.says), re.IGNORECASE)


EDGE_MARKS = tuple(m for row in rows(EdgeMarks, "pages", "edge") for m in row.marks.items())
"""Id and pattern; an id may be stored."""
_TRANSPORTS = rows(BrokenTransport, "pages", "transport")


def edge_marks(text: str) -> tuple[str, ...]:
    """Ids of the edge's marks in a page or line."""
    return tuple(name for name, pattern in EDGE_MARKS if pattern.search(text))


def transport_mark(text: str) -> tuple[Failure, Side] | None:
    """The broken transport that a client's line reports; the first row that matches counts."""
    found = (row for row in _TRANSPORTS if row.pattern.search(text))
    return next(((row.failure, row.side) for row in found), None)
