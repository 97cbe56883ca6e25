"""Holds a request and its repetitions against what the client is known to do, answer by answer.

Where several ranges of releases can have sent it, what one of them does is as known.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest
from math import inf
from typing import NamedTuple

from pawwork_proxy.conduct.calls import Call, Repeated
from pawwork_proxy.conduct.known import Known
from pawwork_proxy.model.conduct import (
    Attempt,
    DifferenceId,
    Part,
    ReasonId,
    Step,
    Then,
    Verdict,
    Wait,
)

EARLY_S = 0.3
"""How much shorter a wait may seem: a client may begin to count before an answer is over."""
LATE_S, LATE_FACTOR = 10.0, 2.0
"""How much longer a busy machine may make a wait."""
DECIDED = {"moved_on", "client_ended"}
"""After these a client asks no more of its own accord."""
SETTLED_S = 3.0
"""A client that asks again soon has done so after that time; every known first wait is shorter."""


class Missing(NamedTuple):
    """A request of which a capture has no whole record, or the first of several in a row."""

    seq: int
    at: datetime
    """When it arrived, or the earliest time at which it may have."""
    install: str | None = None
    """None where that is not known."""


class Limit(NamedTuple):
    """Until when a capture shows what a client did, and what ended that."""

    until: datetime
    reason: ReasonId


class Watched(NamedTuple):
    """Of one capture: how long it goes on, and what it lacks."""

    until: datetime
    missing: tuple[Missing, ...] = ()
    ended: Mapping[str, Limit] = {}
    """By install, when its client ended, where that was noted, and how."""


class _Course(NamedTuple):
    """What comes of holding a step against one range of releases."""

    then: Then
    difference: DifferenceId | None = None
    rows: tuple[int, ...] = ()
    reason: ReasonId | None = None
    after: Known | None = None
    """What is known after the answer that a difference follows, else after the first one."""

    @property
    def verdict(self) -> Verdict:
        """What follows from it."""
        if self.difference:
            return "differs"
        return "not_judged" if self.reason else "as_known"


def judged(capture: str, steps: Sequence[Repeated], watched: Watched) -> Iterator[Step]:
    """The steps of a capture with their verdicts, in order of arrival."""
    # A call whose body was not read may repeat any other.
    unread = (call for step in steps for call in step.calls if call.has_tools is None)
    missing = (*watched.missing, *(Missing(one.seq, one.started, one.install) for one in unread))
    prompts: dict[tuple[str, str | None], list[Call]] = {}
    for step in steps:
        if step.part == "main" and step.calls[0].action:
            first = step.calls[0]
            prompts.setdefault((first.install, first.session), []).append(first)
    for step in steps:
        last = step.calls[-1]
        later = [
            call.started
            for call in prompts.get((last.install, last.session), ())
            if call.seq > last.seq and call.action != last.action
        ]
        yield _step(capture, step, _limit(last, watched, min(later, default=None)), missing)


def _limit(last: Call, watched: Watched, moved_on: datetime | None) -> Limit:
    ends = [Limit(watched.until, "capture_ended")]
    if (ended := watched.ended.get(last.install)) is not None:
        ends.append(ended)
    if moved_on is not None:
        ends.append(Limit(moved_on, "moved_on"))
    return min(ends)


def _step(capture: str, step: Repeated, limit: Limit, missing: Sequence[Missing]) -> Step:
    calls, part = step.calls, step.part
    if any(not call.whole or call.has_tools is None for call in calls):
        best = [_Course("open", reason="seen_in_part")]
    else:
        ranges = list(zip_longest(*(call.known for call in calls)))
        courses = [_course(calls, known, part, limit, missing) for known in ranges]
        fewest = min(map(_badness, courses), default=0)
        best = [course for course in courses if _badness(course) == fewest]
        best = best or [_Course("open", reason=_unknown(calls[0]))]
    course, after = best[0], [one.after for one in best if one.after is not None]
    requests = {one.requests(part) for one in after}
    return Step(
        capture=capture,
        install=calls[0].install,
        client=calls[0].client,
        part=part,
        model=calls[0].model,
        attempts=tuple(_attempts(calls)),
        known_requests=() if inf in requests else tuple(sorted(map(int, requests))),
        known_waits=tuple(_waits(after, part, len(calls))),
        blocks=any(one.behaviour.blocks for one in after),
        then=course.then,
        verdict=course.verdict,
        difference=course.difference,
        rows=course.rows,
        reason=course.reason,
    )


def _attempts(calls: Sequence[Call]) -> Iterator[Attempt]:
    before: Call | None = None
    for call in calls:
        waited = None if before is None else _gap_s(before, call)
        yield Attempt(
            seq=call.seq,
            at=call.started,
            waited_s=waited,
            status=call.status,
            outcome=call.outcome,
        )
        before = call


def _waits(known: Sequence[Known], part: Part, requests: int) -> Iterator[Wait]:
    """As many as there are requests, if so many are known: the last one is still to come."""
    for number in range(requests):
        waits = [one.wait(part, number) for one in known if number < one.retries(part)]
        found = [wait for wait in waits if wait is not None]
        if not found:
            return
        yield Wait(
            least_s=min(wait.least_s for wait in found), most_s=max(wait.most_s for wait in found)
        )


def _badness(course: _Course) -> int:
    return 2 if course.difference else 1 if course.reason else 0


def _course(
    calls: Sequence[Call],
    known: Sequence[Known | None],
    part: Part,
    limit: Limit,
    missing: Sequence[Missing],
) -> _Course:
    """What one range of releases would have done, against what was done."""
    for number, (before, call) in enumerate(pairwise(calls)):
        after = known[number]
        if after is None:
            return _Course("open", reason=_unknown(before))
        if any(_is_of(one, call) and before.seq < one.seq < call.seq for one in missing):
            return _Course("open", reason="records_missing")
        difference = _difference(after, part, number, _gap_s(before, call))
        if difference is not None:
            return _Course("open", difference, (before.seq, call.seq), after=after)
    course = _at_the_end(calls[-1], len(calls) - 1, known[-1], part, limit, missing)
    return course if course.after else course._replace(after=known[0])


def _difference(known: Known, part: Part, number: int, gap_s: float) -> DifferenceId | None:
    """What is wrong with asking again after a while, if anything is."""
    if number >= known.retries(part):
        return "asked_again"
    wait = known.wait(part, number)
    if wait is None:
        return None
    if gap_s < wait.least_s - EARLY_S:
        return "too_soon"
    return "too_late" if gap_s > _latest_s(wait) else None


def _at_the_end(
    last: Call,
    number: int,
    known: Known | None,
    part: Part,
    limit: Limit,
    missing: Sequence[Missing],
) -> _Course:
    """What was to come after the last request, against how long the capture shows nothing."""
    if last.answered:
        return _Course("answered")
    if known is None:
        return _Course("open", reason=_unknown(last))
    is_done = number >= known.retries(part) or known.may_stop_before(part)
    wait = None if is_done else known.wait(part, number)
    due_s = SETTLED_S if is_done else _latest_s(wait)
    due = last.ended + timedelta(seconds=due_s)
    if any(_is_of(one, last) and one.seq > last.seq and one.at <= due for one in missing):
        return _Course("open", reason="records_missing")
    silent_s = (limit.until - last.ended).total_seconds()
    if is_done:
        then: Then = "went_on" if limit.reason == "moved_on" else "stopped"
        # A client that goes by other rules would have asked again by now, or otherwise before.
        settled = number > 0 or silent_s >= SETTLED_S or limit.reason in DECIDED
        return _Course(then) if settled else _Course("open", reason=limit.reason)
    if silent_s > due_s:
        return _Course("open", "gave_up", (last.seq,), after=known)
    is_long = wait is not None and wait.least_s > SETTLED_S
    shown = number > 0 or (is_long and silent_s >= SETTLED_S)
    return _Course("waits", reason=None if shown else limit.reason)


def _unknown(call: Call) -> ReasonId:
    """Why it is not known what a client does after an answer."""
    if call.stranger:
        return "another_client"
    return "client_left" if call.left else "nothing_known"


def _gap_s(before: Call, call: Call) -> float:
    return max((call.started - before.ended).total_seconds(), 0.0)


def _latest_s(wait: Wait | None) -> float:
    return LATE_S + (LATE_FACTOR * wait.most_s if wait else 0.0)


def _is_of(missing: Missing, call: Call) -> bool:
    return missing.install in {None, call.install}
