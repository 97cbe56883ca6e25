"""Which trials were done already, as the rows tell: whoever did them, asked to or not.

Invariant: a trial is done where the one that was refused first was refused once more after the
changed one was admitted, or where the changed one was refused as well; also where the rows turned
out to be no evidence, as those of a gate: doing it again would bring the same.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
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


class Tried(NamedTuple):
    """In how many reset windows a trial was done."""

    begun: int = 0
    whole: int = 0
    """With its repetition, or refused as the first was."""

    @property
    def is_fresh(self) -> bool:
        """Whether it was never done, or only begun, and that once."""
        return not self.whole and self.begun < MOST_TIMES

    @property
    def may_confirm(self) -> bool:
        """Whether doing it would be the first or the second observation."""
        return self.whole < MOST_TIMES and self.begun < MOST_TIMES


def tried(limiter: Limiter, start: PlacedRequest) -> Mapping[str, Tried]:
    """Per variation how often it was done with whoever `start` stands for."""
    windows: dict[str, list[PlacedRequest]] = {}
    for row in limiter.rows:
        own = is_refusal(row.seen) and row.seen.origin == limiter.origin
        if row.part != "maybe" or own:
            windows.setdefault(row.window, []).append(row)
    found = {variation.id: Tried() for variation in VARIATIONS}
    for rows in windows.values():
        same = [row for row in rows if _apart(start, row) <= SAME_ONE]
        for variation in VARIATIONS:
            begun, whole = _in_window(variation, rows, same, start)
            earlier = found[variation.id]
            found[variation.id] = Tried(earlier.begun + begun, earlier.whole + whole)
    return found


def asked_again(limiter: Limiter, capture: str, seq: int) -> bool:
    """Whether what one row asked was asked again in a later reset window."""
    rows = [row for row in limiter.rows if row.part != "maybe"]
    own = [row for row in rows if (row.seen.capture, row.seen.seq) == (capture, seq)]
    return any(
        row.window > one.window and _apart(one, row) <= SAME_ONE for one in own for row in rows
    )


def _in_window(
    variation: Variation,
    rows: Sequence[PlacedRequest],
    same: Sequence[PlacedRequest],
    start: PlacedRequest,
) -> tuple[bool, bool]:
    """Whether a variation was begun, and whether it was carried out as a whole."""
    firsts, seconds = same, rows
    if variation.reverse:
        firsts, seconds = [row for row in rows if _changed(variation, start, row)], same
    refused = [row for row in firsts if is_refusal(row.seen)]
    first = min(refused, key=lambda row: row.head, default=None)
    if first is None:
        # Whoever was to be refused first asked before all others, and never was: asking for that
        # again would not bring it about.
        over = (
            variation.reverse and bool(firsts) and all(firsts[0].start < row.start for row in same)
        )
        return over, over
    after = [
        row
        for row in seconds
        if first.surely_before(row) and (variation.reverse or _changed(variation, first, row))
    ]
    one_conversation = variation.changes[:1] == ("session",)
    again = [
        row
        for row in refused
        if not one_conversation or row.value("session") == first.value("session")
    ]
    whole = any(
        is_refusal(row.seen) or any(row.surely_before(last) for last in again) for row in after
    )
    return bool(after), whole


def _changed(variation: Variation, first: PlacedRequest, row: PlacedRequest) -> bool:
    """Whether a row differs from the first as a variation asks, and in no more."""
    apart = _apart(first, row)
    if not variation.changes:
        return not apart
    along = {"region"} if variation.changes[0] == "session" else MOVES_ALONG
    return variation.changes[0] in apart and apart <= {*variation.changes, *along}


@lru_cache(maxsize=8192)
def _apart(one: PlacedRequest, other: PlacedRequest) -> frozenset[str]:
    """In what two differ beside the prompt; a label says nothing where the address is one."""
    address = one.value("address")
    at_one = address is not None and address == other.value("address")
    nothing = {"request", "network"} if at_one else {"request"}
    return frozenset(differing(one, other)) - nothing
