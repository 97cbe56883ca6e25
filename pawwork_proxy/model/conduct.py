"""What clients did after answers, against what their releases are known to do: the result of
`check`.

Values only: `report` puts them into words. Invariant: no difference without the rows that show it,
and nothing that a capture cannot tell counts as agreement.
"""

from typing import Literal

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Moment
from pawwork_proxy.model.outcome import Kind

Part = Literal["main", "title"]
"""What a request is for: the conversation itself, or its title."""
Verdict = Literal["as_known", "differs", "not_judged"]
DifferenceId = Literal["asked_again", "gave_up", "too_soon", "too_late"]
ReasonId = Literal[
    "another_client",
    "nothing_known",
    "seen_in_part",
    "client_left",
    "records_missing",
    "moved_on",
    "client_ended",
    "client_killed",
    "capture_ended",
]
"""Why a capture cannot tell; `report` has a sentence for each."""
Then = Literal["answered", "stopped", "went_on", "waits", "open"]
"""What came after the last request: a model's answer; nothing, as is known; another prompt of the
conversation; nothing yet, as the next repetition is not due; the capture does not tell."""


class Wait(Noun):
    """Between what a wait is known to lie, in seconds."""

    least_s: float
    most_s: float


class Attempt(Noun):
    """One request, and what became of it."""

    seq: int
    at: Moment
    waited_s: float | None = None
    """Since the answer before was over; None for the first."""
    status: int | None = None
    outcome: Kind


class Step(Noun):
    """A request of one user action with its repetitions, and what is known of such a case."""

    capture: str
    install: str
    client: str
    """The release, or the range of releases, that sent it."""
    part: Part
    model: str | None = None
    attempts: tuple[Attempt, ...]
    known_requests: tuple[int, ...] = ()
    """How many requests such answers are known to cost; several where releases differ that cannot
    be told apart, none where there is no limit or nothing is known."""
    known_waits: tuple[Wait, ...] = ()
    """Before the repetitions that were seen, and before the next one."""
    blocks: bool = False
    """Whether such an answer is known to close the conversation until the user acts."""
    then: Then
    verdict: Verdict
    difference: DifferenceId | None = None
    rows: tuple[int, ...] = ()
    """The requests that show the difference, by their number in the capture."""
    reason: ReasonId | None = None
    """Why it is not judged."""


class Conduct(Noun):
    """Everything that `check` found in its captures."""

    steps: tuple[Step, ...]
    prompts: int
    """User actions, as far as the client's ids or the sizes of its requests tell them apart."""
    others: int = 0
    """Exchanges in which no model was asked."""
    connections: int = 0
    """Connections that passed untouched: what was answered in them is not known."""
    simulated: bool = False

    def of(self, verdict: Verdict) -> tuple[Step, ...]:
        """The steps with this verdict."""
        return tuple(step for step in self.steps if step.verdict == verdict)
