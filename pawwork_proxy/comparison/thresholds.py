"""How many requests a bucket took before it refused, as bounds, and who met a used-up bucket.

Invariant: a bound never claims more than the rows show: what was surely counted is the lower side,
what may have been counted the upper one, and `exclusive` says whether others can have helped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pawwork_proxy.comparison.contrasts import evidence_row, label
from pawwork_proxy.comparison.dimensions import BUCKET, PRESENCE, title
from pawwork_proxy.comparison.elimination import Gate
from pawwork_proxy.comparison.keyings import Keying
from pawwork_proxy.comparison.selection import THRESHOLDS, Row, Stratum
from pawwork_proxy.model.observation import SEVERAL
from pawwork_proxy.model.verdict import EarlyRefusal, Threshold

FEW = 4
"""Refused after less than this fraction (1/FEW) of what another install got: not its own doing."""
SHOWN = 20
GATES = (*THRESHOLDS, *PRESENCE)
"""What the parts of a `Gate` are."""
Place = tuple[str | None, ...]
"""Window, then the values that the limit is keyed on; None where one is not known."""


def thresholds(stratum: Stratum, keying: Keying) -> tuple[Threshold, ...]:
    """Bounds per bucket and kind of client, if the limit is keyed as given; refusals come first."""
    names = sorted(keying - {BUCKET} | ({"model"} if BUCKET in keying else set()))
    buckets: dict[Place, list[Row]] = defaultdict(list)
    loose: dict[Place, list[Row]] = defaultdict(list)
    for row in stratum.rows:
        values = (row.value(name) for name in names)
        place = (row.window, *(None if value == SEVERAL else value for value in values))
        if None in place:
            loose[place].append(row)
        else:
            buckets[place].append(row)
    found: list[Threshold] = []
    for place in sorted(buckets, key=str):
        perhaps = [row for other, rows in loose.items() if _may_meet(other, place) for row in rows]
        bucket = " + ".join(str(value) for value in place[1:]) or "everybody"
        found.extend(_thresholds(bucket, buckets[place], perhaps, names))
    found.sort(key=lambda bound: (bound.at_most is None, bound.window))
    return tuple(found[:SHOWN])


def _may_meet(one: Place, other: Place) -> bool:
    return all(a == b or a is None for a, b in zip(one, other, strict=True))


def _thresholds(
    bucket: str, rows: Sequence[Row], perhaps: Sequence[Row], names: Sequence[str]
) -> Iterator[Threshold]:
    """A bucket's bounds: one pair for each kind of client, as each may be allowed something else.

    `perhaps`: rows that may be of this bucket, for all that is known of them.
    """
    kinds: dict[Gate | None, list[Row]] = defaultdict(list)
    for row in rows:
        if row.part != "maybe":
            kinds[row.threshold].append(row)
    exclusive = any(all(row.private(name) for row in rows) for name in names) or all(
        row.seen.alone for row in rows
    )
    for kind, of_kind in kinds.items():
        refused = [row for row in of_kind if row.part == "refused"]
        first = min(refused, key=lambda row: row.head, default=None)
        latest = {row.seen.capture: row for row in of_kind if row.part == "admitted"}
        yield Threshold(
            bucket=", ".join([bucket, *_told_apart(kind, kinds)]),
            window=rows[0].window,
            at_least=max((_surely_counted(row, rows) + 1 for row in latest.values()), default=0),
            at_most=None if first is None else _possibly_counted(first, [*rows, *perhaps]),
            exclusive=exclusive,
            first_refusal=None if first is None else evidence_row(first),
        )


def _told_apart(kind: Gate | None, kinds: Iterable[Gate | None]) -> Iterator[str]:
    """What tells one kind of client from the others that used a bucket."""
    known = [other for other in kinds if other is not None]
    if kind is None:
        yield "a client that is not known"
        return
    for name, value, values in zip(GATES, kind, zip(*known, strict=True), strict=True):
        if len(set(values)) > 1:
            absent = {"True": f"without {title(name)}", "False": f"with {title(name)}"}
            yield absent[value] if name in PRESENCE else value


def _surely_counted(before: Row, rows: Iterable[Row]) -> int:
    """What was counted before the last request of a row was sent."""
    own = before.seen.count - 1 if before.counts else 0
    return own + sum(
        row.seen.count for row in rows if row.counts and row.surely_before(before, ended=True)
    )


def _possibly_counted(before: Row, rows: Iterable[Row]) -> int:
    return sum(
        row.seen.count for row in rows if row.part != "refused" and not before.surely_before(row)
    )


def early_refusals(stratum: Stratum) -> tuple[EarlyRefusal, ...]:
    """Installs that were refused after few requests of their own where another got many.

    Compared within one window and one kind of client: others may be allowed something else.
    """
    by_install: dict[tuple[str, str], list[Row]] = defaultdict(list)
    unknown: dict[str, list[Row]] = defaultdict(list)
    most: Counter[tuple[str, Gate, str]] = Counter()
    for row in stratum.rows:
        install = row.value("install")
        if install is None:
            unknown[row.window].append(row)
            continue
        by_install[(row.window, install)].append(row)
        if row.part == "admitted" and row.threshold is not None:
            most[(row.window, row.threshold, install)] += row.seen.count
    found = []
    for (window, install), rows in sorted(by_install.items()):
        refused = [row for row in rows if row.part == "refused" and row.threshold is not None]
        if not refused:
            continue
        first = min(refused, key=lambda row: row.head)
        own = _possibly_counted(first, [*rows, *unknown[window]])
        another = max(
            (
                times
                for (when, gate, who), times in most.items()
                if (when, gate) == (window, first.threshold) and who != install
            ),
            default=0,
        )
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
                words=(
                    f"{install} was refused ({label(first)}) after at most {own} requests of its "
                    f"own that are known, where another got {another}: most likely somebody else, "
                    "captured or not, used its pool."
                ),
            )
        )
    return tuple(found[:SHOWN])
