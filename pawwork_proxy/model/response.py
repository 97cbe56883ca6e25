"""A server's response as facts: status, typed headers, sizes, counts, how its bytes were packed.

Invariant: as in `model.request`: no field takes free text; a reason phrase has no field at all.
How the response ended and which errors it held is in `model.signals`.
"""

from enum import StrEnum

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Cost, Count, Moment, Status, WaitMilliseconds, WaitSeconds
from pawwork_proxy.model.request import HeaderNote


class EncodingState(StrEnum):
    """What became of the content encoding."""

    IDENTITY = "identity"
    DECODED = "decoded"
    CUT = "cut"
    """The compressed data ends too early; what could be decoded was read."""
    CORRUPT = "corrupt"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    """More output than we are willing to look at; the rest was not decoded."""


class Usage(Noun):
    """Token counts as the response states them."""

    input: Count | None = None
    output: Count | None = None
    reasoning: Count | None = None
    cache_read: Count | None = None
    cache_write: Count | None = None
    total: Count | None = None


class EventCounts(Noun):
    """Events of a stream by kind."""

    total: Count = 0
    deltas: Count = 0
    pings: Count = 0
    comments: Count = 0
    """Keep-alive comment lines; they are no events and not part of `total`."""
    errors: Count = 0
    other: Count = 0


class ResponseFacts(Noun):
    """The response half of an exchange's record."""

    status: Status
    http_version: texts.HttpVersion | None = None
    headers: tuple[HeaderNote, ...] = ()
    """In the order in which they were sent."""
    headers_cut: Count = 0
    """Header lines beyond the limit, counted but not noted."""
    trailers: Count = 0
    wire_bytes: Count = 0
    decoded_bytes: Count | None = None
    content_encoding: texts.Codings | None = None
    encoding: EncodingState = EncodingState.IDENTITY
    truncated: bool = False
    """More came than was kept for reading; sizes and counts are whole all the same."""
    content_type: texts.MediaType | None = None
    retry_after_s: WaitSeconds | None = None
    """`retry-after` in seconds, or its HTTP date minus the server's `date`."""
    retry_after_ms: WaitMilliseconds | None = None
    date: Moment | None = None
    server: texts.Server | None = None
    cf_ray: texts.CfRay | None = None
    colo: texts.Airport | None = None
    """Airport code of the edge, from `cf-ray`."""
    edge_mitigated: texts.KnownWord | None = None
    request_id: texts.Pseudonym | None = None
    """Of the server's own request id, from headers or body."""
    response_id: texts.Pseudonym | None = None
    workspace: texts.Pseudonym | None = None
    """Of the workspace that an error named."""
    model: texts.ModelName | None = None
    finish_reason: texts.FinishReason | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    """The cost trailer, in dollars; 0 unless billed from balance."""
    events: EventCounts | None = None
    error_type: texts.KeptName | None = None
    """Of the outermost error whose type our tables do not know: the type when it is made of API
    words, else a pseudonym. Known types are in `signals.errors` and `outcome.error_type`."""
    error_code: texts.KeptName | None = None
    provider: texts.KeptName | None = None
