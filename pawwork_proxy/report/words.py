"""Words that text and page share: numbers with their noun, durations, and outcomes.

Invariant: an outcome is called what `show` calls it, also where the comparison counts it otherwise.
"""

from typing import Final

from pawwork_proxy.model.observation import Observation

BROKEN_OFF: Final = {"aborted": "then aborted", "cut": "then cut"}


def counted(number: int, noun: str) -> str:
    """`1 window`, `2 windows`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def outcome_words(one: Observation) -> str:
    """The outcome as recorded; what counts as admitted although it failed says both."""
    if not one.recorded_kind or one.recorded_kind == one.kind:
        return one.kind
    return f"{one.recorded_kind} (admitted, {BROKEN_OFF.get(one.ending, 'then failed')})"


def span(seconds: float) -> str:
    """A duration for people: `13 h 57 min`, `42 s`."""
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{seconds:g} s"
