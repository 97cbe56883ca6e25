"""Which trials were done already, as the rows tell: whoever did them, asked to or not.

Invariant: a trial is done where the one that was refused first was refused once more after the
changed one was admitted, or where the changed one was refused as well; also where the rows turned
out to be no evidence, as those of a gate: doing it again would bring the same.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import inf
from operator import add
from typing import NamedTuple

from pawwork_proxy.comparison.exclusions import is_refusal
from pawwork_proxy.comparison.requests import PlacedRequest, differing
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.trials import VARIATIONS, Variation

MOVES_ALONG = frozenset({"session", "region", "family"})
"""What a person easily changes along with something else; a trial is then the same one."""
SAME_ONE = frozenset({"session", "region"})
"""In what whoever was refused may differ from one request to the next."""
MOST_TIMES = 2
GATED = "client_gate"
FAIR = 50
"""So many requests in a window are a fair try to be refused in it, whatever the limit is."""


class Tried(NamedTuple):
    """In how many reset windows a trial was done."""

    begun: int = 0
    completed: int = 0
    """With its repetition, or refused as the first was."""
    unrefused: int = 0
    """The other way round: the changed one asked first, and was never refused."""

    def plus(self, other: "Tried") -> "Tried":
        """Both together, of two windows."""
        return Tried(*map(add, self, other))

    @property
    def is_fresh(self) -> bool:
        """Whether it was never done, or only begun, and that once."""
        return not self.completed and self.begun < MOST_TIMES

    @property
    def may_confirm(self) -> bool:
        """Whether doing it would be the first or the second observation."""
        return self.begun < MOST_TIMES


def tried(limiter: Limiter, start: PlacedRequest) -> Mapping[str, Tried]:
    """Per variation how often it was done with whoever `start` stands for."""
    done = {variation.id: Tried() for variation in VARIATIONS}
    allowed = _allowed(limiter, start)
    for rows in _by_window(_asked(limiter)).values():
        from_start = _Apart(start, rows)
        same = from_start.those(SAME_ONE.issuperset)
        first = _first_refused(same)
        from_first = _Apart(first, rows) if first else None
        refused = any(is_refusal(row.seen) for row in rows)
        for variation in VARIATIONS:
            changed = from_start.those(partial(_as_asked, variation))
            if any(_is_gated(row) for row in changed):
                found = Tried(1, 1)
            elif not refused:
                found = _unrefused(variation, changed, same, allowed)
            elif variation.reverse:
                found = _in_window(variation, changed, same, start)
            else:
                changed = from_first.those(partial(_as_asked, variation)) if from_first else []
                found = _in_window(variation, same, changed, start)
            done[variation.id] = done[variation.id].plus(found)
    return done


class _Apart:
    """Rows by what they differ from one of them in, as most differ alike."""

    def __init__(self, one: PlacedRequest, rows: Iterable[PlacedRequest]) -> None:
        self._rows = [(_apart(one, row), row) for row in rows]
        self._ways = {apart for apart, _ in self._rows}

    def those(self, differ: Callable[[frozenset[str]], bool]) -> list[PlacedRequest]:
        """The rows that differ so, in their order."""
        ways = set(filter(differ, self._ways))
        return [row for apart, row in self._rows if apart in ways] if ways else []


def _asked(limiter: Limiter) -> Iterator[PlacedRequest]:
    """The evidence, whatever else was refused, whoever refused it, and all else that was answered.

    Where another limiter is met first, asking again would bring the same.
    """
    yield from (row for row in limiter.rows if row.part != "maybe" or is_refusal(row.seen))
    yield from limiter.beside


def refused_no_more(limiter: Limiter, start: PlacedRequest) -> bool:
    """Whether whoever was refused asked as much as then in several later windows, in vain."""
    latest = max(row.head for row in limiter.part("refused"))
    allowed = _allowed(limiter, start)
    asked = Counter[str]()
    for row in limiter.beside:
        if row.part == "admitted" and latest < row.start and _is_same(start, row):
            asked[row.window] += row.seen.count
    return sum(number >= min(allowed, FAIR) for number in asked.values()) >= MOST_TIMES


def _allowed(limiter: Limiter, start: PlacedRequest) -> int:
    """How many requests of its own whoever was refused had got in that window, at least one."""
    own = (
        row.seen.count
        for row in limiter.part("admitted")
        if row.window == start.window and row.surely_before(start) and _is_same(start, row)
    )
    return max(1, sum(own))


def _by_window(rows: Iterable[PlacedRequest]) -> Mapping[str, list[PlacedRequest]]:
    found: dict[str, list[PlacedRequest]] = defaultdict(list)
    for row in rows:
        found[row.window].append(row)
    return found


def _is_same(start: PlacedRequest, row: PlacedRequest) -> bool:
    return _apart(start, row) <= SAME_ONE


def _unrefused(
    variation: Variation,
    changed: Sequence[PlacedRequest],
    same: Sequence[PlacedRequest],
    allowed: int,
) -> Tried:
    """What a window shows of the other way round in which nobody was refused."""
    if not (variation.reverse and changed):
        return Tried()
    first = min(row.start for row in changed)
    asked = sum(row.seen.count for row in changed)
    if asked < min(allowed, FAIR) or any(row.start < first for row in same):
        return Tried()
    return Tried(1, asked >= allowed, 1)


def _is_gated(row: PlacedRequest) -> bool:
    """Whether a gate turned it away, as it will again."""
    return row.seen.kind == GATED


def asked_again(limiter: Limiter, capture: str, seq: int) -> bool:
    """Whether what one row asked was asked again in a later reset window, whatever came of it."""
    rows = list(_asked(limiter))
    own = [row for row in rows if (row.seen.capture, row.seen.seq) == (capture, seq)]
    return any(
        row.window != one.window and one.surely_before(row) and _apart(one, row) <= SAME_ONE
        for one in own
        for row in rows
    )


def _in_window(
    variation: Variation,
    firsts: Sequence[PlacedRequest],
    seconds: Sequence[PlacedRequest],
    start: PlacedRequest,
) -> Tried:
    """Whether a variation was begun, and whether it was carried out to its end."""
    first = _first_refused(firsts)
    if first is None:
        # Whoever was to be refused first asked before all others, and never was: asking for that
        # again would not bring it about.
        begin = min((row.start for row in firsts if row.part == "admitted"), default=inf)
        over = variation.reverse and begin < min((row.start for row in seconds), default=inf)
        return Tried(over, over, over)
    after = [row for row in seconds if first.surely_before(row)]
    again = [
        row
        for row in firsts
        if is_refusal(row.seen) or row.value("session") == first.value("session")
    ]
    # Where the first one met another limiter it will again; the changed one may have had bad luck.
    telling = {start.seen.origin, first.seen.origin}
    completed = any(
        (is_refusal(row.seen) and row.seen.origin in telling)
        or any(row.surely_before(last) for last in again)
        for row in after
    )
    return Tried(bool(after), completed)


def _first_refused(rows: Iterable[PlacedRequest]) -> PlacedRequest | None:
    refused = (row for row in rows if is_refusal(row.seen))
    return min(refused, key=lambda row: row.head, default=None)


def _as_asked(variation: Variation, apart: frozenset[str]) -> bool:
    """Whether a row differs from the first as a variation asks, and in no more."""
    if not variation.changes:
        return not apart
    along = {"region"} if variation.changes[0] == "session" else MOVES_ALONG
    return variation.changes[0] in apart and apart <= {*variation.changes, *along}


def _apart(one: PlacedRequest, other: PlacedRequest) -> frozenset[str]:
    """In what two differ beside the prompt; a label says nothing where the address is one."""
    address = one.value("address")
    at_one = address is not None and address == other.value("address")
    nothing = {"request", "network"} if at_one else {"request"}
    return frozenset(differing(one, other)) - nothing
