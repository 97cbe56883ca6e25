"""Which rows may lie in one pool, where some of what chooses the pool is not known.

Invariant: finding them takes time for the rows that are found, not for all that there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

Place = tuple[object, ...]
"""The window, then a value for each part of a hypothesis; None where one is not known."""


class Places:
    """The places of numbered rows. Two may be one pool unless both know a part and differ in it."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._rows: dict[Place, list[int]] = defaultdict(list)
        for number, place in enumerate(places):
            self._rows[place].append(number)
        self._indexes: dict[tuple[int, ...], dict[tuple[int, ...], dict[Place, list[int]]]] = {}
        """By the parts that are known of a place: by the parts that others know as well: by the
        values of these, the rows. A hypothesis has three parts at most: there are few of each."""

    def meeting(self, place: Place) -> Iterator[int]:
        """Every row that may lie in the pool of a place."""
        known = tuple(part for part, value in enumerate(place) if value is not None)
        if known not in self._indexes:
            self._indexes[known] = self._index(known)
        for both, rows in self._indexes[known].items():
            yield from rows.get(tuple(place[part] for part in both), ())

    def _index(self, known: tuple[int, ...]) -> dict[tuple[int, ...], dict[Place, list[int]]]:
        index: dict[tuple[int, ...], dict[Place, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for place, rows in self._rows.items():
            both = tuple(part for part in known if place[part] is not None)
            index[both][tuple(place[part] for part in both)].extend(rows)
        return index
