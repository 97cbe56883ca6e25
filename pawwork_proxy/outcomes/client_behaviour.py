"""What each range of clients does with a response, by the tables of `facts.client_behaviour`."""

from __future__ import annotations

from pawwork_proxy.facts import client_behaviour as facts
from pawwork_proxy.model.outcome import ClientBehaviour, Kind
from pawwork_proxy.outcomes.evidence import Evidence


def client_behaviour(evidence: Evidence, kind: Kind) -> tuple[ClientBehaviour, ...]:
    """What clients make of a response, range by range.

    Nothing is known of it without the status, or when only part of the response was seen.
    """
    nothing = evidence.s.status is None and evidence.s.transport is None
    if nothing or not evidence.s.response_observed:
        return ()
    row = next(
        row for row in facts.FAILURES if any(_holds(one, evidence, kind) for one in row.when)
    )
    return tuple(_of_range(releases, row, evidence) for releases in facts.RANGES)


def _holds(condition: facts.Condition, evidence: Evidence, kind: Kind) -> bool:
    """Whether all columns that the condition sets hold."""
    signals, status = evidence.s, evidence.s.status
    broken = signals.transport
    return (
        condition.outcome in (None, kind)
        and (not condition.status or status in condition.status)
        and (condition.status_from is None or (status or 0) >= condition.status_from)
        and status not in condition.status_not
        and (condition.type is None or condition.type in evidence.types)
        and (condition.says is None or condition.says in evidence.says)
        and (condition.word is None or condition.word in evidence.words)
        and (
            not condition.error_type or any(e.type in condition.error_type for e in signals.errors)
        )
        and (
            not condition.error_code or any(e.code in condition.error_code for e in signals.errors)
        )
        and (signals.decoding_failed or not condition.undecodable)
        and (
            condition.broken_but_for is None
            or (broken is not None and broken.failure not in condition.broken_but_for)
        )
    )


def _of_range(releases: facts.Range, row: facts.FailureRow, evidence: Evidence) -> ClientBehaviour:
    instead = next((one for one in releases.instead if one.kind == row.kind), None)
    failure = instead.becomes if instead else row.kind
    status = evidence.s.status or 0
    retried = failure not in releases.final and (
        failure in releases.retried
        or status in releases.retried_status
        or (releases.retried_from is not None and status >= releases.retried_from)
    )
    waits = {hint.place: hint.seconds for hint in reversed(evidence.s.retry_hints)}
    wait = next((waits[place] for place in releases.waits if place in waits), releases.first_wait_s)
    return ClientBehaviour(
        eras=releases.eras,
        failure_kind=failure,
        retried=retried,
        delay_s=wait if retried else None,
        user_sees=instead.user_sees if instead else row.user_sees,
    )
