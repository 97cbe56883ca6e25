"""Why a model stopped, in the words of four protocols.

Invariant: a word outside the table is never stored.
"""

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import Fact, Words, WordSet, rows


class FinishReasons(Fact):
    """Words of one sort."""

    what: str
    finished: WordSet = frozenset()
    failed: dict[str, Sense] = {}


_ROWS = rows(FinishReasons, "errors", "finish")
FINISHED: Words = frozenset().union(*(row.finished for row in _ROWS))
"""The response is as the model left it, short or filtered as it may be."""
FAILED = {word: sense for row in _ROWS for word, sense in row.failed.items()}
"""The finish reason reports that something broke."""


def known_finish(word: str) -> str | None:
    """The word when it is in the table."""
    return word if word in FINISHED or word in FAILED else None
