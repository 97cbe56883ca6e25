"""Raw messages as the recorder hands them over; they live in memory only and are never printed.

Invariant: the repr of these values says nothing, so that no traceback or log can quote them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pawwork_proxy.model.request import BodyState
from pawwork_proxy.responses.response import ReadResponse

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
    """The head of a response, and what was read from its body."""

    status: int
    http_version: str
    headers: RawHeaders
    read: ReadResponse
