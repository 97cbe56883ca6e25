"""A limiter's rows as columns of small numbers, so that hundreds of hypotheses divide them fast.

Invariant: what stands here says the same as the rows; whatever is looked at for every hypothesis
and every row is a list, and no row is asked twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import repeat
from operator import add, mul
from typing import TypeVar

from pawwork_proxy.comparison.dimensions import BUCKET, BY_NAME, CALLER, KEYABLE, is_private
from pawwork_proxy.comparison.requests import PlacedRequest
from pawwork_proxy.model.observation import ABSENT, PUBLIC, SEVERAL

ClientKind = tuple[str, ...]
"""What a threshold may depend on."""
UNKNOWN = -1
"""The code of a value that could be any value."""
NOBODYS = frozenset({None, ABSENT, PUBLIC, SEVERAL})
"""Values that many people have, so that they determine no other dimension."""
_Value = TypeVar("_Value")
_OUT = -(2**62)
"""Makes the number of a pool negative, whatever else it is made of."""


class Columns:
    """The rows' values as small numbers; negative: not known.

    UNKNOWN may be any value. Below that, rows of one number agree in a value that is not known: two
    requests with one key have one workspace, whichever it is.
    """

    def __init__(self, rows: Sequence[PlacedRequest]) -> None:
        self.codes: dict[str, list[int]] = {}
        self.private: dict[str, list[bool]] = {}
        for name in (*KEYABLE, CALLER):
            values = [row.value(name) for row in rows]
            numbers = _numbered(values)
            known = [UNKNOWN if value is None else numbers[value] for value in values]
            self.codes[name] = _implied(name, rows, known) if UNKNOWN in known else known
            self.private[name] = _private(name, rows, values)
        self.codes[BUCKET] = self.codes["model"]
        self.private[BUCKET] = self.private["model"]
        self._idle = {name for name in self.codes if self._changes_nothing(name)}
        self._place(rows)
        self.alike: dict[str, str] = {}
        """The first dimension that says the same of all these rows."""
        said: dict[object, str] = {}
        for name in self.codes:
            what = (_renumbered(self.codes[name]), tuple(self.private[name]))
            own = name in {BUCKET, "request"}  # they are counted in a way of their own
            self.alike[name] = name if own else said.setdefault(what, name)
        self._labels = {name: _labels(codes, known=False) for name, codes in self.codes.items()}
        self._known = {name: _labels(codes, known=True) for name, codes in self.codes.items()}

    def _place(self, rows: Sequence[PlacedRequest]) -> None:
        """Set what does not depend on dimensions."""
        self.rows = rows
        windows = _numbered(row.window for row in rows)
        self.windows = [windows[row.window] for row in rows]
        kinds = _numbered(row.client_kind for row in rows if row.client_kind is not None)
        self.kind_names: list[ClientKind] = list(kinds)
        self.kinds = [
            UNKNOWN if row.client_kind is None else kinds[row.client_kind] for row in rows
        ]
        captures = _numbered(row.seen.capture for row in rows)
        self.captures = [captures[row.seen.capture] for row in rows]
        self.starts = [row.start for row in rows]
        self.heads = [row.head for row in rows]
        self.counts = [row.seen.count for row in rows]
        self.gone = [row.end + row.error for row in rows]
        """When each had surely ended, by any clock."""
        known = [
            (number, row.part) for number, row in enumerate(rows) if row.client_kind is not None
        ]
        self.refused = [number for number, part in known if part == "refused"]
        self.admitted = [number for number, part in known if part == "admitted"]
        self.since: dict[tuple[int, int], int] = {}
        """By kind of client and window, the row that was admitted first."""
        for number in self.admitted:
            self.since.setdefault((self.kinds[number], self.windows[number]), number)
        self.admitted_in = self._in_windows(self.admitted)
        ended = [number for number, row in enumerate(rows) if row.counts]
        self.ended_in = self._in_windows(sorted(ended, key=self.gone.__getitem__))
        """What was surely counted, in the order in which it had surely ended."""
        self.most_error = max((row.error for row in rows), default=0.0)
        self.orderly = _is_orderly(rows)

    def _in_windows(self, numbers: Iterable[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            found[self.windows[number]].append(number)
        return dict(found)

    def unclear(self, odd: Iterable[int]) -> Columns:
        """The same rows, of which some have no known result: they may have been counted or not."""
        rows = list(self.rows)
        for number in odd:
            rows[number] = replace(rows[number], part="maybe", counts=False)
        found = copy(self)
        found._place(rows)
        return found

    def pools(self, names: Iterable[str]) -> list[int]:
        """The number of the pool of each row, one per window; negative: not known."""
        return self._divided(names, self._labels)

    def places(self, names: Iterable[str]) -> list[int]:
        """Equal for rows that are of one window and know the same values of these dimensions."""
        return self._divided(names, self._known)

    def _divided(self, names: Iterable[str], by: Mapping[str, tuple[int, list[int]]]) -> list[int]:
        return _mixed(self.windows, (by[name] for name in names))

    def by_window(self, names: Sequence[str]) -> Iterator[tuple[list[int], list[int]]]:
        """Window by window its rows, and the number that the pool of each has in it.

        Whoever needs only the first few need not divide all.
        """
        for numbers, labels in self._of_window:
            for name in names:
                if name not in labels:
                    size, everywhere = self._labels[name]
                    labels[name] = size, [everywhere[number] for number in numbers]
            yield numbers, _mixed([0] * len(numbers), (labels[name] for name in names))

    @cached_property
    def _of_window(self) -> list[tuple[list[int], dict[str, tuple[int, list[int]]]]]:
        """The rows of each window, and by dimension their labels, as far as they were asked for."""
        return [(numbers, {}) for numbers in self._in_windows(range(len(self.rows))).values()]

    def is_private(self, names: Iterable[str], members: Sequence[int]) -> bool:
        """Whether nobody else can have a value that all these rows have."""
        private = (self.private[name] for name in names)
        return any(all(map(one.__getitem__, members)) for one in private)

    def idle(self, name: str) -> bool:
        """Whether adding the dimension to a hypothesis changes nothing about these rows."""
        return name in self._idle

    def _changes_nothing(self, name: str) -> bool:
        codes = self.codes[name]
        return len(set(codes)) <= 1 and min(codes, default=0) >= 0 and not any(self.private[name])

    def sends_nothing(self, name: str) -> bool:
        """Whether some row is known not to have sent it, so that it fixes nothing else there."""
        return any(row.value(name) == ABSENT for row in self.rows)


def _numbered(values: Iterable[_Value]) -> dict[_Value, int]:
    """Each value once with a number, in the order in which they are met."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _mixed(start: list[int], labels: Iterable[tuple[int, list[int]]]) -> list[int]:
    """One number for each row that tells apart whatever these labels tell apart."""
    found = start
    for size, own in labels:
        found = list(map(add, map(mul, found, repeat(size)), own))
    return found


def _renumbered(codes: Sequence[int]) -> tuple[int, ...]:
    """The codes in the order in which they are met; what is not known stays so."""
    numbers = {
        code: number if code >= 0 else UNKNOWN if code == UNKNOWN else -2 - number
        for code, number in _numbered(codes).items()
    }
    return tuple(map(numbers.__getitem__, codes))


def _labels(codes: Sequence[int], *, known: bool) -> tuple[int, list[int]]:
    """Codes that are not negative, and how many there are; if `known`, 0 is for all unknown ones.

    Else rows may agree in a value that is not known, and only UNKNOWN is left out.
    """
    most, least = max(0, *codes), min(0, *codes)
    if known:
        return most + 2, [code + 1 if code >= 0 else 0 for code in codes]
    labels = [code if code >= 0 else _OUT if code == UNKNOWN else most - 1 - code for code in codes]
    return most + 1 - least, labels


def _private(name: str, rows: Sequence[PlacedRequest], values: Sequence[str | None]) -> list[bool]:
    if name in {"address", "prefix", CALLER}:  # they depend on more than the value
        return [row.private(name) for row in rows]
    private = {value: is_private(name, value) for value in set(values)}
    return [private[value] for value in values]


def _is_orderly(rows: Sequence[PlacedRequest]) -> bool:
    """Whether the requests of each capture have their numbers in the order of time."""
    latest: dict[str, PlacedRequest] = {}
    for row in rows:
        before = latest.get(row.seen.capture)
        if before is not None and not (
            (before.start <= row.start and before.seen.seq < row.seen.seq)
            or (before.start, before.seen.seq) == (row.start, row.seen.seq)
        ):
            return False
        latest[row.seen.capture] = row
    return True


def _implied(name: str, rows: Sequence[PlacedRequest], codes: list[int]) -> list[int]:
    """Codes with what is not known replaced by what another dimension fixes of it."""
    fixing = [one.name for one in BY_NAME.values() if name in one.fixes]
    found = list(codes)
    numbers: dict[tuple[str, str], int] = {}
    for fixed_by in fixing:
        values = [row.value(fixed_by) for row in rows]
        known = {
            value: code
            for value, code in zip(values, codes, strict=True)
            if value not in NOBODYS and code >= 0
        }
        for number, value in enumerate(values):
            if found[number] == UNKNOWN and value is not None and value not in NOBODYS:
                fresh = numbers.setdefault((fixed_by, value), -2 - len(numbers))
                found[number] = known.get(value, fresh)
    return found
