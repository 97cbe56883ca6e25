"""What each range of client releases does with an answer, by the tables of `facts.outcomes`.

Invariant: pure; delays and costs follow from the rules of a range, and nothing states them again.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pawwork_proxy.facts.outcomes import FAILURES, RANGES, SDK, Condition, Range
from pawwork_proxy.model.outcome import ClientBehaviour, Kind
from pawwork_proxy.model.signals import Side
from pawwork_proxy.outcomes.clues import Clues

_REFUSED = 400
_COLUMNS: dict[str, Callable[[Any, Clues, Kind], bool]] = {
    "outcome": lambda wanted, _, kind: kind is wanted,
    "status": lambda wanted, clues, _: clues.signals.status in wanted,
    "status_from": lambda wanted, clues, _: (clues.signals.status or 0) >= wanted,
    "status_to": lambda wanted, clues, _: (clues.signals.status or wanted + 1) <= wanted,
    "answered": lambda wanted, clues, _: (clues.signals.status is not None) is wanted,
    "type": lambda wanted, clues, _: wanted in clues.types,
    "says": lambda wanted, clues, _: wanted in clues.heard,
    "phrase": lambda wanted, clues, _: wanted in clues.phrases,
    "error_code": lambda wanted, clues, _: any(
        fact.code in wanted for fact in clues.signals.errors
    ),
    "in_stream": lambda wanted, clues, _: clues.in_stream is wanted,
    "undecodable": lambda wanted, clues, _: clues.signals.decoding_failed is wanted,
    "broken": lambda wanted, clues, _: clues.client_saw in wanted,
    "broken_but_for": lambda wanted, clues, _: (
        clues.client_saw is not None and clues.client_saw not in wanted
    ),
}
"""How a client looks at each column of a condition."""


def _checks(condition: Condition) -> tuple[tuple[Callable[[Any, Clues, Kind], bool], object], ...]:
    given = condition.model_fields_set
    return tuple((_COLUMNS[name], getattr(condition, name)) for name in _COLUMNS if name in given)


_FAILURES = tuple((row.kind, tuple(map(_checks, row.when))) for row in FAILURES)


def client_behaviour(clues: Clues, kind: Kind) -> tuple[ClientBehaviour, ...]:
    """What clients make of an answer, range by range.

    Nothing is known of it without the status, when only part of the answer was seen, or when the
    client itself had left.
    """
    signals = clues.signals
    broken = signals.transport
    left = broken is not None and broken.side is Side.CLIENT
    if left or (signals.status is None and broken is None) or not signals.response_observed:
        return ()
    failure = next(
        name
        for name, conditions in _FAILURES
        if any(all(holds(wanted, clues, kind) for holds, wanted in one) for one in conditions)
    )
    waits = tuple((hint.place, hint.seconds) for hint in signals.retry_hints)
    return _of_failure(failure, signals.status, waits)


def of_client(
    behaviours: Sequence[ClientBehaviour], eras: Sequence[str]
) -> dict[str, ClientBehaviour]:
    """What each of these releases does (ids of `facts.clients`), where that is known."""
    return {era: one for era in eras for one in behaviours if era.startswith(one.eras)}


def after_used_up_quota(wait_s: float) -> tuple[ClientBehaviour, ...]:
    """What each range of releases does when the free quota is used up for so long."""
    return _of_failure("free_quota_exhausted", 429, (("retry-after", wait_s),))


@lru_cache(maxsize=256)
def _of_failure(
    failure: str, status: int | None, waits: tuple[tuple[str, float], ...]
) -> tuple[ClientBehaviour, ...]:
    """Cached, because most answers of a run are of very few kinds."""
    first = dict(reversed(waits))  # of several waits from one place the first counts
    return tuple(_of_range(one, failure, status, first) for one in RANGES)


def _of_range(
    releases: Range, failure: str, status: int | None, waits: dict[str, float]
) -> ClientBehaviour:
    # The SDK makes nothing of an answer that began well; it does of none at all.
    by_sdk = status is None or status in SDK.retried_status or status >= SDK.retried_from
    by_sdk = by_sdk or failure == "unresolvable"
    retried = (
        releases.retries != 0
        and failure not in releases.final | releases.blocks
        and (failure in releases.retried or by_sdk)
    )
    title_calls = releases.title_calls or SDK.title_calls
    behaviour = ClientBehaviour(
        eras=(releases.era,),
        failure_kind=failure,
        retried=False,
        retries=0,
        blocks=failure in releases.blocks,
        main_calls=1,
        title_calls=title_calls if by_sdk or failure in releases.title_again else 1,
        user_sees=releases.sees.get(failure) or releases.sees["retried" if retried else "final"],
    )
    if failure in releases.at_once:
        endless = {"retried": True, "retries": None, "delay_s": 0.0, "main_calls": None}
        return behaviour.model_copy(update=endless)
    if not retried:
        return behaviour
    retries = releases.retries if isinstance(releases.retries, int) else None
    refused = status is not None and status >= _REFUSED  # else the error comes without headers
    named = next((waits[place] for place in releases.waits if refused and place in waits), None)
    if named is not None:  # after the wait the limit is over
        how: dict[str, Any] = {"delay_s": named, "main_calls": 1}
    else:
        how = {
            "delay_s": releases.first_wait_s,
            "growth": releases.growth,
            "jitter": releases.jitter,
            "longest_s": releases.longest_s or (None if refused else releases.longest_headless_s),
            "main_calls": None if retries is None else 1 + retries,
        }
    honours = named is not None if waits and refused else None
    return behaviour.model_copy(
        update={"retried": True, "retries": retries, "honours_retry_after": honours, **how}
    )
