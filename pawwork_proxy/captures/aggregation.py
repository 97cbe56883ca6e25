"""The exchanges of one capture as observations: one by one, or those that agree counted together.

A verdict rests on refusals and on a few admissions around them; thousands of admissions that agree
in everything but time say no more than their number, their first and their last one. So while they
are read, exchanges are grouped by *template*: the view with those fields blank that tell requests
of one kind apart. The fields that have to be equal are listed nowhere: they are all that a view
has. `Tally.add` blanks a field and `_Group.view` puts it back; nothing else knows of it.

Invariant: aggregation may make a verdict undetermined, never another one. What is merged across
values loses its value (None), it never gets a foreign one.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from pawwork_proxy.captures.lines import outcome_of
from pawwork_proxy.comparison.observations import Probes, ServerClock, observation, server_clock
from pawwork_proxy.model.capture import Header, Note
from pawwork_proxy.model.observation import SEVERAL, Observation
from pawwork_proxy.model.outcome import Family
from pawwork_proxy.model.view import ExchangeView, SignalsView, TimingView, replaced, set_field

_NO_TIME = datetime.min.replace(tzinfo=UTC)
_ANSWERED = TimingView(started_at=_NO_TIME, first_byte_ms=0.0)
_NOT_ANSWERED = TimingView(started_at=_NO_TIME)
_NO_SIGNALS = SignalsView()
_SENT = "sent"
"""Stands in a template for a session or a user action: whether one was sent is part of it."""
_OF_A_REQUEST = {
    "seq", "started_at", "answered_at", "ended_at", "retry_after_s", "reset_at", "action",
    "answer_id", "who", "session", "request",
}  # fmt: skip
"""Fields of observations and of identities that differ between requests of one kind."""
_HOUR_S, _DAY_S = 3600.0, 86_400.0


_Row = tuple[datetime, int, float, float, TimingView, str | None, str | None]
"""What an exchange has of its own within its group and session: when it started by the machine's
clock, its number, milliseconds until the head of its response had come (0 if none came) and until
it was over, its timing as it was read, its user action, what its answer was named by. Rows sort by
time. They are plain tuples because there may be a million of them, and a named one takes eight
times as long to make."""
_STARTED: Callable[[_Row], datetime] = itemgetter(0)
_SEQ: Callable[[_Row], int] = itemgetter(1)
_HEAD_MS: Callable[[_Row], float] = itemgetter(2)
_END_MS: Callable[[_Row], float] = itemgetter(3)
_ACTION: Callable[[_Row], str | None] = itemgetter(5)


class _Group(NamedTuple):
    """The exchanges that agree in everything but session, user action, number and times."""

    template: ExchangeView
    signals: SignalsView
    sessions: dict[str | None, list[_Row]]

    def view(self, session: str | None, row: _Row) -> ExchangeView:
        """One of them as it was read, but for dates that no rule looks at."""
        response, name = self.template.response, row[6]
        if name is not None:  # an observation reads one of the two
            response = replaced(response, cf_ray=name)
        return replaced(  # type: ignore[no-any-return]
            self.template,
            seq=row[1],
            timing=row[4],
            request=replaced(self.template.request, session=session, request=row[5]),
            response=response,
            signals=self.signals,
        )


class Tally:
    """Takes the exchanges of one capture, and makes observations of them when all are in."""

    def __init__(self) -> None:
        self._groups: dict[ExchangeView, dict[SignalsView, _Group]] = {}
        self._last: _Group | None = None
        self._low = array("d")
        self._high = array("d")
        """Bounds of the server's clock in seconds, from each dated response."""

    def add(self, view: ExchangeView, _offset: int | None = None) -> None:
        """Take an exchange. Its view is used up: nobody else may have it."""
        timing, request, signals, response = view.timing, view.request, view.signals, view.response
        started, session, action = timing.started_at, request.session, request.request
        head_ms = timing.first_byte_ms or 0.0
        total_ms = timing.total_ms or head_ms
        end_ms = total_ms if total_ms > head_ms else head_ms
        name: str | None = None
        if response is not None:
            if response.date is not None:
                lead = (response.date - started).total_seconds()
                if not view.answered_here:  # else it is this machine's own clock
                    self._low.append(lead - head_ms / 1000)
                    self._high.append(lead + 1.0)
                set_field(response, "date", None)
            if response.cf_ray or response.response_id:
                name = response.cf_ray or response.response_id
                set_field(response, "cf_ray", None)
                set_field(response, "response_id", None)
        row = (started, view.seq, head_ms, end_ms, timing, action, name)
        set_field(view, "seq", 0)
        set_field(view, "timing", _NOT_ANSWERED if timing.first_byte_ms is None else _ANSWERED)
        set_field(view, "signals", _NO_SIGNALS)
        if session:
            set_field(request, "session", _SENT)
        if action:
            set_field(request, "request", _SENT)
        if not signals.retry_hints:  # only for a wait do rules look at the date
            set_field(signals, "date", None)
        group = self._last
        if group is None or view != group.template or signals != group.signals:
            group = self._last = self._group(view, signals)
        rows = group.sessions.get(session)
        if rows is None:
            rows = group.sessions[session] = []
        rows.append(row)

    def _group(self, template: ExchangeView, signals: SignalsView) -> _Group:
        alike = self._groups.setdefault(template, {})
        if signals not in alike:
            known = next(iter(alike.values())).template if alike else template
            alike[signals] = _Group(known, signals, {})
        return alike[signals]

    @property
    def groups(self) -> Iterator[_Group]:
        """All groups, in the order in which they were first met."""
        for alike in self._groups.values():
            yield from alike.values()

    @property
    def clock(self) -> ServerClock:
        """The server's clock against the machine's."""
        return server_clock(self._low, self._high)

    def probes(self, notes: Iterable[Note]) -> Probes:
        """The egress probes that its exchanges and the notes of its capture tell of."""
        return Probes((group.template.context for group in self.groups), notes)

    def arrivals(self) -> Iterator[tuple[int, datetime]]:
        """The number of each exchange, and when it arrived."""
        for group in self.groups:
            for rows in group.sessions.values():
                yield from zip(map(_SEQ, rows), map(_STARTED, rows), strict=True)

    def one_by_one(
        self, header: Header, exclusive: frozenset[str], notes: Iterable[Note] = ()
    ) -> list[Observation]:
        """An observation for each exchange, in order of arrival."""
        clock, probes = self.clock, self.probes(notes)
        found = [
            observation(header, group.view(session, row), outcome, clock, exclusive, probes)
            for group in self.groups
            for outcome in [outcome_of(group.signals)]
            for session, rows in group.sessions.items()
            for row in rows
        ]
        return sorted(found, key=lambda one: one.seq)

    def aggregated(
        self,
        header: Header,
        exclusive: frozenset[str],
        most_rows: int,
        notes: Iterable[Note] = (),
    ) -> list[Observation]:
        """Plain admissions as runs; sessions are merged where more than `most_rows` are left."""
        making = _Aggregation(header, self.clock, exclusive, self.probes(notes))
        return list(making.of(self.groups, most_rows))


class _Cell(NamedTuple):
    """Admissions of one cell become one run."""

    group: int
    """Its id: groups are not compared, they differ."""
    hour: int
    early: int
    late: int
    """The first and the last day on which the server may have judged them."""
    again: bool
    """Whether their user actions were refused as well, in other requests."""
    company: str | None
    """The session, or one word for all of which none was refused."""


class _Run(NamedTuple):
    """The admissions of a cell, by session, sorted."""

    group: _Group
    again: bool
    sessions: dict[str | None, list[_Row]]


_Runs = dict[_Cell, _Run]


class _Aggregation:
    """Makes runs of admissions and keeps everything else, of one capture."""

    def __init__(
        self, header: Header, clock: ServerClock, exclusive: frozenset[str], probes: Probes
    ) -> None:
        self._header = header
        self._clock = clock
        self._exclusive = exclusive
        self._probes = probes
        self._offset = timedelta(seconds=clock.offset_s)

    def of(self, groups: Iterable[_Group], most_rows: int) -> Iterator[Observation]:
        """The observations, at most `most_rows` if that can be."""
        plain: list[_Group] = []
        others: list[Observation] = []
        for group in groups:
            answered = group.template.timing.first_byte_ms is not None
            if answered and outcome_of(group.signals).family == Family.OK:
                plain.append(group)
            else:
                for session, rows in group.sessions.items():
                    others += (self._seen(group, session, row) for row in rows)
        refused = [one for one in others if one.kind == "free_usage_limit"]
        runs = self._runs(plain, {one.action for one in refused})
        if 2 * len(runs) + len(others) > most_rows:
            runs = _merged(runs, {one.who.session for one in refused})
            others = list(_first_and_rest(others))
        for run in runs.values():
            yield from self._of_run(run)
        yield from others

    def _seen(self, group: _Group, session: str | None, row: _Row) -> Observation:
        outcome = outcome_of(group.signals)
        view = group.view(session, row)
        return observation(self._header, view, outcome, self._clock, self._exclusive, self._probes)

    def _runs(self, groups: Iterable[_Group], refused: Set[str]) -> _Runs:
        found: _Runs = {}
        for group in groups:
            for session, rows in group.sessions.items():
                ordered = sorted(rows)
                if self._lie_in_one_hour(ordered) and refused.isdisjoint(map(_ACTION, rows)):
                    found[self._cell(group, session, ordered[0], refused)] = _Run(
                        group, False, {session: ordered}
                    )
                    continue
                for row in ordered:
                    cell = self._cell(group, session, row, refused)
                    run = found.setdefault(cell, _Run(group, cell.again, {session: []}))
                    run.sessions[session].append(row)
        return found

    def _cell(self, group: _Group, session: str | None, row: _Row, refused: Set[str]) -> _Cell:
        error = self._clock.error_s
        started = row[0].timestamp() + self._clock.offset_s
        return _Cell(
            id(group),
            int(started // _HOUR_S),
            int((started - error) // _DAY_S),
            int((started + _HEAD_MS(row) / 1000 + error) // _DAY_S),
            _ACTION(row) in refused,
            session,
        )

    def _lie_in_one_hour(self, ordered: Sequence[_Row]) -> bool:
        """Whether all rows surely do, by the server's clock: then they lie in one cell."""
        error = self._clock.error_s
        longest = max(map(_HEAD_MS, ordered)) / 1000
        early = ordered[0][0].timestamp() + self._clock.offset_s - error
        late = ordered[-1][0].timestamp() + self._clock.offset_s + longest + error
        return early // _HOUR_S == late // _HOUR_S

    def _of_run(self, run: _Run) -> Iterator[Observation]:
        """The latest by itself, and one for all before it."""
        last = max(run.sessions, key=lambda session: run.sessions[session][-1])
        latest = self._seen(run.group, last, run.sessions[last][-1])
        yield latest
        before = {
            session: rows[:-1] if session == last else rows
            for session, rows in run.sessions.items()
        }
        earlier = {session: rows for session, rows in before.items() if rows}
        count = sum(map(len, earlier.values()))
        if count == 0:
            return
        start = min(earlier, key=lambda session: earlier[session][0])
        first = self._seen(run.group, start, earlier[start][0])
        if count == 1:
            yield first
        elif _alike(first) != _alike(latest):  # the server's rules changed in between, say
            for session, rows in earlier.items():
                yield from (self._seen(run.group, session, row) for row in rows)
        else:
            unknown: dict[str, str | None] = {}
            if first.action:
                unknown["request"] = None if run.again else SEVERAL
            if len(earlier) > 1:
                unknown["session"] = None
            heads, ends = zip(*map(_latest_head_and_end, earlier.values()), strict=True)
            yield first.model_copy(
                update={
                    "answered_at": max(heads) + self._offset,
                    "ended_at": max(ends) + self._offset,
                    "count": count,
                    "action": "",
                    "answer_id": "",
                    "who": first.who.model_copy(update=unknown),
                }
            )


def _merged(runs: _Runs, kept: Set[str | None]) -> _Runs:
    """The runs without regard to sessions, but for those in which somebody was refused."""
    found: _Runs = {}
    for cell, run in runs.items():
        wider = cell if cell.company in kept else cell._replace(company=_SENT)
        found.setdefault(wider, _Run(run.group, run.again, {})).sessions.update(run.sessions)
    return found


def _latest_head_and_end(ordered: Sequence[_Row]) -> tuple[datetime, datetime]:
    """When the last response began, and when the last one was over; rows are in order of start."""
    longest = timedelta(milliseconds=max(map(_END_MS, ordered)))
    head = end = _NO_TIME
    for started, _, head_ms, end_ms, *_ in reversed(ordered):
        if started + longest < head:
            break  # however long it took, it was over before
        head = max(head, started + timedelta(milliseconds=head_ms))
        end = max(end, started + timedelta(milliseconds=end_ms))
    return head, end


def _alike(one: Observation) -> tuple[object, ...]:
    """All of an observation but what differs from request to request."""
    return (
        one.answered_at is None,
        *(value for name, value in one if name not in _OF_A_REQUEST),
        *(value for name, value in one.who if name not in _OF_A_REQUEST),
    )


def _first_and_rest(others: Iterable[Observation]) -> Iterator[Observation]:
    """Per hour, of those that are alike: the first by itself, the rest as one, latest in time."""
    cells: dict[object, list[Observation]] = defaultdict(list)
    for one in others:
        hour = (one.started_at.date(), one.started_at.hour)
        day = (one.ended_at + timedelta(seconds=one.clock_error_s)).date()
        cells[hour, day, _alike(one)].append(one)
    for alike in cells.values():
        ordered = sorted(alike, key=lambda one: (one.started_at, one.seq))
        first, *rest = ordered
        yield first
        if not rest:
            continue
        latest = rest[-1]
        if latest.kind == "free_usage_limit":
            # A refusal is evidence at its own moment; the ones between add only to the number.
            yield latest.model_copy(update={"count": len(rest)})
        else:
            yield latest.model_copy(
                update={
                    "started_at": rest[0].started_at,
                    "ended_at": max(one.ended_at for one in rest),
                    "count": len(rest),
                    "action": "",
                    "who": latest.who.model_copy(update={"session": None, "request": None}),
                }
            )
