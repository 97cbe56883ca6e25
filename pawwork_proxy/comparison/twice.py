"""One exchange that two routes recorded counts once.

A client can be observed from within and pass an intercepting proxy as well. Then our handshake
reached the server, so the proxy's record is the one that counts: it says so, and knows the address.
Invariant: two exchanges that may be different ones are never taken for one. Where many were counted
together, nobody can tell: those may have counted, and are no evidence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from pawwork_proxy.comparison.exclusions import is_refusal
from pawwork_proxy.model.observation import INTERCEPTING, SEVERAL, UNTOUCHED, Observation

OF_ONE = ("install", "session", "request", "model")
"""What two records of one exchange agree in, where both know it."""


class Twice(NamedTuple):
    """Records from within that an intercepting route has as well."""

    surely: tuple[Observation, ...]
    perhaps: tuple[Observation, ...]
    """They may be among others that were counted together."""


def seen_twice(observations: Sequence[Observation]) -> Twice:
    """Those of one study that have to be left out so that each exchange counts once."""
    inside = [seen for seen in observations if seen.who.instrument == UNTOUCHED]
    proxied = [seen for seen in observations if seen.who.instrument == INTERCEPTING]
    if not inside or not proxied:
        return Twice((), ())
    by_id = _grouped((seen.answer_id, seen) for seen in proxied if seen.answer_id)
    by_install = _grouped((seen.who.install, seen) for seen in proxied)
    nameless = _grouped((seen.action, seen) for seen in observations if _nameless(seen))
    surely = [
        seen
        for seen in inside
        if any(_alike(seen, one) for one in by_id[seen.answer_id])
        or (_nameless(seen) and _has_one_twin(seen, nameless[seen.action]))
    ]
    known = set(map(id, surely))
    perhaps = [
        seen
        for seen in inside
        if id(seen) not in known
        and any(_may_hold(seen, one) for one in by_install[seen.who.install])
    ]
    return Twice(tuple(surely), tuple(perhaps))


def _grouped(pairs: Iterable[tuple[object, Observation]]) -> dict[object, list[Observation]]:
    found: dict[object, list[Observation]] = defaultdict(list)
    for key, seen in pairs:
        found[key].append(seen)
    return found


def _alike(one: Observation, other: Observation) -> bool:
    """Whether nothing known speaks against their being one exchange."""
    values = ({getattr(one.who, name), getattr(other.who, name)} for name in OF_ONE)
    return one.kind == other.kind and all(len(some - {None, SEVERAL}) <= 1 for some in values)


def _nameless(seen: Observation) -> bool:
    """A refusal that neither edge nor provider named; its user action is all that joins it."""
    return is_refusal(seen) and bool(seen.action) and not seen.answer_id and seen.count == 1


def _has_one_twin(seen: Observation, rivals: Sequence[Observation]) -> bool:
    """Whether just one record by another route surely overlaps it in time, and for that just it."""
    twins = _twins(seen, rivals)
    return len(twins) == 1 and len(_twins(twins[0], rivals)) == 1


def _twins(seen: Observation, rivals: Sequence[Observation]) -> list[Observation]:
    return [
        one
        for one in rivals
        if one.who.instrument != seen.who.instrument
        and _alike(seen, one)
        and _overlap(seen, one, sure=True)
    ]


def _may_hold(seen: Observation, run: Observation) -> bool:
    """Whether one of them stands for many, among which the other may be."""
    several = seen.count > 1 or run.count > 1
    return several and _alike(seen, run) and _overlap(seen, run, sure=False)


def _overlap(one: Observation, other: Observation, *, sure: bool) -> bool:
    one_clock = one.capture == other.capture and one.steady
    error = 0.0 if one_clock else one.clock_error_s + other.clock_error_s
    slack = timedelta(seconds=error if sure else -error)
    return max(one.started_at, other.started_at) + slack <= min(one.ended_at, other.ended_at)
