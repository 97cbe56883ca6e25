"""A large capture as few observations: DuckDB reads every line, Python only what decides.

Exchanges that agree in all that an observation reads except time and ids form a *shape*; one of
each is read and judged by the ordinary code, the others follow it. Plain admissions of one cell
(shape, session, hour, reset day) become a run and its latest; refusals and failures of one cell
become their first and the rest. Invariant: a fold may make a verdict undetermined, never another
one: what is merged across values loses its value (None), it never gets a foreign one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path

from pawwork_proxy.capture_file.reader import Damage, read_line, read_lines
from pawwork_proxy.classification.rules import classify
from pawwork_proxy.comparison.observations import UNKNOWN_CLOCK_S, ServerClock, observation
from pawwork_proxy.engine.lines import ExchangeRow, LargeCapture, Unfoldable
from pawwork_proxy.model.capture import End, Header, Line, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.gathered import CaptureSummary
from pawwork_proxy.model.observation import SEVERAL, Observation
from pawwork_proxy.model.signals import Signals

MOST_ROWS = 4000
"""Observations beyond which sessions are merged as well."""

Folded = tuple[CaptureSummary, Sequence[Observation]]


def fold(path: Path, alone: frozenset[str] = frozenset(), most_rows: int = MOST_ROWS) -> Folded:
    """Summary and observations of a large capture.

    Raises UnsupportedSchemaError when it is of a newer schema, Unfoldable when the ordinary reader
    has to take it.
    """
    with LargeCapture(path) as capture:
        other = list(read_lines(BytesIO(b"\n".join(capture.other_lines())), path))
        header = next((line for line in other if isinstance(line, Header)), None)
        if header is None or not capture.begins_with_header:
            raise Unfoldable("it does not begin with a header")
        if any(_is_beyond_us(line) for line in other):
            raise Unfoldable("not every record in it is one of the table")
        withheld = sum(isinstance(line, Stub) for line in other)
        summary = CaptureSummary(
            name=path.name,
            capture_id=header.capture_id,
            study_id=header.study_id,
            tool_version=header.tool_version,
            started_at=header.started_at,
            network=header.network,
            installs=tuple(install.label for install in header.installs),
            simulated=header.simulated,
            exchanges=capture.exchanges,
            under_way=max(0, capture.under_way - withheld),
            withheld=withheld,
            lost=sum(
                line.count or 0
                for line in other
                if isinstance(line, Note) and line.event == "records_lost"
            ),
            damaged=sum(isinstance(line, Damage) for line in other),
            ended=any(isinstance(line, End) for line in other),
            folded=True,
        )
        return summary, tuple(_observations(capture, header, alone, most_rows))


def _is_beyond_us(line: Line | Damage) -> bool:
    """A record that DuckDB did not take for one, or the header of another capture."""
    return isinstance(line, Exchange | Opened) or (
        isinstance(line, Damage) and line.reason == "another_capture"
    )


def _observations(
    capture: LargeCapture, header: Header, alone: frozenset[str], most_rows: int
) -> Iterator[Observation]:
    clock = _clock(capture)
    shapes = _representatives(capture)

    def seen(row: ExchangeRow) -> Observation:
        return observation(header, _as_exchange(row, shapes[row.shape]), clock, alone)

    plain = {shape for shape, exchange in shapes.items() if _is_plain(exchange)}
    odd = shapes.keys() - plain
    others = [seen(row) for row in chain(capture.unusual(), capture.usual_of(odd))]
    refused = {
        one.who.request
        for one in others
        if one.kind == "free_usage_limit" and one.who.request is not None
    }
    runs = capture.runs(plain, refused, clock, by_session=True)
    if len(runs) + len(others) > most_rows:
        others = list(_first_and_rest(others))
        sessions = {one.who.session for one in others if one.kind == "free_usage_limit"}
        kept = {session for session in sessions if session is not None}
        runs = capture.runs(plain, refused, clock, by_session=False, but=kept)
    for run in runs:
        yield seen(run.latest)
        if run.first is None:
            continue
        first = seen(run.first)
        if run.earlier == 1:
            yield first
        else:
            merged: dict[str, str | None] = {"request": None if run.refused else SEVERAL}
            if not run.one_session:
                merged["session"] = None
            yield first.model_copy(
                update={
                    "answered_at": run.head + timedelta(seconds=clock.offset_s),
                    "ended_at": run.end + timedelta(seconds=clock.offset_s),
                    "count": run.earlier,
                    "action": "",
                    "who": first.who.model_copy(update=merged),
                }
            )
    yield from others


def _is_plain(exchange: Exchange) -> bool:
    """Whether the rules of this version see an admission in it that was answered to the end."""
    return classify(exchange.signals).family == "ok" and exchange.timing.first_byte_ms is not None


def _clock(capture: LargeCapture) -> ServerClock:
    """The same interval as `comparison.observations.server_clock` finds."""
    bounds = capture.clock_bounds()
    if bounds is None:
        return ServerClock(0.0, UNKNOWN_CLOCK_S)
    low, high, least, most = bounds
    if low > high:
        low, high = least, most
    return ServerClock((low + high) / 2, (high - low) / 2)


def _representatives(capture: LargeCapture) -> dict[int, Exchange]:
    """One whole exchange per shape."""
    wanted = capture.examples()
    lines = (read_line(line, 0) for line in capture.lines_of(wanted))
    found = {wanted[line.seq]: line for line in lines if isinstance(line, Exchange)}
    if len(found) < len(wanted):
        raise Unfoldable("a line that DuckDB takes for an exchange is none")
    return found


def _as_exchange(row: ExchangeRow, like: Exchange) -> Exchange:
    """The exchange of a row, in all that an observation reads."""
    signals = like.signals if row.signals is None else Signals.model_validate_json(row.signals)
    return like.model_copy(
        update={
            "seq": row.seq,
            "timing": Timing(
                started_at=row.started_at, first_byte_ms=row.first_byte_ms, total_ms=row.total_ms
            ),
            "request": like.request.model_copy(
                update={"session": row.session, "request": row.request}
            ),
            "signals": signals,
            "outcome": classify(signals),
        }
    )


def _first_and_rest(others: Iterable[Observation]) -> Iterator[Observation]:
    """Per hour and set of identities: the first by itself, the rest as one row, latest in time."""
    cells: dict[object, list[Observation]] = defaultdict(list)
    for one in others:
        hour = one.started_at.replace(minute=0, second=0, microsecond=0)
        window = (one.ended_at + timedelta(seconds=one.clock_error_s)).date()
        who = one.who.model_copy(update={"session": None, "request": None})
        known = (one.answered_at is None, one.kind, one.origin, one.cadence, one.ending)
        cells[(hour, window, who, known, one.free)].append(one)
    for alike in cells.values():
        ordered = sorted(alike, key=lambda one: (one.started_at, one.seq))
        yield ordered[0]
        if len(ordered) == 1:
            continue
        latest = ordered[-1]
        if latest.kind == "free_usage_limit":
            # A refusal is evidence at its own moment; the ones between add only to the number.
            yield latest.model_copy(update={"count": len(ordered) - 1})
            continue
        unknown = latest.who.model_copy(update={"session": None, "request": None})
        yield latest.model_copy(
            update={
                "started_at": ordered[1].started_at,
                "ended_at": max(one.ended_at for one in ordered[1:]),
                "count": len(ordered) - 1,
                "action": "",
                "who": unknown,
            }
        )
