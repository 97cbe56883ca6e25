"""What is known of the fields that may identify: their role, how long they live, who reads them.

Invariant: facts with their sources. Whether a field is sent and how constant it is are never read
from here, only from records.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, get_args

from pawwork_proxy.facts.headers import HeaderFact
from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.facts.table import Fact, WordSet, lazily, read, rows
from pawwork_proxy.model.inventory import Layer, Role

GENERAL = ("collected",)
"""The source of rows that nobody has looked up by themselves."""


class FieldFact(Fact):
    """A field of a request that is no header."""

    name: str
    role: Role
    namespace: Kind | None = None
    """Of the pseudonym that a body field's value becomes."""
    stated: bool = False
    lifetime: str | None = None
    server: str | None = None


class Telling(Fact):
    """Words in a name that tell the role of a field without a row; the first match counts."""

    role: Role
    words: WordSet


class KnownField(NamedTuple):
    """A field somebody has looked up; `server` None: nothing is known of the server reading it."""

    layer: Layer
    name: str
    role: Role
    lifetime: str | None
    server: str | None
    sources: tuple[str, ...]
    stated: bool
    """Whether its absence is worth a line of its own."""

    @property
    def id(self) -> str:
        """Layer and name."""
        return f"{self.layer}:{self.name}"


KNOWN: tuple[KnownField, ...]
BY_ID: dict[str, KnownField]
SOURCES: dict[str, str]
"""Where the statements about these fields come from; `reports` are others' observations."""


def role_of(layer: Layer, name: str) -> Role:
    """What a field is for, by its row or by the words of its name."""
    known = _by_id().get(f"{layer}:{name}")
    if known is not None:
        return known.role
    parts = set(name.lower().replace("-", "_").replace(".", "_").split("_"))
    telling = rows(Telling, "fields", "telling")
    return next((row.role for row in telling if row.words & parts), "unknown")


@cache
def _known() -> tuple[KnownField, ...]:
    return tuple(
        KnownField(
            layer, row.name, row.role, row.lifetime, row.server,
            () if row.source == GENERAL else row.source, row.stated,
        )
        for layer in get_args(Layer)
        for row in (
            rows(HeaderFact, "headers", "header")
            if layer == "header"
            else rows(FieldFact, "fields", layer)
        )
        if row.role is not None
    )  # fmt: skip


@cache
def _by_id() -> dict[str, KnownField]:
    return {field.id: field for field in _known()}


def _sources() -> dict[str, str]:
    named = {name for field in _known() for name in field.sources}
    return {name: where for name, where in read("sources")["source"].items() if name in named}


__getattr__ = lazily(globals(), KNOWN=_known, BY_ID=_by_id, SOURCES=_sources)
