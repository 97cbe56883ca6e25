"""The explanations that compete: which dimensions make up the server's key.

A keying is a set of up to three dimensions (the truth is assumed to have at most two; the third
keeps a dimension open that merely was not tried). Its *minimal form* is meant: a session fixes its
install, so {session, install} is {session}. Invariant: the keying the server uses is always among
them, as long as it has at most two parts that an observation can name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from pawwork_proxy.comparison.dimensions import BUCKET, BY_NAME, KEYABLE, is_private
from pawwork_proxy.comparison.selection import Row
from pawwork_proxy.model.observation import ABSENT

Keying = frozenset[str]
GLOBAL: Keying = frozenset()
MAX_PARTS = 3
MODELS = frozenset({"model", "model_group"})


class Columns:
    """The rows' values as small numbers, -1 for not known, so that keyings compare fast."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.codes: dict[str, list[int]] = {}
        self.private: dict[str, list[bool]] = {}
        for name in KEYABLE:
            values = [row.value(name) for row in rows]
            numbers: dict[str | None, int] = {None: -1}
            self.codes[name] = [numbers.setdefault(v, len(numbers) - 1) for v in values]
            private = [is_private(name, value) for value in values]
            if name in {"address", "prefix"}:
                private = [row.seen.alone for row in rows]
            self.private[name] = private
        self.codes[BUCKET] = self.codes["model"]
        self.private[BUCKET] = self.private["model"]
        self._idle = {name for name in self.codes if self._changes_nothing(name)}

    def idle(self, name: str) -> bool:
        """Whether adding the dimension to a keying changes nothing about these rows."""
        return name in self._idle

    def _changes_nothing(self, name: str) -> bool:
        codes = self.codes[name]
        return len(set(codes)) <= 1 and -1 not in codes and not any(self.private[name])

    def sends_nothing(self, name: str) -> bool:
        """Whether some row is known not to have sent it, so that it fixes nothing else there."""
        return any(row.value(name) == ABSENT for row in self.rows)


def keyings(columns: Columns) -> tuple[Keying, ...]:
    """Every explanation in minimal form, smallest first, in a fixed order."""
    names: list[str] = list(KEYABLE)
    if _only_ipv4(columns.rows):
        names.remove("prefix")
    fixes: dict[str, frozenset[str]] = {
        name: frozenset(BY_NAME[name].fixes)
        for name in names
        if not (name in {"request", "session", "install"} and columns.sends_nothing(name))
    }
    found = [
        frozenset(parts)
        for size in range(MAX_PARTS + 1)
        for parts in combinations([*names, BUCKET], size)
    ]
    return tuple(keying for keying in found if _minimal(keying, fixes))


def _minimal(keying: Keying, fixes: Mapping[str, frozenset[str]]) -> bool:
    if BUCKET in keying and keying & MODELS:
        return False
    return not any(keying & fixes.get(name, frozenset()) for name in keying)


def _only_ipv4(rows: Iterable[Row]) -> bool:
    """For IPv4 the prefix is the address: two names of one explanation."""
    return all(
        row.value("family") != "ipv6" and row.value("prefix") in {None, row.value("address")}
        for row in rows
    )


def undominated(alive: Iterable[Keying]) -> tuple[Keying, ...]:
    """Leave out 'some grouping of models' where a plain explanation with the same rest will do."""
    left = set(alive)
    kept = []
    for keying in left:
        rest = keying - {BUCKET}
        plain = (rest, rest | {"model"}, rest | {"model_group"})
        if BUCKET not in keying or not any(other in left for other in plain):
            kept.append(keying)
    return tuple(sorted(kept, key=lambda keying: (len(keying), sorted(keying))))


def smallest(alive: Iterable[Keying]) -> tuple[Keying, ...]:
    """Those that contain no other of them."""
    left = tuple(alive)
    return tuple(one for one in left if not any(other < one for other in left))
