"""What each outcome kind means, for people: in one sentence, for the user, and for support."""

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows
from pawwork_proxy.model.outcome import Kind


class Meaning(Fact):
    """One kind in words."""

    kind: Kind = Field(alias="name")
    sentence: str
    recognised: str
    user: str
    support: str


MEANINGS = {row.kind: row for row in rows(Meaning, "meanings", "meaning")}
