"""The rows of one limiter, each in its window, or up to the moment that a refusal names.

Invariant: an admission is a row of the evidence only where the refusals beside it certainly still
held: not behind a moment that they name, and not around a change of all pools in a window.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from pawwork_proxy.comparison.requests import NAMES, PlacedRequest, placed
from pawwork_proxy.comparison.rhythms import TOLERANCE_S, end_of
from pawwork_proxy.comparison.windows import Cycle, Window, window_at, windows_counting, windows_of
from pawwork_proxy.model.observation import Identities, Observation

MOST_NAMED = 200
"""Moments of rolling limits up to which contrasts are looked for, those longest ahead first."""
_UNCHANGED = attrgetter(*(name for name in NAMES if name != "request"))
"""Who agrees in these is the same as before; each prompt has an id of its own."""


class Requests(NamedTuple):
    """What one limiter judged, and what others did meanwhile."""

    refused: Sequence[Observation]
    admitted: Sequence[Observation]
    beside: Sequence[Observation]
    """No evidence, but the server may have counted it."""
    era: str


class Placing(NamedTuple):
    """Windows, their rows, and the observations that found no place, with the reason."""

    windows: tuple[Window, ...]
    rows: tuple[PlacedRequest, ...]
    left: Mapping[int, str]


def in_windows(requests: Requests, cycle: Cycle, perhaps: Sequence[str] = ()) -> Placing:
    """The rows of every fixed window in which this limiter refused somebody.

    If windows are `perhaps` the last days of longer ones, what came before may have been counted.
    """
    windows: dict[str, Window] = {}
    rows: dict[str, list[PlacedRequest]] = defaultdict(list)
    left: dict[int, str] = {}
    for seen in requests.refused:
        found = windows_of(seen, cycle)
        if len(found) > 1:
            left[id(seen)] = "near_reset"
            continue
        windows[found[0].id] = found[0]
        rows[found[0].id].append(placed(seen, "refused", found[0].id))
    for seen in requests.admitted:
        found = windows_of(seen, cycle)
        if len(found) > 1:
            left[id(seen)] = "near_reset"
        for window in windows_counting(seen, cycle):
            sure = found == (window,) and seen.server_era == requests.era
            if window.id in windows:
                rows[window.id].append(placed(seen, "admitted" if sure else "maybe", window.id))
    for seen in requests.beside:
        for window in windows_counting(seen, cycle):
            if window.id in windows:
                rows[window.id].append(placed(seen, "maybe", window.id))
    for window in windows.values():
        rows[window.id] += _counted_earlier(window, requests, cycle, perhaps)
    every: list[PlacedRequest] = []
    for of_window in rows.values():
        kept = _cut(of_window)
        if len(kept) > len(of_window):
            left.update((id(row.seen), "near_reset") for row in of_window)
        every += kept
    return Placing(tuple(windows.values()), tuple(every), left)


def _counted_earlier(
    window: Window, requests: Requests, cycle: Cycle, perhaps: Sequence[str]
) -> Iterator[PlacedRequest]:
    """What may have been counted before a window, if a longer one began earlier."""
    since = min((window_at(window.start, Cycle(one)).start for one in perhaps), default=window.end)
    for seen in (*requests.admitted, *requests.beside) if perhaps else ():
        if since <= seen.ended_at and windows_counting(seen, cycle)[-1].end <= window.start:
            yield placed(seen, "maybe", window.id)


def up_to_named_ends(requests: Requests) -> Placing:
    """Each refusal with what was admitted before the moment that it names.

    What was counted before the refusal is not known: an unknown request stands for all of it.
    """
    left: dict[int, str] = {}
    by_end: list[tuple[datetime, list[Observation]]] = []
    ends = [(end_of(seen), n, seen) for n, seen in enumerate(requests.refused)]
    left.update((id(seen), "no_fixed_reset") for end, _, seen in ends if end is None)
    known = sorted((end, n, seen) for end, n, seen in ends if end is not None)
    for end, _, seen in known:
        if by_end and (end - by_end[-1][0]).total_seconds() <= 2 * TOLERANCE_S:
            by_end[-1][1].append(seen)
        else:
            by_end.append((end, [seen]))
    by_end.sort(key=lambda one: one[1][0].started_at - one[0])
    for _, refused in by_end[MOST_NAMED:]:
        left.update((id(seen), "no_fixed_reset") for seen in refused)
    windows: list[Window] = []
    rows: list[PlacedRequest] = []
    for end, refused in by_end[:MOST_NAMED]:
        name = f"until {end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        window = Window(name, min(seen.started_at for seen in refused), end)
        windows.append(window)
        rows += _cut(_up_to(window, refused, requests))
    return Placing(tuple(windows), tuple(rows), left)


def _up_to(
    window: Window, refused: Sequence[Observation], requests: Requests
) -> list[PlacedRequest]:
    before = refused[0].model_copy(update={"who": Identities(), "count": 1, "seq": 0})
    rows = [placed(before, "maybe", window.id)]
    rows += (placed(seen, "refused", window.id) for seen in refused)
    for seen in requests.admitted:
        slack = timedelta(seconds=seen.clock_error_s + TOLERANCE_S)
        head = seen.answered_at or seen.ended_at
        if (
            window.start < seen.started_at
            and head + slack < window.end
            and seen.server_era == requests.era
        ):
            rows.append(replace(placed(seen, "admitted", window.id), counts=False))
    return rows


def _cut(rows: Sequence[PlacedRequest]) -> Sequence[PlacedRequest]:
    """The rows of a window, in two periods where all pools changed at once.

    As when a limit is raised or its counters are reset: who was refused is admitted, unchanged.
    What came between the two shows nothing, and what came before may still have been counted.
    """
    change = _change(rows)
    if change is None:
        return rows
    last, first = change
    name = f"{first.window} from {datetime.fromtimestamp(first.start, UTC):%H:%M:%SZ}"
    found: list[PlacedRequest] = []
    for row in rows:
        earlier = row if row is last or row.surely_before(last) else _perhaps(row)
        later = row if row is first or first.surely_before(row) else _perhaps(row)
        found += [earlier, replace(later, window=name)]
    return found


def _perhaps(row: PlacedRequest) -> PlacedRequest:
    return replace(row, part="maybe", counts=False)


class _Turn(NamedTuple):
    """Somebody who had been refused is admitted, and nothing that is known has changed."""

    last: PlacedRequest
    first: PlacedRequest


def _change(rows: Sequence[PlacedRequest]) -> tuple[PlacedRequest, PlacedRequest] | None:
    """The last refusal before and the first admission behind a change of all pools at once.

    One alone that is admitted again may be an odd row, or have changed in what nobody recorded.
    """
    alike: dict[tuple[object, ...], list[PlacedRequest]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.start, row.seen.capture, row.seen.seq)):
        if row.part != "maybe" and row.seen.who.address is not None:
            alike[_UNCHANGED(row.seen.who)].append(row)
    turns = [turn for same in alike.values() for turn in _turn(same)]
    if len(turns) < 2:
        return None
    last = max((turn.last for turn in turns), key=lambda row: row.head)
    first = min((turn.first for turn in turns), key=lambda row: row.start)
    at_once = last.surely_before(first) and not any(_still(same, first) for same in alike.values())
    return (last, first) if at_once else None


def _turn(same: Sequence[PlacedRequest]) -> Iterator[_Turn]:
    """The first one of rows that agree, in order of time."""
    parts = [row.part for row in same]
    if "refused" not in parts or "admitted" not in parts[parts.index("refused") :]:
        return
    refused = parts.index("refused")
    admitted = parts.index("admitted", refused)
    if same[admitted - 1].surely_before(same[admitted]):
        yield _Turn(same[admitted - 1], same[admitted])


def _still(same: Sequence[PlacedRequest], change: PlacedRequest) -> bool:
    """Whether somebody who was refused before a change is refused still."""
    before = any(row.part == "refused" and row.surely_before(change) for row in same)
    after = next((row for row in same if row.start >= change.start), None)
    return before and after is not None and after.part == "refused"
