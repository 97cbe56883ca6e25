"""What the server answered, as facts: status, typed headers, sizes, counts.

Invariant: as in `model.request`: no field takes free text; a reason phrase has no field at all.
How the answer ended and which errors it held is in `model.signals`.
"""

from __future__ import annotations

from datetime import datetime

from pawwork_proxy.model.answer import EncodingState, EventCounts, Usage
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.request import HeaderNote


class ResponseFacts(Noun):
    """The response half of an exchange's record."""

    status: int
    http_version: str
    headers: tuple[HeaderNote, ...] = ()
    """In the order in which they were sent."""
    headers_cut: int = 0
    """Header lines beyond the limit, counted but not noted."""
    trailers: int = 0
    wire_bytes: int = 0
    decoded_bytes: int | None = None
    content_encoding: str | None = None
    encoding: EncodingState = EncodingState.IDENTITY
    truncated: bool = False
    """More came than was kept for reading; sizes and counts are whole all the same."""
    content_type: str | None = None
    retry_after_s: float | None = None
    """`retry-after` in seconds, or its HTTP date minus the server's `date`."""
    retry_after_ms: float | None = None
    date: datetime | None = None
    server: str | None = None
    cf_ray: str | None = None
    colo: str | None = None
    """Airport code of the edge, from `cf-ray`."""
    edge_mitigated: str | None = None
    request_id: str | None = None
    """Pseudonym of the server's own request id, from headers or body."""
    response_id: str | None = None
    workspace: str | None = None
    """Pseudonym of the workspace that an error named."""
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    cost: float | None = None
    """The cost trailer, in dollars; 0 unless billed from balance."""
    events: EventCounts | None = None
    error_type: str | None = None
    """The outermost error's type, when it is made of API words, else a pseudonym."""
    error_code: str | None = None
    provider: str | None = None
