"""A record as far as comparing and listing read it: decoded straight from its line, unread fields
skipped.

The pydantic models remain the schema: they are what a line is written from, and what verification
holds a stranger's line against. Each struct here repeats a part of one model, field by field, and a
test holds the names, types and defaults of the two together. Types, closed lists and ranges are
checked while decoding; the forms of texts are not (they are a promise about what leaves a machine,
which `verification` keeps), except in signals, which the rules must be able to judge.

Invariant: two views that are equal make equal observations, since an observation is computed from
nothing else. What tells requests of one kind apart (number, times, session, user action) is set
apart from the rest by `captures.aggregation`; every other field, also one that is added later, is
part of what has to be equal.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.context import AddressFamily, AuthSource
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.numbers import (
    HIGHEST_COST,
    HIGHEST_STATUS,
    LARGEST_COUNT,
    LONGEST_MS,
    LONGEST_WAIT_S,
)
from pawwork_proxy.model.request import AuthKind, Protocol, Tier
from pawwork_proxy.model.signals import (
    AnswerShape,
    BodyShape,
    ContentTypeClass,
    Dialect,
    Ending,
    ErrorPlace,
    ExchangePart,
    Failure,
    Side,
)

Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
Status = Annotated[int, Meta(ge=0, le=HIGHEST_STATUS)]
Milliseconds = Annotated[float, Meta(ge=0, le=LONGEST_MS)]
WaitSeconds = Annotated[float, Meta(ge=0, le=LONGEST_WAIT_S)]
Cost = Annotated[float, Meta(ge=0, le=HIGHEST_COST)]
Moment = Annotated[datetime, Meta(tz=True)]


class EgressView(Struct, frozen=True, gc=False):
    """Part of `Egress`."""

    address: str
    family: AddressFamily
    prefix: str | None = None
    country: str | None = None
    colo: str | None = None


class ContextView(Struct, frozen=True, gc=False):
    """Part of `ExchangeContext`."""

    install: str
    install_id: str
    device: str
    network: str | None = None
    egress: EgressView | None = None
    upstream_family: AddressFamily | None = None
    source_address: str | None = None
    chained_proxy: bool = False


class TimingView(Struct, frozen=True, gc=False):
    """Part of `Timing`."""

    started_at: Moment
    first_byte_ms: Milliseconds | None = None
    total_ms: Milliseconds | None = None


class RequestView(Struct, frozen=True, gc=False):
    """Part of `RequestFacts`."""

    tier: Tier
    protocol: Protocol
    model: str | None = None
    model_group: str | None = None
    user_agent: str | None = None
    client: str | None = None
    session: str | None = None
    request: str | None = None
    project: str | None = None


class AuthView(Struct, frozen=True, gc=False):
    """Part of `AuthFacts`."""

    kind: AuthKind = "none"
    pseudonym: str | None = None


class AuthSourceView(Struct, frozen=True, gc=False):
    """Part of `AuthSourceFinding`."""

    source: AuthSource = "unknown"


class ResponseView(Struct, frozen=True, gc=False):
    """Part of `ResponseFacts`."""

    status: Status
    colo: str | None = None
    workspace: str | None = None
    cost: Cost | None = None
    date: Moment | None = None


class ErrorView(Struct, frozen=True, gc=False):
    """Part of `ErrorFact`."""

    place: ErrorPlace
    type: str | None = None
    type_stem: str | None = None
    code: str | None = None
    code_stem: str | None = None
    google_status: str | None = None
    bracket: str | None = None
    bracket_stem: str | None = None
    inner_status: Status | None = None
    wrapper: Literal["upstream_request", "streaming_response", "upstream_error"] | None = None
    provider: str | None = None
    phrases: tuple[str, ...] = ()
    limit_name: Literal["5 hour", "weekly", "monthly"] | None = None


class RetryHintView(Struct, frozen=True, gc=False):
    """Part of `RetryHint`."""

    place: str
    seconds: WaitSeconds
    at: Moment | None = None


class TransportView(Struct, frozen=True, gc=False):
    """Part of `TransportFailure`."""

    failure: Failure
    side: Side
    place: Literal["ending", "stated", "text"]


class SignalsView(Struct, frozen=True, gc=False):
    """Part of `Signals`: everything that a rule reads, which is all but the number of events."""

    status: Status | None = None
    text_status: Status | None = None
    ending: Ending = Ending.UNSTATED
    made_by_proxy: bool = False
    content_type: ContentTypeClass = ContentTypeClass.NONE
    server_cloudflare: bool = False
    cf_mitigated: bool = False
    date: Moment | None = None
    body: BodyShape = BodyShape.NONE
    decoding_failed: bool = False
    answer: AnswerShape = AnswerShape.NONE
    dialect: Dialect = Dialect.UNKNOWN
    content_seen: bool = False
    finish_seen: bool = False
    failed_finish: str | None = None
    done_marker: bool = False
    cost_seen: bool = False
    edge_markers: tuple[str, ...] = ()
    errors: tuple[ErrorView, ...] = ()
    retry_hints: tuple[RetryHintView, ...] = ()
    transport: TransportView | None = None
    unobserved: tuple[ExchangePart, ...] | None = None

    @property
    def has_words(self) -> bool:
        """Whether it holds texts, whose form decoding does not check."""
        return bool(
            self.errors or self.retry_hints or self.edge_markers or self.failed_finish is not None
        )


class RecordedOutcomeView(Struct, frozen=True, gc=False):
    """Part of `Outcome`; any word will do, since every conclusion is drawn anew."""

    kind: str


class ExchangeView(Struct, frozen=True, gc=False, tag="exchange"):
    """Part of `Exchange`."""

    seq: Count
    context: ContextView
    timing: TimingView
    request: RequestView
    auth: AuthView
    signals: SignalsView
    outcome: RecordedOutcomeView
    auth_source: AuthSourceView = AuthSourceView()
    response: ResponseView | None = None


class OpenedView(Struct, frozen=True, gc=False, tag="opened"):
    """Part of `Opened`."""

    seq: Count
    at: Moment
    install: str


def view_of(exchange: Exchange) -> ExchangeView:
    """The view of a record that is at hand."""
    return msgspec.json.decode(line_of(exchange), type=ExchangeView)
