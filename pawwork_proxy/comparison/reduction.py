"""Many admissions as few rows, without losing what a verdict could rest on.

Per capture, day and set of identities the admissions of user actions that were never refused
become one row with a count, plus the latest by itself: it is the one that can show an admission
after a refusal. Invariant: verdicts on the reduced rows are those on all rows, or undetermined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from pawwork_proxy.comparison.windows import windows_counting
from pawwork_proxy.model.observation import SEVERAL, Observation

Cell = tuple[object, ...]


def reduce(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Fewer observations that say the same."""
    every = tuple(observations)
    refused = {
        (seen.capture, seen.who.request) for seen in every if seen.kind == "free_usage_limit"
    }
    cells: dict[Cell, list[Observation]] = defaultdict(list)
    kept: list[Observation] = []
    for seen in every:
        whole = seen.family == "ok" and seen.ending == "complete" and seen.answered_at is not None
        if whole and (seen.capture, seen.who.request) not in refused:
            cells[_cell(seen)].append(seen)
        else:
            kept.append(seen)
    for alike in cells.values():
        kept.extend(_run(alike))
    return tuple(sorted(kept, key=lambda seen: (seen.started_at, seen.capture, seen.seq)))


def _cell(seen: Observation) -> Cell:
    days: tuple[date, ...] = tuple(
        window.start.date() for window in windows_counting(seen, "utc_day")
    )
    same = seen.model_dump(
        exclude={
            "seq",
            "started_at",
            "answered_at",
            "ended_at",
            "action",
            "count",
            "who",
            "retry_after_s",
            "reset_at",
        }
    )
    who = seen.who.model_copy(update={"request": None})
    return (days, who, tuple(same.items()))


def _run(alike: list[Observation]) -> list[Observation]:
    """All but the latest as one row; nothing is gained with fewer than three."""
    ordered = sorted(alike, key=lambda seen: (seen.started_at, seen.seq))
    if len(ordered) < 3:
        return ordered
    *run, latest = ordered
    first = run[0]
    row = first.model_copy(
        update={
            "answered_at": max(seen.answered_at or seen.ended_at for seen in run),
            "ended_at": max(seen.ended_at for seen in run),
            "count": sum(seen.count for seen in run),
            "action": "",
            "who": first.who.model_copy(update={"request": SEVERAL}),
        }
    )
    return [row, latest]
