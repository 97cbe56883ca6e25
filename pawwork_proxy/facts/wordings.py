"""What texts of responses say: error messages, pages of an edge, names of providers.

A message or a page is never kept, only ids of what it says. Rules use phrases only where no type
decides, or where one type has several meanings (`AuthError`, `ModelError`).
Invariant: an id says nothing that identifies anybody; a provider outside the table becomes `other`.
"""

import re
from functools import cached_property, lru_cache

from pydantic import Field

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import AnyCase, Fact, rows
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.signals import Ending, Failure, Side

MAX_TEXT = 1200
"""Characters of a message that are looked at."""
UNNAMED = "unnamed"
OTHER = "other"


_PIECE = re.compile(r"(\\.)|[^\\]+")
"""An escape, such as `\\W`, whose case means something, or what stands between two of them."""


def folded(text: str) -> str:
    """A text in lower case, through which expressions look much quicker than in any case.

    The two letters of Turkish that are an `i` elsewhere are one here.
    """
    lower = text.lower()
    return lower if lower.isascii() else lower.replace("i\u0307", "i").replace("\u0131", "i")


def _for_folded(says: str) -> re.Pattern[str]:
    return re.compile(_PIECE.sub(lambda match: match[1] or folded(match[0]), says))


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
        """All wordings as one expression for a text that is folded."""
        return _for_folded("|".join(one.says for one in self.wordings))


class EdgeMarks(Fact):
    """Patterns of pages that an edge, CDN or web server writes, by the id of the mark."""

    marks: dict[str, str]


class BrokenTransport(Fact):
    """How clients word one way in which a connection breaks."""

    failure: Failure
    side: Side
    says: AnyCase


class FetchFailure(Fact):
    """The codes by which runtimes report one way in which a `fetch` got no response."""

    ending: Ending
    codes: AnyCase


class ProviderList(Fact):
    """Providers of one sort, as in `Error from provider (NAME)` and `Upstream error from NAME`."""

    name: str
    what: str
    names: tuple[str, ...]


PHRASES = rows(Phrase, "wordings", "phrase")
"""In the order in which ids are stored."""
SENSES = {phrase.id: phrase.sense for phrase in PHRASES}
_FAILURES = frozenset({Sense.FREE_LIMIT, Sense.GO_LIMIT, Sense.RATE, Sense.OVERLOAD})
EDGE_MARKS = tuple(
    (mark, _for_folded(says))
    for row in rows(EdgeMarks, "pages", "edge")
    for mark, says in row.marks.items()
)
"""Id and pattern for a folded text; an id may be stored."""
_FETCH_FAILURES = rows(FetchFailure, "fetch_failures", "failure")
_TRANSPORTS = rows(BrokenTransport, "pages", "transport")
_PROVIDERS = {row.name: row.names for row in rows(ProviderList, "providers", "provider")}
OWN = frozenset((*_PROVIDERS["closed_service"], *_PROVIDERS["own"]))
"""Names under which no third party speaks; OpenCode's closed service is relayed, but its own."""
PROVIDERS = tuple(name for names in _PROVIDERS.values() for name in names)
_BY_FOLDED = {name.casefold(): name for name in PROVIDERS}


@lru_cache(maxsize=64)
def phrases_in(text: str) -> tuple[str, ...]:
    """Ids of the phrases that a message holds; cached, because servers repeat themselves."""
    text = folded(text[:MAX_TEXT])
    return tuple(phrase.id for phrase in PHRASES if phrase.pattern.search(text))


def says_failure(text: str) -> bool:
    """Whether a sentence says by itself that a limit was hit or that there was no room."""
    return any(SENSES[phrase] in _FAILURES for phrase in phrases_in(text))


def edge_marks(text: str) -> tuple[str, ...]:
    """Ids of the edge's marks in a page, or in a line that a client displays."""
    text = folded(text)
    return tuple(name for name, pattern in EDGE_MARKS if pattern.search(text))


def transport_mark(text: str) -> tuple[Failure, Side] | None:
    """The broken transport that a client's line reports; the first row that matches counts."""
    found = (row for row in _TRANSPORTS if row.says.search(text))
    return next(((row.failure, row.side) for row in found), None)


def fetch_ending(code: str) -> Ending | None:
    """How an exchange ended, by the code of the client's error; None for a code of no row."""
    return next((row.ending for row in _FETCH_FAILURES if row.codes.fullmatch(code)), None)


def known_provider(name: str) -> str:
    """The table's spelling of a provider's name, or `other`."""
    return _BY_FOLDED.get(name.strip().casefold(), OTHER)
