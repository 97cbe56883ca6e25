"""The facts of a response that a rule may look at, in a form that is safe to store.

Invariant: enums, numbers, times, flags, and words of our own vocabularies. A message of the
server's is never kept: what it says is kept as ids of known phrases.
"""

from enum import StrEnum
from typing import Literal, Self

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Count, Moment, Status, WaitSeconds
from pawwork_proxy.model.texts import ErrorWord, GoogleStatus, Provider, Term, WaitPlace


class Side(StrEnum):
    """On whose side a transport failed."""

    CLIENT = "client"
    PROXY = "proxy"
    CHAINED_PROXY = "chained_proxy"
    """The user's own proxy, behind ours."""
    UPSTREAM = "upstream"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """How a transport failed."""

    REFUSED = "refused"
    DNS = "dns"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    CUT = "cut"
    ABORTED = "aborted"
    PROTOCOL = "protocol"
    OTHER = "other"


class Ending(StrEnum):
    """How an exchange ended; where it failed, on whose side and how the transport failed."""

    side: Side | None
    """None for an orderly or an unstated end."""
    failure: Failure | None
    """None also where everything had arrived before the failure."""

    def __new__(cls, value: str, side: Side | None = None, failure: Failure | None = None) -> Self:
        """The member, which is its value as a text."""
        ending = str.__new__(cls, value)
        ending._value_ = value
        ending.side, ending.failure = side, failure
        return ending

    COMPLETE = "complete"
    CLIENT_LEFT_BEFORE_ANSWER = "client_left_before_answer", Side.CLIENT, Failure.ABORTED
    CLIENT_LEFT_MIDSTREAM = "client_left_midstream", Side.CLIENT, Failure.ABORTED
    CLIENT_LEFT_AFTER_BODY = "client_left_after_body", Side.CLIENT
    CLIENT_TLS = "client_tls", Side.CLIENT, Failure.TLS
    UPSTREAM_CUT = "upstream_cut", Side.UPSTREAM, Failure.CUT
    """The response had begun and was not finished (reset, early end, wrong length)."""
    UPSTREAM_RESET = "upstream_reset", Side.UPSTREAM, Failure.RESET
    """The connection broke before any response."""
    UPSTREAM_REFUSED = "upstream_refused", Side.UPSTREAM, Failure.REFUSED
    UPSTREAM_UNRESOLVABLE = "upstream_unresolvable", Side.UPSTREAM, Failure.DNS
    UPSTREAM_UNREACHABLE = "upstream_unreachable", Side.UPSTREAM, Failure.UNREACHABLE
    UPSTREAM_TLS = "upstream_tls", Side.UPSTREAM, Failure.TLS
    UPSTREAM_PROTOCOL = "upstream_protocol", Side.UPSTREAM, Failure.PROTOCOL
    """What arrived is no HTTP."""
    CHAINED_PROXY_DOWN = "chained_proxy_down", Side.CHAINED_PROXY, Failure.UNREACHABLE
    CHAINED_PROXY_PASSWORD = "chained_proxy_password", Side.CHAINED_PROXY, Failure.REFUSED
    """It wants another password than it got, or one at all."""
    CHAINED_PROXY_REFUSED = "chained_proxy_refused", Side.CHAINED_PROXY, Failure.REFUSED
    """It opened no tunnel to the upstream."""
    TIMEOUT = "timeout", Side.UPSTREAM, Failure.TIMEOUT
    KILLED = "killed", Side.PROXY, Failure.ABORTED
    """Ended by the person at the proxy."""
    PROXY_ERROR = "proxy_error", Side.PROXY, Failure.OTHER
    INTERRUPTED = "interrupted", Side.PROXY, Failure.OTHER
    """The proxy itself was stopped first."""
    WEBSOCKET = "websocket"
    UNSTATED = "unstated"
    """Nobody was there to see: a pasted response."""


ExchangePart = Literal["request_body", "response_head", "response_body", "ending", "connection"]
"""What the recorder looks at of an exchange, each by a tap of its own that may fail."""


class TransportFailure(Noun):
    """A broken transport: how, on whose side, and who says so."""

    failure: Failure
    side: Side
    place: Literal["ending", "stated", "text"]
    """`ending` (seen by the proxy), `stated` (by the reporter), `text` (a client's error line)."""


class BodyShape(StrEnum):
    """What the decoded body is, by its content."""

    NONE = "none"
    EMPTY = "empty"
    JSON = "json"
    CUT_JSON = "cut_json"
    """Begins as JSON and ends too early; what is there was read."""
    DAMAGED_JSON = "damaged_json"
    STREAM = "stream"
    HTML = "html"
    TEXT = "text"
    BINARY = "binary"


class AnswerShape(StrEnum):
    """Whether what came looks like a model's answer."""

    NONE = "none"
    COMPLETION = "completion"
    LISTING = "listing"
    """Models, usage, counted tokens: what the service itself knows."""


class Dialect(StrEnum):
    """Whose protocol a response speaks."""

    CHAT = "chat"
    MESSAGES = "messages"
    RESPONSES = "responses"
    GOOGLE = "google"
    UNKNOWN = "unknown"


class ContentTypeClass(StrEnum):
    """The class of the content-type header."""

    NONE = "none"
    JSON = "json"
    EVENT_STREAM = "event_stream"
    HTML = "html"
    TEXT = "text"
    OTHER = "other"


class ErrorPlace(StrEnum):
    """Where an error object was."""

    BODY = "body"
    STREAM_FIRST = "stream_first"
    """In the first event of a stream that had sent no content yet."""
    STREAM_LATER = "stream_later"
    NESTED = "nested"
    """In a string inside another error, or quoted by one."""
    LINE = "line"
    """A line of text, as a client displays it."""


class ErrorFact(Noun):
    """One error, as sent: which words it uses, never what it says."""

    place: ErrorPlace
    type: ErrorWord | None = None
    """Word of the vocabulary, or `other`."""
    type_stem: Term | None = None
    """For `other`: what the parts of the unknown word mean (a `Sense`), if anything."""
    code: ErrorWord | None = None
    code_stem: Term | None = None
    google_status: GoogleStatus | None = None
    bracket: ErrorWord | None = None
    """Code in brackets behind a wrapper, `[rate_limit_exceeded]`; numbers go to `inner_status`."""
    bracket_stem: Term | None = None
    inner_status: Status | None = None
    """HTTP status stated inside: bracketed, or a number in `code`, `status`, `statusCode`."""
    wrapper: Literal["upstream_request", "streaming_response", "upstream_error"] | None = None
    """`upstream_request`, `streaming_response`, `upstream_error`, or None."""
    provider: Provider | None = None
    """From `Error from provider (NAME)`: a known name, or `other`; `unnamed` without a name."""
    phrases: tuple[Term, ...] = ()
    """Ids of known phrases that the message holds, in the order of the table."""
    limit_name: Literal["5 hour", "weekly", "monthly"] | None = None
    """`5 hour`, `weekly`, `monthly` from Zen's metadata, else None."""


class RetryHint(Noun):
    """A wait, and where it was read."""

    place: WaitPlace
    """`retry-after-ms`, `retry-after`, `retry-after date`, `body`, `text`."""
    seconds: WaitSeconds
    at: Moment | None = None
    """The moment itself when the source names one."""


class Signals(Noun):
    """Everything the rules look at."""

    status: Status | None = None
    """HTTP status; None when there was no response or nobody stated it."""
    text_status: Status | None = None
    """Status that a client's error line names."""
    ending: Ending = Ending.UNSTATED
    made_by_proxy: bool = False
    """The response is this proxy's own (a scenario, or its report of a failed connection)."""
    broken_off_here: bool = False
    """This proxy broke the client's connection off, because its own to the server failed: whatever
    the failure was, the client saw a reset."""
    content_type: ContentTypeClass = ContentTypeClass.NONE
    server_cloudflare: bool = False
    cf_mitigated: bool = False
    date: Moment | None = None
    """The server's `date`, UTC."""
    body: BodyShape = BodyShape.NONE
    decoding_failed: bool = False
    unreadable: bool = False
    """Its content coding is none that we know, or it costs too much to decode: nothing is wrong
    with it, but what it says is not known."""
    answer: AnswerShape = AnswerShape.NONE
    dialect: Dialect = Dialect.UNKNOWN
    content_seen: bool = False
    """The model had said something before the end."""
    finish_seen: bool = False
    """A finish or stop reason, or the dialect's closing event."""
    failed_finish: Term | None = None
    """A finish reason that reports a failure (`error`, `network_error`, …)."""
    done_marker: bool = False
    cost_seen: bool = False
    events: Count = 0
    edge_markers: tuple[Term, ...] = ()
    """Ids of edge-page marks found in HTML or text."""
    errors: tuple[ErrorFact, ...] = ()
    """Outermost first, at most a handful."""
    retry_hints: tuple[RetryHint, ...] = ()
    transport: TransportFailure | None = None
    unobserved: tuple[ExchangePart, ...] | None = None
    """Parts of the exchange that passed unseen, in whole or from some point on, because looking at
    them failed; None when all was observed. What stands in other fields about such a part holds for
    the beginning that was seen."""

    @property
    def response_observed(self) -> bool:
        """Whether all of the response was seen, so that what is not in it can be relied on."""
        return not {"response_head", "response_body"}.intersection(self.unobserved or ())
