"""What a verdict rests on: rows that a person can look up, and what they show together."""

from datetime import datetime
from typing import Literal

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.observation import DimensionName


class EvidenceRow(Noun):
    """One exchange that a person can look up."""

    capture: str
    seq: int
    at: datetime
    part: Literal["admitted", "refused"]
    install: str | None = None
    network: str | None = None
    """The user's label, to tell people where it was; never evidence."""
    auth_kind: str | None = None
    model: str | None = None
    value: str | None = None
    """The value of the verdict's dimension in this row."""
    count: int = 1
    note: str = ""


class Contrast(Noun):
    """Rows that together rule something out, in the order of the server's time."""

    shows: Literal["separate", "shared", "opposed"]
    """`separate`: admitted after a refusal. `shared`: refused without use of its own.
    `opposed`: each of two kinds of client was admitted after the other was refused."""
    rows: tuple[EvidenceRow, ...]
    differs_in: tuple[DimensionName, ...]
    own: int = 0
    """`shared`: the most that can have been counted in the pool before the refusal."""
    elsewhere: int = 0
    """`shared`: what was certainly counted before an admission of the same kind of client."""
