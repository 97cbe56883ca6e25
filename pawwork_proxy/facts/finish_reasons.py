"""Why a model stopped, in the words of four protocols.

Invariant: a word outside the table is never stored.
"""

from __future__ import annotations

from functools import cache

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import Fact, Words, WordSet, lazily, rows

FINISHED: Words
"""The response is as the model left it, short or filtered as it may be."""
FAILED: dict[str, Sense]
"""The finish reason reports that something broke."""


class FinishReasons(Fact):
    """Words of one sort."""

    what: str
    finished: WordSet = frozenset()
    failed: dict[str, Sense] = {}


def known_finish(word: str) -> str | None:
    """The word when it is in the table."""
    return word if word in _finished() or word in _failed() else None


@cache
def _finished() -> Words:
    return frozenset().union(*(row.finished for row in rows(FinishReasons, "errors", "finish")))


@cache
def _failed() -> dict[str, Sense]:
    found = rows(FinishReasons, "errors", "finish")
    return {word: sense for row in found for word, sense in row.failed.items()}


__getattr__ = lazily(globals(), FINISHED=_finished, FAILED=_failed)
