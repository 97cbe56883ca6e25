"""Raw messages as the recorder hands them over; they live in memory only and are never printed.

Invariant: the repr of these values says nothing, so that no traceback or log can quote them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pawwork_proxy.model.request import BodyState
from pawwork_proxy.model.response import EncodingState, EventCounts, Usage

RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, repr=False)
class RawRequest:
    """A request as it arrived; `body` is content-decoded, None when it was not kept."""

    method: str
    target: str
    http_version: str
    headers: RawHeaders
    body: bytes | None = None
    wire_bytes: int = 0
    body_state: BodyState | None = None
    """What the recorder already knows about the body: `too_large`, `undecodable`, `not_kept`."""


@dataclass(frozen=True, slots=True, repr=False)
class RawResponse:
    """The head of a response, and what was read from its body, unshaped."""

    status: int
    http_version: str
    headers: RawHeaders
    trailers: int = 0
    wire_bytes: int = 0
    decoded_bytes: int | None = None
    encoding: EncodingState = EncodingState.IDENTITY
    truncated: bool = False
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    cost: float | None = None
    events: EventCounts | None = None
    response_id: str | None = None
    request_id: str | None = None
    workspace: str | None = None
    error_type: str | None = None
    error_code: str | None = None
    provider: str | None = None
