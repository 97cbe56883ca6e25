"""How many requests a bucket took before it refused, as bounds, and who met a used-up bucket.

Invariant: a bound never claims more than the rows show: what was surely counted is the lower side,
what may have been counted the upper one, and `exclusive` says whether others can have helped.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pawwork_proxy.comparison.columns import ClientKind
from pawwork_proxy.comparison.dimensions import BUCKET, PRESENCE, title
from pawwork_proxy.comparison.hypotheses import Hypothesis
from pawwork_proxy.comparison.places import Place, Places
from pawwork_proxy.comparison.requests import KIND_DIMENSIONS, PlacedRequest, evidence_row
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.model.observation import SEVERAL
from pawwork_proxy.model.verdict import CutOff, EarlyRefusal, Threshold

FEW = 4
"""Refused after less than this fraction (1/FEW) of what another install got: not its own doing."""
SHOWN = 20
KIND_PARTS = (*KIND_DIMENSIONS, *PRESENCE)
"""What the parts of a `ClientKind` are."""


def thresholds(limiter: Limiter, hypothesis: Hypothesis) -> tuple[Threshold, ...]:
    """Bounds per bucket and kind of client, if the limit is keyed as given; refusals come first."""
    names = sorted(hypothesis - {BUCKET} | ({"model"} if BUCKET in hypothesis else set()))
    buckets: dict[Place, list[PlacedRequest]] = defaultdict(list)
    places: list[Place] = []
    for row in limiter.rows:
        values = (row.value(name) for name in names)
        place: Place = (row.window, *(None if value == SEVERAL else value for value in values))
        places.append(place)
        if None not in place:
            buckets[place].append(row)
    everywhere = Places(places)
    found: list[Threshold] = []
    for place in sorted(buckets, key=str):
        perhaps = [limiter.rows[number] for number in everywhere.meeting(place)]
        bucket = " + ".join(map(str, place[1:])) or "everybody"
        found.extend(_thresholds(bucket, buckets[place], perhaps, names))
    found.sort(key=lambda bound: (bound.at_most is None, bound.window))
    return tuple(found)


def cut_off(bounds: Iterable[Threshold]) -> CutOff | None:
    """The number at which pools were refused, most often, where they were followed to it.

    Both bounds agree where a pool was seen from its first request to its first refusal. One window
    alone shows no number: others may have used the pool.
    """
    exact: dict[str, set[int]] = defaultdict(set)
    for bound in bounds:
        if bound.first_refusal is not None and bound.at_least == bound.at_most and bound.at_most:
            exact[bound.window].add(bound.at_most)
    times = Counter(number for numbers in exact.values() for number in numbers)
    if len(exact) < 2:
        return None
    at = max(times, key=lambda number: (times[number], number))
    only = sum(numbers == {at} for numbers in exact.values())
    return CutOff(at, windows=only, of=len(exact))


def _thresholds(
    bucket: str,
    rows: Sequence[PlacedRequest],
    perhaps: Sequence[PlacedRequest],
    names: Sequence[str],
) -> Iterator[Threshold]:
    """A bucket's bounds: one pair for each kind of client, as each may be allowed something else.

    `perhaps`: all rows that may be of this bucket, for all that is known of them.
    """
    kinds: dict[ClientKind | None, list[PlacedRequest]] = defaultdict(list)
    for row in rows:
        if row.part != "maybe":
            kinds[row.client_kind].append(row)
    exclusive = any(all(row.private(name) for row in rows) for name in names) or all(
        row.seen.exclusive for row in rows
    )
    for kind, of_kind in kinds.items():
        refused = [row for row in of_kind if row.part == "refused"]
        first = min(refused, key=lambda row: row.head, default=None)
        latest = {row.seen.capture: row for row in of_kind if row.part == "admitted"}
        yield Threshold(
            bucket=", ".join([bucket, *_told_apart(kind, kinds)]),
            window=rows[0].window,
            at_least=max((_surely_counted(row, rows) + 1 for row in latest.values()), default=0),
            at_most=None if first is None else _possibly_counted(first, perhaps),
            exclusive=exclusive,
            first_refusal=None if first is None else evidence_row(first),
        )


def _told_apart(kind: ClientKind | None, kinds: Iterable[ClientKind | None]) -> Iterator[str]:
    """What tells one kind of client from the others that used a bucket."""
    known = [other for other in kinds if other is not None]
    if kind is None:
        yield "a client that is not known"
        return
    for name, value, values in zip(KIND_PARTS, kind, zip(*known, strict=True), strict=True):
        if len(set(values)) > 1:
            absent = {"True": f"without {title(name)}", "False": f"with {title(name)}"}
            yield absent[value] if name in PRESENCE else value


def _surely_counted(before: PlacedRequest, rows: Iterable[PlacedRequest]) -> int:
    """What was counted before the last request of a row was sent."""
    own = before.seen.count - 1 if before.counts else 0
    return own + sum(
        row.seen.count for row in rows if row.counts and row.surely_before(before, ended=True)
    )


def early_refusals(limiter: Limiter) -> tuple[EarlyRefusal, ...]:
    """Installs that were refused after few requests of their own where another got many.

    Compared within one window and one kind of client: others may be allowed something else.
    """
    by_install: dict[tuple[str, str], list[PlacedRequest]] = defaultdict(list)
    unknown: dict[str, list[PlacedRequest]] = defaultdict(list)
    most: dict[tuple[str, ClientKind], Counter[str]] = defaultdict(Counter)
    for row in limiter.rows:
        install = row.value("install")
        if install is None:
            unknown[row.window].append(row)
            continue
        by_install[(row.window, install)].append(row)
        if row.part == "admitted" and row.client_kind is not None:
            most[row.window, row.client_kind][install] += row.seen.count
    found = []
    for (window, install), rows in sorted(by_install.items()):
        refused = [row for row in rows if row.part == "refused" and row.client_kind is not None]
        if not refused:
            continue
        first = min(refused, key=lambda row: row.head)
        assert first.client_kind is not None
        own = _possibly_counted(first, [*rows, *unknown[window]])
        others = most.get((window, first.client_kind), Counter())
        another = max((times for who, times in others.items() if who != install), default=0)
        if FEW * own >= another:
            continue
        found.append(
            EarlyRefusal(
                install=install,
                network=first.value("network"),
                window=window,
                own_requests=own,
                most_admitted=another,
                row=evidence_row(first),
            )
        )
    return tuple(found[:SHOWN])


def _possibly_counted(refusal: PlacedRequest, company: Iterable[PlacedRequest]) -> int:
    """The most of its company in a pool that may have been counted before a refusal."""
    return sum(
        row.seen.count
        for row in company
        if row.part != "refused" and not refusal.surely_before(row)
    )
