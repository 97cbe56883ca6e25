"""How many requests a bucket took before it refused, as bounds, and who met a used-up bucket.

Invariant: a bound never claims more than the rows show: what was surely counted is the lower side,
what may have been counted the upper one, and `exclusive` says whether others can have helped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pawwork_proxy.comparison.contrasts import evidence_row, label
from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.keyings import Keying
from pawwork_proxy.comparison.selection import Row, Stratum
from pawwork_proxy.model.verdict import EarlyRefusal, Threshold

FEW = 4
"""Refused after less than this fraction (1/FEW) of what another install got: not its own doing."""
SHOWN = 20


def thresholds(stratum: Stratum, keying: Keying) -> tuple[Threshold, ...]:
    """Bounds per bucket, if the limit is keyed as given; buckets that refused come first."""
    names = sorted(keying - {BUCKET} | ({"model"} if BUCKET in keying else set()))
    buckets: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in stratum.rows:
        values = [row.value(name) for name in names]
        if None not in values:
            buckets[(row.window, *(value or "" for value in values))].append(row)
    found = [
        _threshold(" + ".join(key[1:]) or "everybody", key[0], rows, names)
        for key, rows in sorted(buckets.items())
    ]
    found.sort(key=lambda bound: (bound.at_most is None, bound.window))
    return tuple(found[:SHOWN])


def _threshold(bucket: str, window: str, rows: Sequence[Row], names: Sequence[str]) -> Threshold:
    refused = [row for row in rows if row.part == "refused"]
    first = min(refused, key=lambda row: row.head, default=None)
    latest = {row.seen.capture: row for row in rows if row.part == "admitted"}
    surely = max((_surely_counted(row, rows) + 1 for row in latest.values()), default=0)
    exclusive = any(all(row.private(name) for row in rows) for name in names) or all(
        row.seen.alone for row in rows
    )
    return Threshold(
        bucket=bucket,
        window=window,
        at_least=surely,
        at_most=None if first is None else _possibly_counted(first, rows),
        exclusive=exclusive,
        first_refusal=None if first is None else evidence_row(first),
    )


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
    """Installs that were refused after few requests of their own while others got many."""
    by_install: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in stratum.rows:
        install = row.value("install")
        if install is not None:
            by_install[(row.window, install)].append(row)
    most = max(
        (
            sum(row.seen.count for row in rows if row.part == "admitted")
            for rows in by_install.values()
        ),
        default=0,
    )
    found = []
    for (window, install), rows in sorted(by_install.items()):
        refused = [row for row in rows if row.part == "refused"]
        if not refused:
            continue
        first = min(refused, key=lambda row: row.head)
        own = _possibly_counted(first, rows)
        if FEW * own >= most:
            continue
        found.append(
            EarlyRefusal(
                install=install,
                network=first.value("network"),
                window=window,
                own_requests=own,
                most_admitted=most,
                row=evidence_row(first),
                words=(
                    f"{install} was refused ({label(first)}) after {own} of its own requests, "
                    f"where another got {most}: another install, captured or not, used this pool."
                ),
            )
        )
    return tuple(found[:SHOWN])
