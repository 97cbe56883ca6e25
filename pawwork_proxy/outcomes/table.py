"""What a row of the rule table is.

Invariant: the first row whose `when` holds decides; each row's own example reaches that row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.outcomes.evidence import Evidence


class Sample(NamedTuple):
    """An answer in short, made up."""

    body: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    ending: Ending = Ending.UNSTATED
    made_by_proxy: bool = False
    unobserved: tuple[ExchangePart, ...] | None = None


class Rule(NamedTuple):
    """One row: when it holds, what it means, why."""

    id: str
    kind: Kind
    reason: str
    example: Sample
    when: Callable[[Evidence], bool]
    senses: frozenset[Sense] = frozenset()
    """Senses whose places are the evidence."""
    places: tuple[str, ...] = ()
    """Further places that decided."""
    origin: Origin | None = None
    """Fixed origin; None: whoever the evidence names."""


def zen(type_: str, message: str, status: int | None = 429) -> Sample:
    """Zen's own error envelope."""
    body = f'{{"type":"error","error":{{"type":"{type_}","message":"{message}"}}}}'
    return Sample(body, status)
