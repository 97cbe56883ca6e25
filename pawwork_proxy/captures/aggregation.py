"""Observations of one capture, of which those that agree are counted together.

A verdict rests on refusals and on a few admissions around them; of thousands of admissions that
agree the number, the first and the last one say as much.
Invariant: aggregation may make a verdict undetermined, never another one. What is merged across
values loses its value (None), it never gets a foreign one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import NamedTuple

from pawwork_proxy.captures.lines import outcome_of, without_waits
from pawwork_proxy.captures.tally import (
    ACTION,
    END_MS,
    HEAD_MS,
    NO_TIME,
    SENT,
    Group,
    Row,
    Tally,
)
from pawwork_proxy.comparison.observations import Probes, ServerClock, observation
from pawwork_proxy.facts.server import server_era
from pawwork_proxy.model.capture import Header, Note
from pawwork_proxy.model.observation import SEVERAL, Identities, Observation
from pawwork_proxy.model.outcome import Family, Kind, Outcome
from pawwork_proxy.model.view import ExchangeView, replaced

_OF_A_REQUEST = {
    "seq", "started_at", "answered_at", "ended_at", "retry_after_s", "reset_at", "action",
    "answer_id", "who", "session", "request",
}  # fmt: skip
"""Fields of observations and of identities that differ between requests of one kind."""
_OF_A_KIND: Callable[[Observation], tuple[object, ...]] = attrgetter(
    *(name for name in Observation.model_fields if name not in _OF_A_REQUEST),
    *(f"who.{name}" for name in Identities.model_fields if name not in _OF_A_REQUEST),
)
_HOUR_S, _DAY_S = 3600.0, 86_400.0


def aggregate(
    tally: Tally,
    header: Header,
    exclusive: frozenset[str],
    most_rows: int,
    notes: Iterable[Note] = (),
) -> list[Observation]:
    """Plain admissions as runs; sessions are merged where more than `most_rows` are left."""
    making = _Aggregation(header, tally.clock, exclusive, tally.probes(notes))
    return list(making.of(tally.groups, most_rows))


class _One(NamedTuple):
    """One exchange of a group, and what came of it."""

    row: Row
    group: Group
    session: str | None
    outcome: Outcome

    @property
    def view(self) -> ExchangeView:
        """It as it was read."""
        return self.group.view(self.session, self.row)


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

    group: Group
    again: bool
    sessions: dict[str | None, list[Row]]


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
        self._known: dict[object, object] = {}
        """What `_likeness` has said."""

    def of(self, groups: Iterable[Group], most_rows: int) -> Iterator[Observation]:
        """The observations, at most `most_rows` if that can be."""
        plain: list[Group] = []
        others: list[_One] = []
        refused: list[_One] = []
        for group in groups:
            outcome = outcome_of(group.template.signals)
            answered = group.template.timing.first_byte_ms is not None
            if answered and outcome.family == Family.OK:
                plain.append(group)
                continue
            found = [
                _One(row, group, session, outcome)
                for session, rows in group.sessions.items()
                for row in rows
            ]
            others += found
            if outcome.kind == Kind.FREE_USAGE_LIMIT:
                refused += found
        runs = self._runs(plain, {ACTION(one.row) or "" for one in refused})
        seen: Iterable[Observation] = map(self._seen, others)
        if 2 * len(runs) + len(others) > most_rows:
            runs = _merged(runs, {one.session or "" for one in refused})
            seen = self._first_and_rest(others)
        for run in runs.values():
            yield from self._of_run(run)
        yield from seen

    def _seen(self, one: _One) -> Observation:
        return observation(
            self._header, one.view, one.outcome, self._clock, self._exclusive, self._probes
        )

    def _runs(self, groups: Iterable[Group], refused: Set[str]) -> _Runs:
        found: _Runs = {}
        for group in groups:
            for session, rows in group.sessions.items():
                ordered = sorted(rows)
                if self._lie_in_one_hour(ordered) and refused.isdisjoint(map(ACTION, rows)):
                    found[self._cell(group, session, ordered[0], refused)] = _Run(
                        group, False, {session: ordered}
                    )
                    continue
                for row in ordered:
                    cell = self._cell(group, session, row, refused)
                    run = found.setdefault(cell, _Run(group, cell.again, {session: []}))
                    run.sessions[session].append(row)
        return found

    def _cell(self, group: Group, session: str | None, row: Row, refused: Set[str]) -> _Cell:
        error = self._clock.error_s
        started = row[0].timestamp() + self._clock.offset_s
        return _Cell(
            id(group),
            int(started // _HOUR_S),
            int((started - error) // _DAY_S),
            int((started + HEAD_MS(row) / 1000 + error) // _DAY_S),
            ACTION(row) in refused,
            session,
        )

    def _lie_in_one_hour(self, ordered: Sequence[Row]) -> bool:
        """Whether all rows surely do, by the server's clock: then they lie in one cell."""
        error = self._clock.error_s
        longest = max(map(HEAD_MS, ordered)) / 1000
        early = ordered[0][0].timestamp() + self._clock.offset_s - error
        late = ordered[-1][0].timestamp() + self._clock.offset_s + longest + error
        return early // _HOUR_S == late // _HOUR_S

    def _of_run(self, run: _Run) -> Iterator[Observation]:
        """The latest by itself, and one for all before it."""
        group, outcome = run.group, outcome_of(run.group.template.signals)
        last = max(run.sessions, key=lambda session: run.sessions[session][-1])
        latest = self._seen(_One(run.sessions[last][-1], group, last, outcome))
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
        first = self._seen(_One(earlier[start][0], group, start, outcome))
        if count == 1:
            yield first
        elif _alike(first) != _alike(latest):  # the server's rules changed in between, say
            for session, rows in earlier.items():
                yield from (self._seen(_One(row, group, session, outcome)) for row in rows)
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

    def _first_and_rest(self, others: Iterable[_One]) -> Iterator[Observation]:
        """Of those alike in an hour: the first by itself, the rest as one, latest in time."""
        cells: dict[object, list[_One]] = defaultdict(list)
        for one in others:
            started = one.row[0] + self._offset
            late = self._ended(one) + timedelta(seconds=self._clock.error_s)
            cells[started.date(), started.hour, late.date(), self._likeness(one)].append(one)
        for alike in cells.values():
            first, *rest = sorted(alike, key=itemgetter(0))
            yield self._seen(first)
            if not rest:
                continue
            latest = self._seen(rest[-1])
            if latest.kind == "free_usage_limit":
                # A refusal is evidence at its own moment; the ones between add only to the number.
                yield latest.model_copy(update={"count": len(rest)})
            else:
                yield latest.model_copy(
                    update={
                        "started_at": rest[0].row[0] + self._offset,
                        "ended_at": max(map(self._ended, rest)),
                        "count": len(rest),
                        "action": "",
                        "who": latest.who.model_copy(update={"session": None, "request": None}),
                    }
                )

    def _ended(self, one: _One) -> datetime:
        return one.row[0] + self._offset + timedelta(milliseconds=END_MS(one.row))

    def _likeness(self, one: _One) -> object:
        """What `_alike` says of its observation, which is not made for each of thousands."""
        template, outcome = one.group.template, one.outcome
        kind = (
            replaced(template, signals=without_waits(template.signals)),
            outcome.kind,
            outcome.origin_label,
            outcome.reset_cadence,
            server_era(one.row[0] + self._offset),
            self._probes.vouched(one.view),
        )
        if kind not in self._known:
            self._known[kind] = _alike(self._seen(one))
        return self._known[kind]


def _merged(runs: _Runs, kept: Set[str | None]) -> _Runs:
    """The runs without regard to sessions, but for those in which somebody was refused."""
    found: _Runs = {}
    for cell, run in runs.items():
        wider = cell if cell.company in kept else cell._replace(company=SENT)
        found.setdefault(wider, _Run(run.group, run.again, {})).sessions.update(run.sessions)
    return found


def _latest_head_and_end(ordered: Sequence[Row]) -> tuple[datetime, datetime]:
    """When the last response began, and when the last one was over; rows are in order of start."""
    longest = timedelta(milliseconds=max(map(END_MS, ordered)))
    head = end = NO_TIME
    for started, _, head_ms, end_ms, *_ in reversed(ordered):
        if started + longest < head:
            break  # however long it took, it was over before
        head = max(head, started + timedelta(milliseconds=head_ms))
        end = max(end, started + timedelta(milliseconds=end_ms))
    return head, end


def _alike(one: Observation) -> tuple[object, ...]:
    """All of an observation but what differs from request to request."""
    return one.answered_at is None, _OF_A_KIND(one)
