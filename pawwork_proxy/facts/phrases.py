"""What error messages say, as ids: the messages themselves are never kept.

Rules use phrases only where no type decides, or where one type has several meanings (`AuthError`,
`ModelError`). Invariant: a phrase id says nothing that identifies anybody.
"""

from __future__ import annotations

import re
from functools import cache, cached_property

from pydantic import Field

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import Fact, lazily, rows
from pawwork_proxy.model.base import Noun

MAX_TEXT = 1200
"""Characters of a message that are looked at."""


class Wording(Noun):
    """How one language says it: a regular expression."""

    language: str = Field(alias="in")
    says: str


class Phrase(Fact):
    """One meaning, with the wordings that have it and a text in which it is found."""

    id: str = Field(alias="name")
    sense: Sense
    example: str
    wordings: tuple[Wording, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All wordings as one expression, in any case."""
        return re.compile("|".join(one.says for one in self.wordings), re.IGNORECASE)


PHRASES: tuple[Phrase, ...]
"""In the order in which ids are stored."""
SENSES: dict[str, Sense]


@cache
def _phrases() -> tuple[Phrase, ...]:
    return rows(Phrase, "wordings", "phrase")


def phrases_in(text: str) -> tuple[str, ...]:
    """Ids of the phrases that a message holds."""
    text = text[:MAX_TEXT]
    return tuple(phrase.id for phrase in _phrases() if phrase.pattern.search(text))


__getattr__ = lazily(
    globals(),
    PHRASES=_phrases,
    SENSES=lambda: {phrase.id: phrase.sense for phrase in _phrases()},
)
