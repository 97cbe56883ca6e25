"""How texts name a wait: units of time, and the words that make a duration one."""

import re

from pydantic import Field

from pawwork_proxy.facts.table import AnyCase, Fact, rows


class Unit(Fact):
    """One unit of time, in the languages of servers and clients."""

    id: str = Field(alias="name")
    seconds: float
    says: str


class Cue(Fact):
    """Words that stand beside a duration."""

    id: str = Field(alias="name")
    says: AnyCase


UNITS = rows(Unit, "waits", "unit")
CUES = {row.id: row.says.pattern for row in rows(Cue, "waits", "cue")}
_UNIT = {row.id: re.compile(row.says, re.IGNORECASE) for row in UNITS}


def unit_seconds(word: str) -> float:
    """How long a unit is that `DURATION` has found."""
    return next(row.seconds for row in UNITS if _UNIT[row.id].fullmatch(word))
