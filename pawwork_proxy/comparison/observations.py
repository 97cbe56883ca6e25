"""From the exchanges of a capture to observations: server time, dimensions, what was let through.

Invariant: nothing is guessed. A dimension that the record does not tell is None, and the clock's
error covers every server time that the dates of responses allow.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.facts.server import MODEL_PROTOCOLS, is_free, is_title_model, server_era
from pawwork_proxy.model.capture import End, Header, Note, Stub
from pawwork_proxy.model.context import Egress, Route
from pawwork_proxy.model.observation import (
    ABSENT,
    INTERCEPTING,
    PUBLIC,
    UNTOUCHED,
    Identities,
    Observation,
    ResponseEnd,
)
from pawwork_proxy.model.outcome import Family, Outcome
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.model.view import ContextView, ExchangeView

LEAST_ERROR_S = 1.0
"""Dates are whole seconds, and a clock that drifts within one is not seen to drift."""
UNKNOWN_CLOCK_S = 300.0
"""How far a machine's clock may be off if no response carries the server's date."""

ENDINGS: dict[Ending, ResponseEnd] = {
    Ending.COMPLETE: "complete",
    Ending.CLIENT_LEFT_AFTER_BODY: "complete",
    Ending.CLIENT_LEFT_MIDSTREAM: "aborted",
    Ending.UPSTREAM_CUT: "cut",
}
"""Every other ending means that no response began."""

INSTRUMENTS: dict[Route, str] = {
    "inside": UNTOUCHED,
    "tunnel": UNTOUCHED,
    "forward": INTERCEPTING,
    "reverse": INTERCEPTING,
}

LONGEST_RESPONSE = timedelta(minutes=10)
"""The client gives up on a stream that is silent for so long."""


class Probes:
    """The egress probes of one capture, as its exchanges and its notes tell of them.

    An address holds from one probe to the next if both found it. A router that reconnects in
    between is noticed only afterwards; of what was sent meanwhile nobody knows the address.
    """

    def __init__(self, contexts: Iterable[ContextView] = (), notes: Iterable[Note] = ()) -> None:
        found: dict[tuple[str | None, str], dict[datetime, str]] = {}
        for context in contexts:
            if context.egress is not None:
                seen = found.setdefault((context.source_address, context.egress.family), {})
                seen[context.egress.observed_at] = context.egress.address
        told = {at for seen in found.values() for at in seen}
        for note in notes:
            # No exchange came after this probe: it may be of any local address.
            if note.egress is not None and note.egress.observed_at not in told:
                for (_, family), seen in found.items():
                    if family == note.egress.family:
                        seen[note.egress.observed_at] = note.egress.address
        self._changes: dict[object, set[datetime]] = {}
        """By local address and family: probes that found another address than the one before."""
        self._overtaken: dict[object, set[datetime]] = {}
        """Probes of which the next one found another address."""
        for route, seen in found.items():
            for (before, old), (after, new) in pairwise(sorted(seen.items())):
                if old != new:
                    self._overtaken.setdefault(route, set()).add(before)
                    self._changes.setdefault(route, set()).add(after)

    def vouched(self, exchange: ExchangeView) -> Egress | None:
        """The egress of an exchange, unless the address changed between the probes around it."""
        egress = exchange.context.egress
        if egress is None or not self._changes:
            return egress
        route = (exchange.context.source_address, egress.family)
        at = egress.observed_at
        early = exchange.timing.started_at < at and at in self._changes.get(route, ())
        return None if early or at in self._overtaken.get(route, ()) else egress


class ServerClock(NamedTuple):
    """What to add to a capture's times to get the server's, and how sure that is."""

    offset_s: float
    error_s: float
    steady: bool = True
    """Whether one offset explains all dates; else the clock was set, or drifted, meanwhile."""


NO_PROBES = Probes()


def server_clock(low: Sequence[float], high: Sequence[float]) -> ServerClock:
    """The server's clock against the machine's, from the bounds that each dated response sets.

    A date is cut to seconds and written between sending the request and the head of the response.
    So what has to be added to the machine's clock is at least `date - head` and at most
    `date + 1 - start` seconds. The tightest bounds count, or the widest where those do not meet.
    """
    if not low:
        return ServerClock(0.0, UNKNOWN_CLOCK_S)
    least, most = max(low), min(high)
    steady = least <= most
    if not steady:
        least, most = min(low), max(high)
    return ServerClock((least + most) / 2, max((most - least) / 2, LEAST_ERROR_S), steady)


def observation(
    header: Header,
    exchange: ExchangeView,
    outcome: Outcome,
    clock: ServerClock,
    exclusive: frozenset[str] = frozenset(),
    probes: Probes = NO_PROBES,
) -> Observation:
    """One exchange as an observation; `outcome` is what its signals come to.

    `exclusive`: labels of the networks that nobody else uses, as the user vouches.
    """
    timing, request = exchange.timing, exchange.request
    started = timing.started_at + timedelta(seconds=clock.offset_s)
    head = timing.first_byte_ms
    ending = ENDINGS.get(exchange.signals.ending, "none")
    let_through = (
        outcome.family == Family.NETWORK
        and ending in {"aborted", "cut"}
        and exchange.response is not None
        and exchange.response.status == 200
    )
    return Observation(
        capture=header.capture_id,
        seq=exchange.seq,
        study=header.study_id,
        simulated=header.simulated,
        started_at=started,
        answered_at=None if head is None else started + timedelta(milliseconds=head),
        ended_at=started + timedelta(milliseconds=max(timing.total_ms or 0.0, head or 0.0)),
        clock_error_s=clock.error_s,
        steady=clock.steady,
        server_era="simulated" if header.simulated else server_era(started),
        client_era=sender_of(request).name,
        tier=request.tier,
        model_call=request.protocol in MODEL_PROTOCOLS,
        free=_is_free(exchange),
        kind="success" if let_through else outcome.kind,
        family="ok" if let_through else outcome.family,
        recorded_kind=outcome.kind if let_through else "",
        origin=outcome.origin_label,
        retry_after_s=outcome.retry_after_s,
        reset_at=outcome.reset_at,
        cadence=outcome.reset_cadence,
        ending=ending,
        answered_here=exchange.answered_here or False,
        action=request.request or "",
        answer_id=_answer_id(exchange),
        exclusive=exchange.context.network in exclusive,
        chained_proxy=exchange.context.chained_proxy,
        in_part=exchange.signals.unobserved is not None,
        who=_identities(header, exchange, probes.vouched(exchange)),
    )


class Arrival(NamedTuple):
    """When a request reached the proxy, by the machine's clock, and which it was."""

    seq: int
    at: datetime


Neighbours = tuple[Arrival, Arrival]
"""Two exchanges that follow each other in a capture, and between which numbers are missing."""


def after_last(known: Iterable[Arrival], exchanges: int, others: Iterable[object]) -> Arrival:
    """The number after the last request of a run, and until when that may have come.

    The run's own counts in `others` (stubs, notes, end line) tell of requests behind the last one
    `known`: of a bundle that was cut, or of records that could not be written.
    """
    arrivals = list(known)
    last = max(one.seq for one in arrivals)
    latest = max(one.at for one in arrivals)
    recorded, made, noted, lost = exchanges, 0, 0, 0
    until = latest
    for line in others:
        match line:
            case Stub():
                recorded += 1
            case Note(event="records_lost", count=int(count)):
                noted += count
                until = max(until, line.at)
            case End():
                made, lost = line.exchanges + sum(line.stubs.values()), line.lost
                until = max(until, line.at)
    # Most lost ones are among those made; one that could not even be opened is not. Without an end
    # line all may have come behind the last one that is known.
    counted = max(made, recorded + lost) if made else last + noted
    return Arrival(last + 1, latest) if counted <= last else Arrival(counted + 1, until)


def unrecorded(
    header: Header, around: Iterable[Neighbours], clock: ServerClock
) -> Iterator[Observation]:
    """Observations that stand for gaps: all that is known is where and when they may have been.

    Not by whom: the header of a bundle names only the installs that were asked for.
    """
    offset = timedelta(seconds=clock.offset_s)
    for one, other in around:
        yield Observation(
            capture=header.capture_id,
            seq=one.seq + 1,
            study=header.study_id,
            simulated=header.simulated,
            started_at=min(one.at, other.at) + offset,
            ended_at=max(one.at, other.at) + offset + LONGEST_RESPONSE,
            clock_error_s=clock.error_s,
            steady=clock.steady,
            kind="unknown",
            family="unknown",
            origin="unknown",
            count=other.seq - one.seq - 1,
            who=Identities(network=header.network, device=header.machine.device),
        )


def install_name(label: str, install_id: str) -> str:
    """What tells installs apart that have one label on two machines."""
    return f"{label} {install_id[-6:]}"


def _answer_id(exchange: ExchangeView) -> str:
    response = exchange.response
    return "" if response is None else response.cf_ray or response.response_id or ""


def _is_free(exchange: ExchangeView) -> bool | None:
    """Whether the model is free: without a key nothing else is served."""
    model = exchange.request.model or ""
    if exchange.auth.kind in {"none", "public"} or is_free(model):
        return True
    if is_title_model(model):
        return False
    response = exchange.response
    return False if response is not None and response.cost else None


def _identities(header: Header, exchange: ExchangeView, egress: Egress | None) -> Identities:
    context, request, auth = exchange.context, exchange.request, exchange.auth
    address, prefix, family = _address(header, exchange, egress)
    keyless = auth.kind in {"none", "public"}
    region = exchange.response.colo if exchange.response is not None else None
    if region is None and egress is not None:
        region = egress.colo or egress.country
    workspace = exchange.response.workspace if exchange.response is not None else None
    workspace = workspace or request.workspace
    return Identities(
        network=context.network,
        address=address,
        prefix=prefix,
        family=family,
        region=region,
        key={"none": ABSENT, "public": PUBLIC}.get(auth.kind, auth.pseudonym),
        auth_kind="none" if keyless else auth.kind,
        workspace=ABSENT if keyless else workspace,
        device=context.device,
        install=install_name(context.install, context.install_id),
        session=request.session or ABSENT,
        request=request.request or ABSENT,
        project=request.project or ABSENT,
        model=request.model,
        model_group=request.model_group,
        client=request.client or ABSENT,
        user_agent=request.user_agent or ABSENT,
        instrument=INSTRUMENTS[context.route],
    )


def _address(
    header: Header, exchange: ExchangeView, egress: Egress | None
) -> tuple[str | None, str | None, str | None]:
    """Egress address, prefix and family; a simulator sees the very address we send from."""
    context = exchange.context
    if egress is not None:
        prefix = egress.address if egress.family == "ipv4" else egress.prefix
        return egress.address, prefix, egress.family
    if context.egress is not None:
        return None, None, context.egress.family
    if context.chained_proxy:
        return None, None, None
    if header.simulated and context.source_address is not None:
        on_ipv4 = context.upstream_family == "ipv4"
        prefix = context.source_address if on_ipv4 else None
        return context.source_address, prefix, context.upstream_family
    return None, None, context.upstream_family
