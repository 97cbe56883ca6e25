"""A large capture as few observations: DuckDB reads every line, Python only what decides.

Exchanges that agree in all that an observation reads except time and ids form a *shape*; one of
each is read and judged by the ordinary code, the others follow it. Plain admissions of one cell
(shape, session, hour, reset day) become a run and its latest; refusals and failures of one cell
become their first and the rest. Invariant: a fold may make a verdict undetermined, never another
one: what is merged across values loses its value (None), it never gets a foreign one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from pawwork_proxy.captures.lines import Cells, Database, ExchangeRow, LargeCapture, Unfoldable
from pawwork_proxy.captures.reader import Damage, read_line, read_lines
from pawwork_proxy.comparison.observations import (
    UNKNOWN_CLOCK_S,
    Arrival,
    ServerClock,
    after_last,
    clock_within,
    gaps,
    observation,
    unrecorded,
)
from pawwork_proxy.model.capture import End, Header, Line, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.gathered import CaptureSummary
from pawwork_proxy.model.observation import SEVERAL, Observation
from pawwork_proxy.model.signals import Signals
from pawwork_proxy.outcomes.rules import classify

MOST_ROWS = 4000
"""Observations beyond which sessions are merged as well."""


class Folded(NamedTuple):
    """What is left of a large capture."""

    summary: CaptureSummary
    observations: Sequence[Observation]
    unrecorded: Sequence[Observation]


def fold(
    path: Path,
    database: Database,
    alone: frozenset[str] = frozenset(),
    most_rows: int = MOST_ROWS,
) -> Folded:
    """Summary and observations of a large capture.

    Raises UnsupportedSchemaError when it is of a newer schema, Unfoldable when the ordinary reader
    has to take it.
    """
    with LargeCapture(path, database) as capture:
        others, examples = capture.others(), capture.examples()
        texts = capture.texts({*others, *examples})
        other = list(_other_lines(capture, {number: texts[number] for number in others}, path))
        header = next((line for line in other if isinstance(line, Header)), None)
        if header is None or others[0] > 0 or not isinstance(other[0], Header):
            raise Unfoldable("it does not begin with a header")
        withheld = sum(isinstance(line, Stub) for line in other)
        shapes = {shape: _exchange(texts[number]) for number, shape in examples.items()}
        clock = _clock(capture)
        found = tuple(_observations(capture, header, shapes, clock, alone, most_rows))
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
            in_part=sum(one.count for one in found if one.in_part),
            damaged=sum(isinstance(line, Damage) for line in other),
            ended=any(isinstance(line, End) for line in other),
            folded=True,
        )
        missing = gaps(_neighbours(capture, header, other))
        return Folded(summary, found, tuple(unrecorded(header, missing, clock)))


def _observations(
    capture: LargeCapture,
    header: Header,
    shapes: Mapping[int, Exchange],
    clock: ServerClock,
    alone: frozenset[str],
    most_rows: int,
) -> Iterator[Observation]:
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
    cells = Cells(plain, refused, clock)
    if capture.how_many_runs(cells) + len(others) > most_rows:
        others = list(_first_and_rest(others))
        sessions = {one.who.session for one in others if one.kind == "free_usage_limit"}
        kept = {session for session in sessions if session is not None}
        cells = cells._replace(by_session=False, kept=kept)
    for run in capture.runs(cells):
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


def _neighbours(
    capture: LargeCapture, header: Header, other: Sequence[Line | Damage]
) -> Iterator[tuple[Arrival, Arrival]]:
    """The exchanges on both sides of what is missing."""
    began = Arrival(0, header.started_at)
    for one, following in capture.holes():
        yield one or began, following
    stubs = [Arrival(line.seq, line.at) for line in other if isinstance(line, Stub)]
    known = [began, *stubs, *filter(None, (capture.last_exchange, capture.last_opened))]
    yield capture.last_exchange or began, after_last(known, capture.exchanges, other)


def _clock(capture: LargeCapture) -> ServerClock:
    """The same as `comparison.observations.server_clock` finds."""
    bounds = capture.clock_bounds()
    return ServerClock(0.0, UNKNOWN_CLOCK_S) if bounds is None else clock_within(*bounds)


def _other_lines(
    capture: LargeCapture, texts: Mapping[int, bytes], path: Path
) -> Iterator[Line | Damage]:
    """What the ordinary reader says of the lines that are no exchange to DuckDB."""
    numbers = iter(texts)
    for line in read_lines(BytesIO(b"".join(map(_whole_line, texts.values()))), path):
        number = next(numbers)
        whole_now = isinstance(line, Exchange | Opened) and number == capture.rows - 1
        if whole_now and capture.ends_torn:
            # Torn when DuckDB read it, and whole since: a run is still writing this capture.
            yield Damage(number + 1, "torn")
        elif _is_beyond_us(line):
            raise Unfoldable("not every record in it is one of the table")
        else:
            yield line


def _whole_line(text: bytes) -> bytes:
    return text if text.endswith(b"\n") else text + b"\n"


def _is_beyond_us(line: Line | Damage) -> bool:
    """A record that DuckDB did not take for one, or the header of another capture."""
    return isinstance(line, Exchange | Opened) or (
        isinstance(line, Damage) and line.reason == "another_capture"
    )


def _exchange(text: bytes) -> Exchange:
    """The one that stands for its shape."""
    line = read_line(text, 0)
    if not isinstance(line, Exchange):
        raise Unfoldable("a line that DuckDB takes for an exchange is none")
    return line


def _as_exchange(row: ExchangeRow, like: Exchange) -> Exchange:
    """The exchange of a row, in all that an observation reads."""
    try:
        signals = like.signals if row.signals is None else Signals.model_validate_json(row.signals)
    except ValidationError:
        raise Unfoldable("a line that DuckDB takes for an exchange is none") from None
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
