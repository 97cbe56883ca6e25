"""The three studies as steps, and how far captures have come in one of them.

A study goes on within one reset window: somebody is refused, is asked again, then with one thing
changed, and as it was once more. Invariant: where a study stands follows from the rows alone, so
that it can be left and gone on with at any time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pawwork_proxy.comparison.means import NO_KEY
from pawwork_proxy.comparison.requests import PlacedRequest
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.model.observation import DimensionName, Observation

StudyName = Literal["two-networks", "one-network", "key-or-none"]


class Step(NamedTuple):
    """One request that a study needs, against the one that was refused."""

    id: str
    differs: tuple[DimensionName, ...] = ()
    same: tuple[DimensionName, ...] = ("install", "address", "auth_kind", "model")
    refused: bool = False
    """Whether only a refusal will do."""


REFUSED = Step("refused", same=(), refused=True)
AGAIN = Step("again", refused=True)
BACK = Step("back", refused=True)

STUDIES: dict[StudyName, tuple[Step, ...]] = {
    "two-networks": (
        REFUSED,
        AGAIN,
        Step("elsewhere", ("install", "address"), ("auth_kind", "model")),
        Step("moved", ("address",), ("install", "auth_kind", "model")),
        BACK,
    ),
    "one-network": (
        REFUSED,
        AGAIN,
        Step("fresh", ("install",), ("address", "auth_kind", "model")),
        BACK,
    ),
    "key-or-none": (
        REFUSED,
        AGAIN,
        Step("keyed", ("auth_kind",), ("install", "address", "model")),
        Step("keyed_elsewhere", ("auth_kind", "address"), ("install", "model")),
        BACK,
    ),
}


class Wrong(NamedTuple):
    """What a request was not as its step asks."""

    what: Literal["same", "differs", "unknown", "admitted"]
    """Still the same, changed as well, not known; or answered where a refusal was needed."""
    dimension: DimensionName | None = None


class Progress(NamedTuple):
    """How far a study has come."""

    done: tuple[PlacedRequest, ...]
    """The request of each step that is done."""
    step: Step | None
    """The next one; None: all are done."""
    last: PlacedRequest | None = None
    """What was asked since, and is not what the step asks."""
    wrong: tuple[Wrong, ...] = ()


_Judged = tuple[PlacedRequest, tuple[Wrong, ...]]


def progress_of(name: StudyName, seen: Iterable[Observation], now: datetime) -> Progress:
    """Where a study stands in the reset window that goes on now, or was last simulated."""
    rows = _of_window(tuple(seen), now)
    done: list[PlacedRequest] = []
    for step in STUDIES[name]:
        if step == REFUSED:
            refused = [row for row in rows if row.part == "refused"]
            if name == "key-or-none":
                refused = [row for row in refused if row.seen.who.key in NO_KEY]
            if not refused:
                return Progress((), step)
            done.append(min(refused, key=lambda row: row.head))
            continue
        after = [row for row in rows if done[-1].surely_before(row) and _other(done[-1], row)]
        first = done[min(len(done), 2) - 1]  # who was asked again has a known address
        judged = [(row, _wrong(step, first, row)) for row in after]
        right = next((row for row, wrong in judged if not wrong), None)
        if right is None:
            return Progress(tuple(done), step, *_last(judged))
        done.append(right)
    return Progress(tuple(done), None)


def _of_window(seen: Sequence[Observation], now: datetime) -> Sequence[PlacedRequest]:
    """The rows of the latest window in which somebody was refused, unless it is over."""
    simulated = any(one.simulated for one in seen)
    for limiter in select(seen).limiters[:1]:
        window = limiter.windows[-1]
        if simulated or window.end > now:
            evidence = (row for row in limiter.rows if row.part != "maybe")
            return sorted(
                (row for row in evidence if row.window == window.id), key=lambda row: row.start
            )
    return ()


def _last(judged: Sequence[_Judged]) -> tuple[PlacedRequest | None, tuple[Wrong, ...]]:
    """What was asked last and comes closest, by its first request: retries say nothing new.

    A title call is off in more than the request that it belongs to.
    """
    if not judged:
        return None, ()
    last, wrong = min(reversed(judged), key=lambda one: len(one[1]))
    same = (one for one in judged if one[0].action == last.action and one[1] == wrong)
    return next(same)


def _other(one: PlacedRequest, other: PlacedRequest) -> bool:
    """Whether a user did something anew: retries and title calls belong to what was before."""
    return one.action != other.action


def _wrong(step: Step, first: PlacedRequest, row: PlacedRequest) -> tuple[Wrong, ...]:
    found = []
    for dimension in (*step.differs, *step.same):
        own = row.value(dimension)
        if own is None:
            found.append(Wrong("unknown", dimension))
            continue
        same = own == first.value(dimension)
        # Who was refused first may have been captured without the probe.
        if dimension in step.differs and same:
            found.append(Wrong("same", dimension))
        elif dimension in step.same and not same and first.value(dimension) is not None:
            found.append(Wrong("differs", dimension))
    if step.refused and row.part != "refused" and not found:
        found.append(Wrong("admitted"))  # nothing else tells why
    return tuple(found)
