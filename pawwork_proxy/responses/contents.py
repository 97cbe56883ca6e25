"""What the decoded bytes of one response told, whether they were a stream or a body."""

from dataclasses import dataclass, field

from pawwork_proxy.model.response import EventCounts
from pawwork_proxy.model.signals import BodyShape
from pawwork_proxy.responses.completions import CompletionFacts
from pawwork_proxy.responses.error_lines import LineFacts
from pawwork_proxy.responses.error_objects import FoundErrors

_NO_EVENTS = EventCounts()
_NO_LINE = LineFacts()


@dataclass(slots=True)
class Contents:
    """Everything that was found; readers fill it, and the response is made of it."""

    shape: BodyShape = BodyShape.EMPTY
    facts: CompletionFacts = field(default_factory=CompletionFacts)
    errors: FoundErrors = field(default_factory=FoundErrors)
    line: LineFacts = _NO_LINE
    events: EventCounts = _NO_EVENTS
    done: bool = False
    """The closing marker of a stream was seen."""
    truncated: bool = False
    """More came than is kept for reading."""
