"""What reading a response yields: signals to store, facts for the record, texts never to store.

Invariant: everything but `raw` is safe to store as it is.
"""

from dataclasses import dataclass, field

from pawwork_proxy.model.response import EncodingState, EventCounts, Usage
from pawwork_proxy.model.signals import (
    AnswerShape,
    BodyShape,
    Dialect,
    ErrorFact,
    Failure,
    RetryHint,
    Side,
    Signals,
)

_NO_EVENTS = EventCounts()


@dataclass(slots=True, repr=False)
class RawTexts:
    """Texts met on the way that identify or are of unknown shape: pseudonymise or drop them."""

    model: str | None = None
    response_id: str | None = None
    error_type: str | None = None
    error_code: str | None = None
    provider: str | None = None
    workspace: str | None = None
    request_id: str | None = None
    finish_reason: str | None = None

    def texts(self) -> list[str]:
        """All of them, whatever fields there are."""
        return [text for name in self.__slots__ if (text := getattr(self, name))]


@dataclass(slots=True)
class Contents:
    """What the decoded bytes of one response have told so far, as a stream or as a body."""

    body: BodyShape = BodyShape.EMPTY
    truncated: bool = False
    """More came than is kept for reading: the head and tail were read."""
    raw: RawTexts = field(default_factory=RawTexts)

    # Of an answer without an error.
    dialect: Dialect = Dialect.UNKNOWN
    answer: AnswerShape = AnswerShape.NONE
    content_seen: bool = False
    finish_seen: bool = False
    failed_finish: str | None = None
    cost: float | None = None
    cost_seen: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    """Of tokens, by the names of `Usage`."""
    events: EventCounts = _NO_EVENTS
    done: bool = False
    """The closing marker of a stream was seen."""

    # Of errors, and of what a client displays instead of a body.
    errors: list[ErrorFact] = field(default_factory=list)
    hints: list[RetryHint] = field(default_factory=list)
    text_status: int | None = None
    edge_markers: tuple[str, ...] = ()
    transport: tuple[Failure, Side] | None = None


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """One response, read."""

    signals: Signals
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    """As the trailer states it, in US dollars."""
    events: EventCounts = field(default_factory=EventCounts)
    encoding: EncodingState = EncodingState.IDENTITY
    wire_bytes: int = 0
    decoded_bytes: int = 0
    truncated: bool = False
    raw: RawTexts = field(default_factory=RawTexts)
