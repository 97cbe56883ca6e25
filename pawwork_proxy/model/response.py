"""What the server answered, as facts: status, typed headers, sizes, counts.

Invariant: as in `model.request`: no field takes free text; a reason phrase has no field at all.
How the answer ended and what its errors said is in `model.signals`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.request import HeaderNote

Decoding = Literal["none", "complete", "truncated", "damaged", "unsupported", "too_large"]
"""State of the content coding: `none` when the body came as it is."""


class Usage(Noun):
    """Token counts as the server gave them, each null when it gave none."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    total_tokens: int | None = None


class ResponseFacts(Noun):
    """The response half of an exchange's record."""

    status: int
    http_version: str
    headers: tuple[HeaderNote, ...] = ()
    headers_cut: int = 0
    trailers: int = 0
    wire_bytes: int = 0
    decoded_bytes: int | None = None
    content_encoding: str | None = None
    decoding: Decoding = "none"
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
    """Pseudonym of the server's own request id."""
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    cost: float | None = None
    """The cost trailer, in dollars; 0 unless billed from balance."""
    events: dict[str, int] = {}
    """Stream events by known name; `other` for the rest."""
