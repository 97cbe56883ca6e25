"""A limiter's rows as columns of small numbers, so that hundreds of hypotheses divide them fast.

Invariant: what stands here says the same as the rows; whatever is looked at for every hypothesis
and every row is a list, and no row is asked twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import repeat
from operator import add, mul
from typing import TypeVar

from pawwork_proxy.comparison.dimensions import BUCKET, BY_NAME, CALLER, KEYABLE, is_private
from pawwork_proxy.comparison.requests import PlacedRequest, values_of
from pawwork_proxy.model.observation import ABSENT, PUBLIC, SEVERAL

ClientKind = tuple[str, ...]
"""What a threshold may depend on."""
UNKNOWN = -1
"""The code of a value that could be any value."""
NOBODYS = frozenset({None, ABSENT, PUBLIC, SEVERAL})
"""Values that many people have, so that they determine no other dimension."""
STRETCH = 500
"""About so many rows are divided at once."""
_Value = TypeVar("_Value")
_OUT = -(2**62)
"""Makes the number of a pool negative, whatever else it is made of."""


class Columns:
    """The rows of a limiter, in stretches of a few windows each.

    Values stand as small numbers; negative: not known. UNKNOWN may be any value. Below that, rows
    of one number agree in a value that is not known: two requests with one key have one workspace,
    whichever it is.
    """

    def __init__(self, rows: Sequence[PlacedRequest]) -> None:
        codes: dict[str, list[int]] = {}
        private: dict[str, list[bool]] = {}
        table = values_of(rows)
        table[CALLER] = tuple(row.value(CALLER) for row in rows)
        for name in (*KEYABLE, CALLER):
            values = table[name]
            numbers = _numbered(values)
            known = [UNKNOWN if value is None else numbers[value] for value in values]
            codes[name] = _implied(name, table, known) if UNKNOWN in known else known
            private[name] = _private(name, rows, values)
        codes[BUCKET] = codes["model"]
        private[BUCKET] = private["model"]
        self.rows = rows
        self.only_ipv4 = _only_ipv4(table)
        self._absent = {name for name, values in table.items() if ABSENT in values}
        self._idle = {name for name in codes if _changes_nothing(codes[name], private[name])}
        self.alike: dict[str, str] = {}
        """The first dimension that says the same of all these rows."""
        said: dict[object, str] = {}
        for name, code in codes.items():
            what = (_renumbered(code), tuple(private[name]))
            own = name in {BUCKET, "request"}  # they are counted in a way of their own
            self.alike[name] = name if own else said.setdefault(what, name)
        kinds = _numbered(row.client_kind for row in rows if row.client_kind is not None)
        self.kind_names: list[ClientKind] = list(kinds)
        self.stretches = [
            Stretch(
                numbers,
                [rows[number] for number in numbers],
                {name: [code[number] for number in numbers] for name, code in codes.items()},
                {name: [own[number] for number in numbers] for name, own in private.items()},
                kinds,
            )
            for numbers in _in_stretches(rows)
        ]

    def unclear(self, odd: Iterable[int]) -> Columns:
        """The same rows, of which some have no known result: they may have been counted or not."""
        found = copy(self)
        gone = set(odd)
        found.rows = list(self.rows)
        for number in gone:
            found.rows[number] = replace(self.rows[number], part="maybe", counts=False)
        found.stretches = [
            one if gone.isdisjoint(one.numbers) else one.with_rows(found.rows)
            for one in self.stretches
        ]
        return found

    def idle(self, name: str) -> bool:
        """Whether adding the dimension to a hypothesis changes nothing about these rows."""
        return name in self._idle

    def signature(self, names: Iterable[str]) -> frozenset[str]:
        """Equal for hypotheses that divide these rows in the same way with the same privacy."""
        return frozenset(self.alike[name] for name in names if not self.idle(name))

    def sends_nothing(self, name: str) -> bool:
        """Whether some row is known not to have sent it, so that it fixes nothing else there."""
        return name in self._absent


class Stretch:
    """All rows of a few windows. Whoever has seen enough need not divide the other stretches."""

    def __init__(
        self,
        numbers: Sequence[int],
        rows: Sequence[PlacedRequest],
        codes: dict[str, list[int]],
        private: dict[str, list[bool]],
        kinds: Mapping[ClientKind, int],
    ) -> None:
        self.numbers = numbers
        """Which of all rows these are; here a row goes by its place among them."""
        self.codes = codes
        self.private = private
        self._labels: dict[str, tuple[int, list[int]]] = {}
        self._known: dict[str, tuple[int, list[int]]] = {}
        self.gaps = frozenset(name for name, code in codes.items() if min(code) < 0)
        """The dimensions of which not every value is known."""
        windows = _numbered(row.window for row in rows)
        self.windows = [windows[row.window] for row in rows]
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
        self.most_error = max(row.error for row in rows)
        self.orderly = _is_orderly(rows)
        self._place(rows)

    def _place(self, rows: Sequence[PlacedRequest]) -> None:
        """Set what depends on the results."""
        self.rows = rows
        self._by_gaps: dict[tuple[str, ...], Mapping[tuple[str, ...], list[int]]] = {}
        known = [
            (number, row.part) for number, row in enumerate(rows) if row.client_kind is not None
        ]
        self.refused = [number for number, part in known if part == "refused"]
        self.admitted = [number for number, part in known if part == "admitted"]
        self.since: dict[tuple[int, int], int] = {}
        """By kind of client and window, which of all rows was admitted first."""
        for number in self.admitted:
            self.since.setdefault((self.kinds[number], self.windows[number]), self.numbers[number])
        self.admitted_in = self._in_windows(self.admitted)
        ended = [number for number, row in enumerate(rows) if row.counts]
        self.ended_in = self._in_windows(sorted(ended, key=self.gone.__getitem__))
        """What was surely counted, in the order in which it had surely ended."""

    def _in_windows(self, numbers: Iterable[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            found[self.windows[number]].append(number)
        return dict(found)

    def by_gaps(self, names: Iterable[str]) -> Mapping[tuple[str, ...], list[int]]:
        """The rows that may have been counted, by which of these dimensions they do not know."""
        open_ = tuple(name for name in names if name in self.gaps)
        if open_ not in self._by_gaps:
            found: dict[tuple[str, ...], list[int]] = defaultdict(list)
            codes = [(name, self.codes[name]) for name in open_]
            for number, row in enumerate(self.rows):
                if row.part != "refused":
                    found[tuple(name for name, code in codes if code[number] < 0)].append(number)
            self._by_gaps[open_] = found
        return self._by_gaps[open_]

    def with_rows(self, rows: Sequence[PlacedRequest]) -> Stretch:
        """The same with other results, out of all rows."""
        found = copy(self)
        found._place([rows[number] for number in self.numbers])
        return found

    def pools(self, names: Iterable[str]) -> list[int]:
        """The number of the pool of each row, one per window; negative: not known."""
        return self._divided(names, self._labels, known=False)

    def places(self, names: Iterable[str]) -> list[int]:
        """Equal for rows that are of one window and know the same values of these dimensions."""
        return self._divided(names, self._known, known=True)

    def _divided(
        self, names: Iterable[str], by: dict[str, tuple[int, list[int]]], *, known: bool
    ) -> list[int]:
        """One number for each row that tells apart whatever these labels tell apart."""
        found = self.windows
        for name in names:
            if name not in by:
                by[name] = _labels(self.codes[name], known=known)
            size, own = by[name]
            found = list(map(add, map(mul, found, repeat(size)), own))
        return found

    def is_private(self, names: Iterable[str], members: Sequence[int]) -> bool:
        """Whether nobody else can have a value that all these rows have."""
        private = (self.private[name] for name in names)
        return any(all(map(one.__getitem__, members)) for one in private)


def _only_ipv4(table: Mapping[str, Sequence[str | None]]) -> bool:
    """Whether prefix and address are two names of one explanation, as they are for IPv4."""
    pairs = set(zip(table["prefix"], table["address"], strict=True))
    return "ipv6" not in table["family"] and all(
        prefix in {None, address} for prefix, address in pairs
    )


def _in_stretches(rows: Sequence[PlacedRequest]) -> Iterator[list[int]]:
    """The numbers of the rows of one window after the other, some windows together."""
    windows: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        windows[row.window].append(number)
    found: list[int] = []
    for numbers in windows.values():
        found += numbers
        if len(found) >= STRETCH:
            yield sorted(found)
            found = []
    if found:
        yield sorted(found)


def _changes_nothing(codes: Sequence[int], private: Sequence[bool]) -> bool:
    return len(set(codes)) <= 1 and min(codes, default=0) >= 0 and not any(private)


def _numbered(values: Iterable[_Value]) -> dict[_Value, int]:
    """Each value once with a number, in the order in which they are met."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


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


def _implied(name: str, table: Mapping[str, Sequence[str | None]], codes: list[int]) -> list[int]:
    """Codes with what is not known replaced by what another dimension fixes of it."""
    fixing = [one.name for one in BY_NAME.values() if name in one.fixes]
    found = list(codes)
    numbers: dict[tuple[str, str], int] = {}
    for fixed_by in fixing:
        values = table[fixed_by]
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
