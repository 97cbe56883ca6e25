"""The rows that may show something, to be looked up: many questions, each of few rows.

Invariant: what is looked up stands in the order of the rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from functools import cached_property

from pawwork_proxy.comparison.columns import ClientKind
from pawwork_proxy.comparison.requests import Part, PlacedRequest, values_of


class Evidence:
    """The admitted and refused rows of a limiter."""

    def __init__(self, rows: Iterable[PlacedRequest]) -> None:
        self._rows = tuple(rows)
        self._values: dict[Part | None, dict[str, set[str | None]]] = {}

    def values(self, dimension: str, part: Part | None = None) -> Set[str | None]:
        """What its rows, or those with one result, have of a dimension; None: not known."""
        if part not in self._values:
            rows = (row for row in self._rows if part in {None, row.part})
            self._values[part] = {name: set(some) for name, some in values_of(rows).items()}
        return self._values[part].get(dimension, set())

    def refused_in(self, window: str) -> Sequence[PlacedRequest]:
        """The refusals of one window."""
        return self._refused[window]

    def refused_alike(self, window: str, kind: ClientKind | None) -> Sequence[PlacedRequest]:
        """Those of one kind of client."""
        return self._alike[window, kind]

    @cached_property
    def _refused(self) -> dict[str, list[PlacedRequest]]:
        found: dict[str, list[PlacedRequest]] = defaultdict(list)
        for row in self._rows:
            if row.part == "refused":
                found[row.window].append(row)
        return found

    @cached_property
    def _alike(self) -> dict[tuple[str, ClientKind | None], list[PlacedRequest]]:
        found: dict[tuple[str, ClientKind | None], list[PlacedRequest]] = defaultdict(list)
        for window, rows in self._refused.items():
            for row in rows:
                found[window, row.client_kind].append(row)
        return found
