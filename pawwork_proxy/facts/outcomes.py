"""What follows from an outcome: what it means for people, and what clients do with the response."""

from pydantic import Field

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import Fact, rows
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Failure
from pawwork_proxy.model.texts import Era, Term


class Meaning(Fact):
    """One kind in words: in one sentence, for the user, and for support."""

    kind: Kind = Field(alias="name")
    sentence: str
    recognised: str
    user: str
    support: str


class Condition(Noun):
    """What a client looks at; all columns that are set must hold."""

    outcome: Kind | None = None
    status: tuple[int, ...] = ()
    status_from: int | None = None
    status_not: tuple[int, ...] = ()
    type: Sense | None = None
    says: Sense | None = None
    word: Sense | None = None
    error_type: tuple[str, ...] = ()
    error_code: tuple[str, ...] = ()
    undecodable: bool = False
    broken_but_for: tuple[Failure, ...] | None = None


class FailureRow(Fact):
    """One line of the client's own table of failure kinds."""

    kind: Term
    user_sees: Term
    when: tuple[Condition, ...]
    """One of them must hold."""


class Instead(Noun):
    """A failure kind that a range does not know yet, and what it takes it for."""

    kind: Term
    becomes: Term = Field(alias="as")
    user_sees: Term


class Range(Fact):
    """What the releases of some eras do."""

    eras: tuple[Era, ...]
    retried: tuple[Term, ...]
    retried_status: tuple[int, ...] = ()
    retried_from: int | None = None
    final: tuple[Term, ...] = ()
    waits: tuple[str, ...]
    first_wait_s: float
    instead: tuple[Instead, ...] = ()


class Screens(Fact):
    """What the user sees, by id."""

    texts: dict[Term, str]


MEANINGS = {row.kind: row for row in rows(Meaning, "meanings", "meaning")}
FAILURES = rows(FailureRow, "client_behaviour", "failure")
"""In the order in which the client looks; the last row always holds."""
RANGES = rows(Range, "client_behaviour", "range")
USER_SEES = rows(Screens, "client_behaviour", "screens")[0].texts
"""Id and what it stands for, in words."""
