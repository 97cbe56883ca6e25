"""What a user can do next: a trial, what each of its results would mean, what it costs."""

from typing import Literal, NamedTuple

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.evidence import EvidenceRow
from pawwork_proxy.model.observation import DimensionName

Lacking = Literal["networks", "devices", "keys", "ipv6"]
"""What a user may have too few of for a trial."""


class Meaning(Noun):
    """What one result of an experiment would leave possible."""

    admitted: str = ""
    """Id of the variation that is admitted; empty: all are refused."""
    left: tuple[tuple[str, ...], ...] | None
    """The smallest hypotheses that are left, by their parts; None: all that were possible."""


class Baseline(NamedTuple):
    """Who was refused and how it was captured, to repeat it; None where it is not known."""

    install: str | None
    network: str | None
    model: str | None
    has_key: bool
    client: str = "unknown"
    """As `facts.clients` calls it."""
    instrument: str | None = None
    simulated: bool = False


class Experiment(Noun):
    """The trial that would settle most of what is open."""

    id: str
    variations: tuple[str, ...] = ()
    """Ids of what is varied, one thing at a time, the most telling first."""
    baseline: Baseline | None = None
    """None: nobody was refused yet."""
    meanings: tuple[Meaning, ...] = ()
    requests: int
    """Requests it costs beyond ordinary use."""
    settles: float
    """Share of the open explanations that its result removes on average."""
    confirms: DimensionName | None = None
    """A dimension that everything points to, and of which one more observation is asked."""
    repeats: tuple[EvidenceRow, ...] = ()
    """`repeat_row`: the rows that do not fit the others."""
    unrefused: tuple[str, ...] = ()
    """`nothing_more`: variations of which the changed one was to be refused first, and never was.
    """
    lacking: tuple[Lacking, ...] = ()
    """`nothing_more`: what would be needed for a trial that settles more; empty: nothing would."""
