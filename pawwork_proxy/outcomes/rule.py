"""What a row of the rule table is, and the conditions that rows are made of.

A condition states its senses and places once: the test and the evidence both follow from it.
Invariant: the first row whose condition holds decides; each row's own example reaches that row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.outcomes.clues import Clues

Check = Callable[[Clues], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that may be true of a response, and where that can be seen."""

    holds: Check
    senses: frozenset[Sense] = frozenset()
    """Every place is evidence at which a clue has one of these senses."""
    places: tuple[str, ...] = ()
    """Further places that are evidence."""

    def __and__(self, other: Condition | Check) -> Condition:
        """Holds if both hold; a bare check adds no evidence."""
        return _joined(self, other, lambda one, two: lambda clues: one(clues) and two(clues))

    def __or__(self, other: Condition | Check) -> Condition:
        """Holds if at least one holds."""
        return _joined(self, other, lambda one, two: lambda clues: one(clues) or two(clues))

    def evidence(self, clues: Clues) -> tuple[str, ...]:
        """The places that decided, each once."""
        return tuple(dict.fromkeys([*clues.places_of(self.senses), *self.places]))


def _joined(
    one: Condition, other: Condition | Check, join: Callable[[Check, Check], Check]
) -> Condition:
    two = other if isinstance(other, Condition) else Condition(other)
    return Condition(join(one.holds, two.holds), one.senses | two.senses, one.places + two.places)


def named(*senses: Sense) -> Condition:
    """Holds if a type or code has one of these senses."""
    wanted = frozenset(senses)
    return Condition(lambda clues: not wanted.isdisjoint(clues.named), wanted)


def said(*senses: Sense) -> Condition:
    """Holds if a message has one of these senses."""
    wanted = frozenset(senses)
    return Condition(lambda clues: not wanted.isdisjoint(clues.said), wanted)


def stated(*senses: Sense) -> Condition:
    """Holds if a type, code or message has one of these senses."""
    wanted = frozenset(senses)
    return Condition(lambda clues: not wanted.isdisjoint(clues.stated), wanted)


def worded(*phrases: str, about: Sense | None = None) -> Condition:
    """Holds if messages contain all of these phrases; clues of the sense `about` are evidence."""
    wanted = frozenset(phrases)
    senses = frozenset() if about is None else frozenset({about})
    return Condition(lambda clues: wanted <= clues.phrases, senses)


def status(*numbers: int) -> Condition:
    """Holds if the response has one of these statuses."""
    wanted = frozenset(numbers)
    return Condition(lambda clues: clues.status in wanted, places=("status",))


def deciding_status(*numbers: int) -> Condition:
    """Holds if the body states one of these statuses, or states none and the response has one."""
    wanted = frozenset(numbers)
    return Condition(lambda clues: clues.deciding in wanted, places=("status",))


def seen(check: Check, *places: str) -> Condition:
    """Holds if a check of the signals themselves does; `places` is where they were read."""
    return Condition(check, places=places)


class Sample(NamedTuple):
    """A response in short, made up."""

    body: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    ending: Ending = Ending.UNSTATED
    unobserved: tuple[ExchangePart, ...] | None = None


class Rule(NamedTuple):
    """One row: what it means, when it holds, why."""

    id: str
    kind: Kind
    when: Condition
    reason: str
    example: Sample
    origin: Origin | None = None
    """The origin of all its responses; None: the clues tell who spoke."""


def zen(type_: str, message: str, status: int | None = 429) -> Sample:
    """Zen's own error envelope."""
    body = f'{{"type":"error","error":{{"type":"{type_}","message":"{message}"}}}}'
    return Sample(body, status)
