"""Admissions after a refusal in what a hypothesis takes for one pool, as an experimenter sees them.

Such a pair speaks against the hypothesis only as far as nothing else can have changed in between. A
limit can be raised, a counter be reset, a router get another address, and no row shows it. So a
pair counts if its two rows lie close together; and no such change explains it at all if the refused
one was refused again right afterwards (A-B-A), with too few requests in between to use up a pool.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from pawwork_proxy.comparison.columns import ClientKind, Columns
from pawwork_proxy.comparison.hypotheses import Hypothesis
from pawwork_proxy.comparison.requests import PlacedRequest, differing

CLOSE_S = 900.0
"""So near must two rows lie that nothing unrecorded is likely to have changed in between."""
FEW = 2
"""So few requests do not use up a pool that began anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """A refusal and the first admission after it, close together and in one pool."""

    refused: PlacedRequest
    admitted: PlacedRequest
    held: PlacedRequest | None
    """The refusal that came right afterwards, if one did."""


def transitions(hypothesis: Hypothesis, columns: Columns) -> Iterator[Transition]:
    """Those of one kind of client, pool by pool."""
    for rows in _pools(hypothesis, columns):
        kinds = _by_kind(rows)
        for kind in kinds:
            yield from _transitions(kinds, kind, kind, rows)


def directed(
    hypothesis: Hypothesis, columns: Columns, high: ClientKind, low: ClientKind
) -> Iterator[Transition]:
    """Those in which one kind of client was admitted after the refusal of another."""
    for rows in _pools(hypothesis, columns):
        yield from _transitions(_by_kind(rows), high, low, rows)


def _by_kind(rows: Sequence[PlacedRequest]) -> dict[ClientKind, list[PlacedRequest]]:
    kinds: dict[ClientKind, list[PlacedRequest]] = {}
    for row in rows:
        if row.client_kind is not None and row.part != "maybe":
            kinds.setdefault(row.client_kind, []).append(row)
    return kinds


def _pools(hypothesis: Hypothesis, columns: Columns) -> Iterator[list[PlacedRequest]]:
    """The rows that are certainly of one pool, in the order in which they began.

    Only where a request was admitted that was sent after a refusal is there anything to look for.
    """
    for stretch in columns.stretches:
        rows, windows, pools = stretch.rows, stretch.windows, stretch.pools(sorted(hypothesis))
        since: dict[int, float] = {}
        found: dict[int, list[PlacedRequest]] = {}
        window: dict[int, int] = {}
        for number, pool in enumerate(pools):
            part = rows[number].part
            if part == "refused":
                since[pool] = min(stretch.heads[number], since.get(pool, inf))
            elif part == "admitted" and since.get(pool, inf) < stretch.starts[number] and pool >= 0:
                found[pool] = []
                window[pool] = windows[number]
        for row, pool in zip(rows, pools, strict=True) if found else ():
            if pool in found:
                found[pool].append(row)
        for pool in sorted(found, key=window.__getitem__):
            yield found[pool]


def _transitions(
    kinds: Mapping[ClientKind, Sequence[PlacedRequest]],
    high: ClientKind,
    low: ClientKind,
    pool: Sequence[PlacedRequest],
) -> Iterator[Transition]:
    """Several admissions after one refusal are one transition."""
    refusals = [row for row in kinds.get(low, ()) if row.part == "refused"]
    starts = [row.start for row in refusals]
    told: PlacedRequest | None = None
    for row in kinds.get(high, ()) if refusals else ():
        if row.part == "refused":
            continue
        sent = reversed(range(bisect_left(starts, row.start)))
        earlier = (refusals[number] for number in sent)
        before = next((one for one in earlier if one.surely_before(row)), None)
        if before is None or before is told:
            continue
        told = before
        if row.start - before.head <= CLOSE_S:
            yield Transition(before, row, _held(before, row, refusals, pool))


def _held(
    refused: PlacedRequest,
    admitted: PlacedRequest,
    refusals: Sequence[PlacedRequest],
    pool: Sequence[PlacedRequest],
) -> PlacedRequest | None:
    """The refusal after the admission of one that had been refused, if soon and after few requests.

    That the admitted one is refused in its turn is what a limit that was raised looks like.
    """
    first, behind = (
        bisect_left(refusals, moment, key=lambda one: one.start)
        for moment in (admitted.start - CLOSE_S, admitted.start + CLOSE_S)
    )
    near = refusals[first:behind]
    earlier = [one for one in near if one.surely_before(admitted)]
    later = (
        one for one in near if admitted.surely_before(one) and one.start - refused.head <= CLOSE_S
    )
    again = next((one for one in later if _as_before(one, admitted, earlier)), None)
    if again is None:
        return None
    used = [row for row in pool if row.part != "refused"]
    before = sum(row.seen.count for row in used if row.surely_before(refused))
    between = sum(
        row.seen.count
        for row in used
        if not (row.surely_before(refused) or again.surely_before(row))
    )
    return again if between <= max(FEW, before // 2) else None


def _as_before(
    again: PlacedRequest, admitted: PlacedRequest, earlier: Iterable[PlacedRequest]
) -> bool:
    """Whether what had been changed for the admission was changed back.

    A prompt is always another one, and so mostly is a conversation: who starts the client anew
    cannot go on in it. It counts only where nothing else was changed.
    """
    return any(
        all(again.value(name) == refused.value(name) for name in _lasting(refused, admitted))
        for refused in earlier
    )


def _lasting(refused: PlacedRequest, admitted: PlacedRequest) -> Iterable[str]:
    changed = frozenset(differing(refused, admitted)) - {"request"}
    return changed - {"session"} or changed
