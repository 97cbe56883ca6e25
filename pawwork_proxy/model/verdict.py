"""What a comparison says: verdicts with their evidence, bounds, cadence, and what to do next.

Invariant: no verdict without evidence rows, and each row can be looked up by capture and sequence.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.observation import DimensionName

Finding = Literal["follows", "does_not_follow", "undetermined"]
Reason = Literal["decided", "untested", "confounded", "contradictory", "insufficient"]
ProductOption = Literal["own_relay", "user_keys", "no_free_default"]


class EvidenceRow(Noun):
    """One exchange that a person can look up."""

    capture: str
    seq: int
    at: datetime
    part: Literal["admitted", "refused"]
    install: str | None = None
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
    words: str


class Verdict(Noun):
    """What the data say about one dimension."""

    dimension: DimensionName
    finding: Finding
    reason: Reason
    words: str
    confounded_with: tuple[DimensionName, ...] = ()
    values_seen: int
    """Different known values among the evidence."""
    independent: int
    """User actions behind the evidence; retries, rounds and title calls of one count once."""
    evidence: tuple[Contrast, ...] = ()
    assumptions: tuple[str, ...] = ()
    """Ids of the assumptions it rests on, see `Comparison.assumptions`."""


class Threshold(Noun):
    """How many requests one bucket had seen when it was refused first, as bounds."""

    bucket: str
    """Its values, and the kind of client (model, version) where several kinds used it."""
    window: str
    at_least: int
    """Most own requests that were certainly counted before one that was still admitted, plus 1."""
    at_most: int | None
    """Own requests possibly counted at the first refusal; None: never refused."""
    exclusive: bool
    """Whether nobody else can have used it; otherwise `at_most` bounds our own part only."""
    first_refusal: EvidenceRow | None = None


class EarlyRefusal(Noun):
    """Someone was refused after few requests of their own: most likely others used the pool."""

    install: str | None
    network: str | None
    window: str
    own_requests: int
    most_admitted: int
    """The most that another install with the same kind of client got in that window."""
    row: EvidenceRow
    words: str


class CadenceCount(Noun):
    """How many refusals said that the limit resets at this rhythm."""

    cadence: str
    refusals: int
    latest_reset: datetime | None = None


class Hour(Noun):
    """Quota against overload in one hour of the server's time."""

    at: datetime
    admitted: int
    quota: int
    overload: int
    other: int


class NoiseFloor(Noun):
    """Differences between exchanges that agree in everything a server can see (an A/A pair)."""

    pairs: int
    differing: int
    words: str


class Exclusion(Noun):
    """Why some exchanges are no evidence."""

    reason: str
    words: str
    exchanges: int
    examples: tuple[str, ...]
    """`capture#seq` of the first few."""


class Meaning(Noun):
    """What one result of an experiment would say."""

    result: str
    """What is admitted, or that nothing is."""
    words: str


class Experiment(Noun):
    """The trial that would settle most of what is open."""

    id: str
    variations: tuple[str, ...] = ()
    """Ids of what is varied, one thing at a time, the most telling first."""
    title: str
    why: str
    steps: tuple[str, ...]
    commands: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    requests: int
    """Requests it costs beyond ordinary use."""
    settles: float
    """Share of the open explanations that its result removes on average."""


class Assumption(Noun):
    """Something the data cannot show and a verdict needs."""

    id: str
    words: str
    checked: bool
    """True where the data or the user vouch for it, False where it is simply not known."""


class OptionFinding(Noun):
    """Whether a product option still makes sense, given the verdicts."""

    option: ProductOption
    open: bool | None
    """None: not decidable yet."""
    words: str


class LimitFindings(Noun):
    """One limiter (by who refused, in one server era): its verdicts and bounds."""

    origin: str
    server_era: str
    cadence: str
    windows: tuple[str, ...]
    admitted: int
    refused: int
    answer: str
    verdicts: tuple[Verdict, ...]
    explanations: tuple[tuple[DimensionName, ...], ...]
    """The smallest keyings that the evidence leaves possible; what needs no strangers first."""
    thresholds: tuple[Threshold, ...]
    early_refusals: tuple[EarlyRefusal, ...]
    next_experiment: Experiment | None = None


class Comparison(Noun):
    """The whole answer."""

    answer: str
    simulated: bool
    exchanges: int
    evidence: int
    limits: tuple[LimitFindings, ...]
    """The limiter with most evidence first."""
    options: tuple[OptionFinding, ...]
    cadence: tuple[CadenceCount, ...]
    hours: tuple[Hour, ...]
    noise: NoiseFloor
    exclusions: tuple[Exclusion, ...]
    assumptions: tuple[Assumption, ...]
    client_eras: tuple[str, ...]
    notes: tuple[str, ...]
    next_experiment: Experiment | None = None
