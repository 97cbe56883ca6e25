"""What a comparison finds: verdicts with their evidence, bounds, cadence, and what to do next.

Values only: `report` puts them into words. Invariant: no verdict without evidence rows, and each
row can be looked up by capture and sequence.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.evidence import Contrast, EvidenceRow
from pawwork_proxy.model.experiment import Experiment
from pawwork_proxy.model.observation import DimensionName

Finding = Literal["follows", "does_not_follow", "undetermined"]
Reach = Literal["", "wider", "narrower"]
"""How a limit does not follow a dimension: its pools reach across values of it, or are cut finer
than it. Empty: it follows, or nobody knows."""
Reason = Literal["decided", "untested", "confounded", "contradictory", "insufficient"]
ProductOption = Literal["own_relay", "user_keys", "no_free_default"]
AssumptionId = Literal[
    "two_parts",
    "recorded_values",
    "no_early_reset",
    "same_order",
    "all_captured",
    "own_values",
    "uniform",
    "no_crowd",
    "alone",
]
"""What a verdict can rest on. None says that nobody else used an address: verdicts hold anyway."""

Ground = Literal[
    "separate_pools",
    "several_pools",
    "narrower_pools",
    "not_part",
    "only_ipv4",
    "not_known",
    "one_value",
    "unrecorded_change",
    "confounded",
    "nothing_fits",
    "models_differ",
    "models_in_part",
    "global_fits",
    "not_in_every_row",
    "used_by_others",
    "by_caller",
    "no_known_pair",
    "one_observation",
    "always_refused",
]
"""Why a verdict is what it is, finer than `Reason`; `report` has a sentence for each."""

_GROUNDS: dict[Reason, tuple[Ground, ...]] = {
    "decided": ("separate_pools", "several_pools", "narrower_pools", "not_part"),
    "untested": ("only_ipv4", "not_known", "one_value", "unrecorded_change"),
    "confounded": ("confounded",),
    "contradictory": ("nothing_fits", "models_differ"),
    "insufficient": (
        "global_fits", "not_in_every_row", "used_by_others", "by_caller", "no_known_pair",
        "models_in_part", "one_observation", "always_refused",
    ),
}  # fmt: skip
REASONS: dict[Ground, Reason] = {
    ground: reason for reason, grounds in _GROUNDS.items() for ground in grounds
}
NoteId = Literal[
    "simulated",
    "chained_proxy",
    "one_install",
    "address_not_known",
    "unknown_base",
    "label",
    "several_limiters",
]
InstrumentStatus = Literal["disturbs", "suspected", "no_sign", "not_tried"]


class Verdict(Noun):
    """What the data say about one dimension."""

    dimension: DimensionName
    finding: Finding
    reason: Reason
    ground: Ground
    narrower_by: DimensionName | None = None
    """`narrower_pools`: what cuts the pools, of which this dimension is a summary."""
    confounded_with: tuple[DimensionName, ...] = ()
    reach: Reach = ""
    values_seen: int
    """Different known values among the evidence."""
    independent: int
    """User actions behind the evidence; retries, rounds and title calls of one count once."""
    repeated: bool = False
    """Whether the refused one was refused again after the admission (A-B-A)."""
    gap_s: float | None = None
    """Seconds between the two rows of the best contrast; None without one."""
    rival: tuple[str, ...] = ()
    """The best explanation that says otherwise, by its parts."""
    rival_odds: float | None = None
    """How likely the rows are under `rival`, against the explanation given: 0 to 1, small is sure;
    None where nothing was compared."""
    evidence: tuple[Contrast, ...] = ()
    assumptions: tuple[AssumptionId, ...] = ()


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


class Exclusion(Noun):
    """Why some exchanges are no evidence."""

    reason: str
    """Id of a row of `comparison.exclusions`."""
    exchanges: int
    examples: tuple[str, ...]
    """`capture#seq` of the first few."""


class Assumption(Noun):
    """Something the data cannot show and a verdict needs."""

    id: AssumptionId
    checked: bool
    """True where the data or the user vouch for it, False where it is simply not known."""


class OptionFinding(Noun):
    """Whether a product option still makes sense, given the verdicts."""

    option: ProductOption
    open: bool | None
    """None: not decidable yet."""
    because_of: DimensionName | None = None
    """The dimension whose verdict decides it."""


class OddRow(Noun):
    """A row that does not fit what all others say."""

    row: EvidenceRow
    fits: tuple[str, ...]
    """The explanation that fits without it, by its parts."""


class Ranked(Noun):
    """An explanation that is left, and how likely the rows are under it."""

    parts: tuple[str, ...]
    likelihood: float
    """Against the likeliest one: 0 to 1."""


RhythmKind = Literal["minute", "hours", "utc_day", "week", "month", "rolling", "unknown"]


class Rhythm(NamedTuple):
    """When a limit gives new requests, as far as refusals tell."""

    kind: RhythmKind
    period_s: float | None = None
    resets_at: datetime | None = None
    """The next one, as the latest refusal tells."""
    certain: bool = False
    """Whether several refusals agree in it, and none speaks against it."""
    perhaps: tuple[RhythmKind, ...] = ()
    """Longer ones that fit as well: a daily limit was met only on the last day of each of these."""


class CutOff(NamedTuple):
    """After how many requests of its own a pool was refused."""

    at: int
    windows: int
    """In so many windows it was just so many."""
    of: int
    """Windows in which a pool was followed from its first request to its first refusal."""


class LimiterFindings(Noun):
    """One limiter (by who refused, in one server era): its verdicts and bounds."""

    origin: str
    server_era: str
    cadence: str
    windows: tuple[str, ...]
    admitted: int
    refused: int
    announced: bool = True
    """Whether refusals said when they end; else the rhythm is the one of the server's source."""
    verdicts: tuple[Verdict, ...]
    hypotheses: tuple[tuple[str, ...], ...]
    """The smallest hypotheses that the evidence leaves possible, by their parts (dimensions and
    `COMPOUND` ones); what needs no strangers first."""
    thresholds: tuple[Threshold, ...]
    early_refusals: tuple[EarlyRefusal, ...]
    ranked: tuple[Ranked, ...] = ()
    """What is left, the likeliest first."""
    odd_rows: tuple[OddRow, ...] = ()
    """The fewest rows without which an explanation fits; empty where everything fits."""
    rhythm: Rhythm | None = None
    cut_off: CutOff | None = None
    next_experiment: Experiment | None = None


class Note(Noun):
    """Something about the data that weakens the comparison."""

    id: NoteId
    label: str = ""
    """`label`: a network label that stands for several egress addresses."""
    addresses: int = 0
    exchanges: int = 0
    """`unknown_base`: exchanges with an address of the server that has no row in our tables."""


class InstrumentFinding(Noun):
    """Whether measuring disturbs, as far as routes were held against each other."""

    status: InstrumentStatus
    windows: tuple[str, ...] = ()
    """The days in which it shows."""
    pairs: tuple[Contrast, ...] = ()
    """Refused through an intercepting route, then admitted untouched; the strongest first."""
    independent: int = 0
    """Pairs of different user actions, shown or not."""
    by_label: bool = False
    """No pair has both addresses: that they are of one network is the user's word."""
    rows: tuple[EvidenceRow, ...] = ()
    """Where no pair shows it: the first of each route and result."""


class Comparison(Noun):
    """Everything that was found."""

    simulated: bool
    instrument: InstrumentFinding = InstrumentFinding(status="not_tried")
    exchanges: int
    evidence: int
    refusals: int = 0
    """Exchanges that a free quota refused, evidence or not."""
    limits: tuple[LimiterFindings, ...]
    """The limiter with most evidence first."""
    options: tuple[OptionFinding, ...]
    cadence: tuple[CadenceCount, ...]
    hours: tuple[Hour, ...]
    noise: NoiseFloor
    exclusions: tuple[Exclusion, ...]
    assumptions: tuple[Assumption, ...]
    client_eras: tuple[str, ...]
    notes: tuple[Note, ...]
    next_experiment: Experiment | None = None
