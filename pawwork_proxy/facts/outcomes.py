"""What follows from an outcome: what it means for people, and what clients do with the response."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.facts.table import Fact, WordSet, read, rows, rows_in
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.outcome import Kind, Outcome
from pawwork_proxy.model.signals import Failure
from pawwork_proxy.model.texts import Era, Term


class Meaning(Fact):
    """One kind, or a special case of one, in words: what it means, for the user, for support."""

    name: Term
    kind: Kind
    types: WordSet = frozenset()
    """The special case is told by one of these types of the server."""
    rules: WordSet = frozenset()
    """Or by one of our rules."""
    origins: WordSet = frozenset()
    """Or by who spoke."""
    sentence: str
    recognised: str
    user: tuple[str, ...]
    resets: str = ""
    reply: tuple[str, ...]
    is_not: str
    support: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is said to people, in every language."""
        optional = filter(None, (self.resets, self.support))
        return (self.sentence, *self.user, *self.reply, self.is_not, *optional)


class Condition(Noun):
    """What a client looks at; all columns that are set must hold."""

    outcome: Kind | None = None
    status: tuple[int, ...] = ()
    status_from: int | None = None
    status_to: int | None = None
    answered: bool = False
    type: Sense | None = None
    says: Sense | None = None
    phrase: Term | None = None
    error_code: tuple[str, ...] = ()
    in_stream: bool = False
    undecodable: bool = False
    broken: tuple[Failure, ...] = ()
    broken_but_for: tuple[Failure, ...] = ()


class FailureRow(Fact):
    """One line of the clients' own table of failure kinds."""

    kind: Term
    when: tuple[Condition, ...]
    """One of them must hold."""


class Sdk(Fact):
    """What the SDK below most clients asks again for by itself."""

    retried_status: tuple[int, ...]
    retried_from: int
    title_calls: int
    first_wait_s: float
    growth: float
    longest_named_s: float


class Range(Fact):
    """What the releases do whose ids begin with `era`."""

    era: Era = Field(alias="name")
    retries: int | Literal["no limit"]
    first_wait_s: float
    growth: float
    jitter: tuple[float, float] = (1.0, 1.0)
    longest_s: float | None = None
    longest_headless_s: float | None = None
    waits: tuple[str, ...] = ()
    retried: frozenset[Term] = frozenset()
    final: frozenset[Term] = frozenset()
    at_once: frozenset[Term] = frozenset()
    blocks: frozenset[Term] = frozenset()
    title_calls: int | None = None
    title_again: frozenset[Term] = frozenset()
    sees: dict[Term, Term]


class Screens(Fact):
    """What the user sees, by id."""

    texts: dict[Term, str]


def _ranges() -> Iterator[Range]:
    """Each range with what it takes over from the one that it is like."""
    content = read("client_behaviour")
    whole: dict[str, dict[str, Any]] = {}
    for name, row in content["range"].items():
        base = whole.get(row.get("like", ""), {})
        own = {column: value for column, value in row.items() if column != "like"}
        whole[name] = {**base, **own, "sees": base.get("sees", {}) | own.get("sees", {})}
    return iter(rows_in(Range, content | {"range": whole}, "range", "client_behaviour.toml"))


def _meanings() -> Iterator[Meaning]:
    """Each kind, and each special case with what it takes over from its kind."""
    content = read("meanings")
    raw: dict[str, dict[str, Any]] = content["meaning"]
    whole = {name: _special_case(raw, name) for name in raw}
    return iter(rows_in(Meaning, content | {"meaning": whole}, "meaning", "meanings.toml"))


def _special_case(raw: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    own = {column: value for column, value in raw[name].items() if column != "of"}
    kind = raw[name].get("of", name)
    return {**raw[kind], **own, "kind": kind}


def meaning_of(outcome: Outcome) -> Meaning:
    """What an outcome means, as exactly as its type and rule tell."""
    special = (
        case
        for case in SPECIAL_CASES
        if case.kind is outcome.kind
        and (
            outcome.error_type in case.types
            or outcome.rule_id in case.rules
            or outcome.origin in case.origins
        )
    )
    return next(special, MEANINGS[outcome.kind])


_ALL_MEANINGS = tuple(_meanings())
MEANINGS = {row.kind: row for row in _ALL_MEANINGS if row.name == row.kind}
SPECIAL_CASES = tuple(row for row in _ALL_MEANINGS if row.name != row.kind)
FAILURES = rows(FailureRow, "client_behaviour", "failure")
"""In the order in which the client looks; the last row always holds."""
SDK = rows(Sdk, "client_behaviour", "sdk")[0]
RANGES = tuple(_ranges())
USER_SEES = rows(Screens, "client_behaviour", "screens")[0].texts
"""Id and what it stands for, in words."""
