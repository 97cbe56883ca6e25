"""Headers: what becomes of each in a record, what it says of whom, what the server does with it.

A header that is not listed is pseudonymised as a value of unknown meaning; its name is kept only
when it is made of `HEADER_WORDS`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from pawwork_proxy.facts import models, words
from pawwork_proxy.facts.table import Fact, Words, lazily, read, rows
from pawwork_proxy.model.inventory import Role

Treatment = Literal["shape", "id", "credential", "address", "host", "drop"]


class HeaderRow(NamedTuple):
    """What redaction does with a header: `arg` is the shape's name or the kind of pseudonym."""

    treatment: Treatment
    arg: str = ""


class HeaderFact(Fact):
    """All that is known of a header."""

    name: str
    treatment: Treatment | None = None
    """None: as a header that is not listed."""
    arg: str = Field("", alias="as")
    role: Role | None = None
    """None: only servers send it."""
    stated: bool = False
    lifetime: str | None = None
    server: str | None = None


HEADER_FACTS: tuple[HeaderFact, ...]
HEADERS: dict[str, HeaderRow]
HEADER_WORDS: Words
"""Words that may make up the name of a header that is not listed."""
FEATURES: Words
"""Beta flags of OpenAI's; Anthropic's are words and a date."""
REQUEST_ID_HEADERS: tuple[str, ...]
"""Where a server states its own request id, in the order of preference (zen-facts 5)."""


def _facts() -> tuple[HeaderFact, ...]:
    return rows(HeaderFact, "headers", "header")


__getattr__ = lazily(
    globals(),
    HEADER_FACTS=_facts,
    HEADERS=lambda: {
        row.name: HeaderRow(row.treatment, row.arg) for row in _facts() if row.treatment
    },
    HEADER_WORDS=lambda: words.API_WORDS | models.MODEL_WORDS | words.HEADER_NAME_WORDS,
    FEATURES=lambda: words.FEATURES,
    REQUEST_ID_HEADERS=lambda: tuple(read("headers")["request_ids"]),
)
