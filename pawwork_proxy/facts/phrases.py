"""What error messages say, as ids: the messages themselves are never kept.

Rules use phrases only where no type decides, or where one type has several meanings (`AuthError`,
`ModelError`). Invariant: a phrase id says nothing that identifies anybody.
"""

import re
from functools import cached_property

from pydantic import Field

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import Fact, rows
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


PHRASES = rows(Phrase, "wordings", "phrase")
"""In the order in which ids are stored."""
SENSES = {phrase.id: phrase.sense for phrase in PHRASES}


def phrases_in(text: str) -> tuple[str, ...]:
    """Ids of the phrases that a message holds."""
    text = text[:MAX_TEXT]
    return tuple(phrase.id for phrase in PHRASES if phrase.pattern.search(text))
