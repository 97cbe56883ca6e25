"""The exchanges of one capture, grouped by what they agree in while they are read.

Thousands of admissions that agree in everything but time say no more than their number, their first
and their last one. So exchanges are grouped by *template*: the view with those fields blank that
tell requests of one kind apart. The fields that have to be equal are listed nowhere: they are all
that a view has. `Tally.add` blanks a field and `Group.view` puts it back; nothing else knows of it.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from pawwork_proxy.captures.lines import outcome_of
from pawwork_proxy.comparison.observations import Probes, ServerClock, observation, server_clock
from pawwork_proxy.model.capture import Header, Note
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.view import ExchangeView, TimingView, replaced, set_field

NO_TIME = datetime.min.replace(tzinfo=UTC)
_ANSWERED = TimingView(started_at=NO_TIME, first_byte_ms=0.0)
_NOT_ANSWERED = TimingView(started_at=NO_TIME)
SENT = "sent"
"""Stands in a template for a session or a user action: whether one was sent is part of it."""

Row = tuple[datetime, int, float, float, str | None, str | None]
"""What an exchange has of its own within its group and session: when it started by the machine's
clock, its number, milliseconds until the head of its response had come (0 if none came) and until
it was over, its user action, what its answer was named by. Rows sort by time. They are plain tuples
because there may be a million of them, and a named one takes eight times as long to make."""
_STARTED: Callable[[Row], datetime] = itemgetter(0)
_SEQ: Callable[[Row], int] = itemgetter(1)
HEAD_MS: Callable[[Row], float] = itemgetter(2)
END_MS: Callable[[Row], float] = itemgetter(3)
ACTION: Callable[[Row], str | None] = itemgetter(4)


class Group(NamedTuple):
    """The exchanges that agree in everything but session, user action, number and times."""

    template: ExchangeView
    sessions: dict[str | None, list[Row]]

    def view(self, session: str | None, row: Row) -> ExchangeView:
        """One of them as it was read, in all that an observation is made of."""
        started, seq, head_ms, end_ms, action, name = row
        answered = self.template.timing.first_byte_ms is not None
        response = self.template.response
        if name is not None:  # an observation reads one of the two
            response = replaced(response, cf_ray=name)
        return replaced(  # type: ignore[no-any-return]
            self.template,
            seq=seq,
            timing=TimingView(
                started_at=started, first_byte_ms=head_ms if answered else None, total_ms=end_ms
            ),
            request=replaced(self.template.request, session=session, request=action),
            response=response,
        )


class Tally:
    """Takes the exchanges of one capture, and makes observations of them when all are in."""

    def __init__(self) -> None:
        self._groups: dict[ExchangeView, Group] = {}
        self._last: Group | None = None
        self._low = array("d")
        self._high = array("d")
        """Bounds of the server's clock in seconds, from each dated response."""

    def add(self, view: ExchangeView, _lines: object = None) -> None:
        """Take an exchange. Its view is used up: nobody else may have it."""
        timing, request, response = view.timing, view.request, view.response
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
            name = response.cf_ray or response.response_id
            if name:
                set_field(response, "cf_ray", None)
                set_field(response, "response_id", None)
        row = (started, view.seq, head_ms, end_ms, action, name)
        set_field(view, "seq", 0)
        set_field(view, "timing", _NOT_ANSWERED if timing.first_byte_ms is None else _ANSWERED)
        if session:
            set_field(request, "session", SENT)
        if action:
            set_field(request, "request", SENT)
        if not view.signals.retry_hints:  # only for a wait do rules look at the date
            set_field(view.signals, "date", None)
        group = self._last
        if group is None or view != group.template:
            group = self._last = self._groups.setdefault(view, Group(view, {}))
        rows = group.sessions.get(session)
        if rows is None:
            rows = group.sessions[session] = []
        rows.append(row)

    @property
    def groups(self) -> Collection[Group]:
        """All groups, in the order in which they were first met."""
        return self._groups.values()

    @cached_property
    def clock(self) -> ServerClock:
        """The server's clock against the machine's, as all exchanges together tell it."""
        return server_clock(self._low, self._high)

    def probes(self, notes: Iterable[Note]) -> Probes:
        """The egress probes that its exchanges and the notes of its capture tell of."""
        return Probes((group.template.context for group in self.groups), notes)

    @property
    def last(self) -> tuple[int, datetime] | None:
        """Number and arrival of the exchange with the highest number."""
        found = [max(rows, key=_SEQ) for group in self.groups for rows in group.sessions.values()]
        row = max(found, key=_SEQ, default=None)
        return row and (row[1], row[0])

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
            for outcome in [outcome_of(group.template.signals)]
            for session, rows in group.sessions.items()
            for row in rows
        ]
        return sorted(found, key=lambda one: one.seq)
