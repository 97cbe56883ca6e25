"""Steps that neither record nor traffic may fall with: a failure is logged, and things go on.

Invariant: nothing of a failure's text is logged, and each kind of failure at each place only once,
since a peer could cause ever new ones.
"""

from collections.abc import Callable
from typing import TypeVar

from pawwork_proxy.logs import place_of, say
from pawwork_proxy.redaction.taint_gate import Hit

MOST_SAID = 20
Made = TypeVar("Made")


class Failures:
    """The failures of one run that were logged."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str, str]] = set()

    def attempt(self, event: str, call: Callable[..., Made], *arguments: object) -> Made | None:
        """The result of a step; None if it failed."""
        try:
            return call(*arguments)
        except Exception as error:
            self.failed(event, error)
            return None

    def failed(self, event: str, error: Exception) -> None:
        """Log an internal failure by its kind and place."""
        kind, place = type(error).__name__, place_of(error)
        if self._is_new(event, kind, place):
            say(event, type=kind, place=place)

    def withheld(self, event: str, hit: Hit) -> None:
        """Log which rule kept what out of the capture."""
        if self._is_new(event, *hit):
            say(event, rule=hit.rule, place=hit.path)

    def _is_new(self, event: str, what: str, place: str) -> bool:
        told = (event, what, place)
        if told in self._said or len(self._said) >= MOST_SAID:
            return False
        self._said.add(told)
        return True
