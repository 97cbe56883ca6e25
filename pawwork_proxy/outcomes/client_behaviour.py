"""What each range of clients does with a response, by the tables of `facts.outcomes`."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pawwork_proxy.facts.outcomes import FAILURES, RANGES, Condition, Range
from pawwork_proxy.model.outcome import ClientBehaviour, Kind
from pawwork_proxy.outcomes.clues import Clues

_COLUMNS: dict[str, Callable[[Any, Clues, Kind], bool]] = {
    "outcome": lambda wanted, _, kind: kind is wanted,
    "status": lambda wanted, clues, _: clues.signals.status in wanted,
    "status_from": lambda wanted, clues, _: (clues.signals.status or 0) >= wanted,
    "status_not": lambda wanted, clues, _: clues.signals.status not in wanted,
    "type": lambda wanted, clues, _: wanted in clues.types,
    "says": lambda wanted, clues, _: wanted in clues.said,
    "word": lambda wanted, clues, _: wanted in clues.named,
    "error_type": lambda wanted, clues, _: any(
        fact.type in wanted for fact in clues.signals.errors
    ),
    "error_code": lambda wanted, clues, _: any(
        fact.code in wanted for fact in clues.signals.errors
    ),
    "undecodable": lambda wanted, clues, _: clues.signals.decoding_failed is wanted,
    "broken_but_for": lambda wanted, clues, _: (
        clues.signals.transport is not None and clues.signals.transport.failure not in wanted
    ),
}
"""How a client looks at each column of a condition."""


def _checks(condition: Condition) -> tuple[tuple[Callable[[Any, Clues, Kind], bool], object], ...]:
    given = condition.model_fields_set
    return tuple((_COLUMNS[name], getattr(condition, name)) for name in _COLUMNS if name in given)


_FAILURES = tuple((row, tuple(map(_checks, row.when))) for row in FAILURES)


def client_behaviour(clues: Clues, kind: Kind) -> tuple[ClientBehaviour, ...]:
    """What clients make of a response, range by range.

    Nothing is known of it without the status, or when only part of the response was seen.
    """
    signals = clues.signals
    nothing = signals.status is None and signals.transport is None
    if nothing or not signals.response_observed:
        return ()
    row = next(
        row
        for row, conditions in _FAILURES
        if any(all(holds(wanted, clues, kind) for holds, wanted in one) for one in conditions)
    )
    waits = tuple((hint.place, hint.seconds) for hint in signals.retry_hints)
    return _of_failure(row.kind, row.user_sees, signals.status or 0, waits)


@lru_cache(maxsize=256)
def _of_failure(
    kind: str, user_sees: str, status: int, waits: tuple[tuple[str, float], ...]
) -> tuple[ClientBehaviour, ...]:
    """Cached, because most responses of a run are of very few kinds."""
    first = dict(reversed(waits))  # of several waits from one place the first counts
    return tuple(_of_range(one, kind, user_sees, status, first) for one in RANGES)


def _of_range(
    releases: Range, kind: str, user_sees: str, status: int, waits: dict[str, float]
) -> ClientBehaviour:
    instead = next((one for one in releases.instead if one.kind == kind), None)
    failure = instead.becomes if instead else kind
    retried = failure not in releases.final and (
        failure in releases.retried
        or status in releases.retried_status
        or (releases.retried_from is not None and status >= releases.retried_from)
    )
    wait = next((waits[place] for place in releases.waits if place in waits), releases.first_wait_s)
    return ClientBehaviour(
        eras=releases.eras,
        failure_kind=failure,
        retried=retried,
        delay_s=wait if retried else None,
        user_sees=instead.user_sees if instead else user_sees,
    )
