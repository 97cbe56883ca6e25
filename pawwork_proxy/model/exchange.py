"""One request and what became of it, as a record: the unit that every later stage reads.

Invariant: a projection onto named, typed fields. There is no field for a prompt, a completion, a
key, a path, a cookie; what identifies is a pseudonym, and every kept text has a shape.
"""

from typing import Literal

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.context import AuthSource, ExchangeContext
from pawwork_proxy.model.numbers import Count, Milliseconds, Moment
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.request import AuthFacts, RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import Signals
from pawwork_proxy.model.texts import KeyPlace, RedactedPlace, Rule

Doubt = Literal["several_places", "unreadable_place", "rotated"]


class Timing(Noun):
    """When it happened: one UTC time, then monotonic durations from it, in milliseconds."""

    started_at: Moment
    request_sent_ms: Milliseconds | None = None
    upstream_connect_ms: Milliseconds | None = None
    """How long opening the upstream connection took; absent on a reused connection."""
    first_byte_ms: Milliseconds | None = None
    first_event_ms: Milliseconds | None = None
    max_gap_ms: Milliseconds | None = None
    """The longest silence between two events of a stream."""
    total_ms: Milliseconds | None = None


class AuthSourceFinding(Noun):
    """Where the wire key was found on this machine, by keyed fingerprint."""

    source: AuthSource = "unknown"
    places: tuple[KeyPlace, ...] = ()
    """Ids of the places that hold the key (a table's row ids, never paths)."""
    flags: tuple[Doubt, ...] = ()
    """Why the source may be less than sure."""


class Redaction(Noun):
    """What was dropped or pseudonymised where: path and rule, never the value."""

    path: RedactedPlace
    rule: Rule
    count: Count = 1


class Exchange(Noun):
    """One request, its response or failure, the context, and the outcome."""

    type: Literal["exchange"] = "exchange"
    seq: Count
    """Counts from 1 in the order in which requests reached the proxy."""
    context: ExchangeContext
    timing: Timing
    request: RequestFacts
    auth: AuthFacts
    auth_source: AuthSourceFinding = AuthSourceFinding()
    response: ResponseFacts | None = None
    """None when no response of the upstream arrived (a page of the proxy itself is none), or when
    its head was not observed."""
    signals: Signals
    outcome: Outcome
    answered_here: bool | None = None
    """True when the user had this proxy answer in place of the server (`--answer`): nothing of the
    request reached a server, and it is evidence of nothing."""
    redactions: tuple[Redaction, ...] = ()
