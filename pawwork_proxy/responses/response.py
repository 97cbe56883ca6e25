"""What reading a response yields: signals to store, facts for the record, texts never to store.

Invariant: everything but `raw` is safe to store as it is.
"""

from dataclasses import dataclass, field

from pawwork_proxy.model.response import EncodingState, EventCounts, Usage
from pawwork_proxy.model.signals import Signals


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
    """More came than is kept for reading: the head and tail were read."""
    raw: RawTexts = field(default_factory=RawTexts)
