"""The requests of a capture that asked a model, and which of them belong together.

A client that names its user action (`x-opencode-request`) groups its requests itself. Of another
one, a request that is as large as one that was just refused is taken for its repetition.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pawwork_proxy.conduct.known import Known
from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.model.conduct import Part
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family, Kind
from pawwork_proxy.model.signals import Side
from pawwork_proxy.outcomes.client_behaviour import of_client

NO_REPETITION_AFTER_S = 30.0
"""Of a client that names no user action, an equal request that comes later is a new one."""


class Call(NamedTuple):
    """One request for a model's answer, as far as the judgement looks at it."""

    seq: int
    install: str
    client: str
    session: str | None
    action: str | None
    model: str | None
    size: tuple[int | None, int | None]
    """Messages and bytes of its body: a repetition has the same."""
    has_tools: bool | None
    """None where the body was not read."""
    started: datetime
    ended: datetime
    status: int | None
    outcome: Kind
    known: tuple[Known, ...]
    """What each range of releases that it can come from does after the answer; none where that is
    not known."""
    stranger: bool
    """Whether it is sent by a client of which nothing is known."""
    whole: bool
    """Whether all of it was observed."""
    left: bool
    """Whether the client broke it off."""

    @property
    def answered(self) -> bool:
        """Whether a model answered."""
        return self.outcome.family is Family.OK


def call_of(exchange: Exchange) -> Call:
    """What the judgement needs of an exchange in which a model was asked."""
    request, timing, body = exchange.request, exchange.timing, exchange.request.body
    sender = sender_of(request)
    lasted = timedelta(milliseconds=timing.total_ms or timing.first_byte_ms or 0.0)
    transport = exchange.signals.transport
    return Call(
        seq=exchange.seq,
        install=exchange.context.install,
        client=sender.name,
        session=request.session,
        action=request.request,
        model=request.model,
        size=(body.messages, body.decoded_bytes),
        has_tools=bool(body.tools) if body.state == "json" else None,
        started=timing.started_at,
        ended=timing.started_at + lasted,
        status=exchange.signals.status,
        outcome=exchange.outcome.kind,
        known=tuple(
            Known(behaviour, exchange.outcome.retry_after_s)
            for behaviour in of_client(exchange.outcome.client, sender.eras).values()
        ),
        stranger=not sender.eras,
        whole=exchange.signals.unobserved is None,
        left=transport is not None and transport.side is Side.CLIENT,
    )


class Repeated(NamedTuple):
    """A request and its repetitions, in order of arrival."""

    part: Part
    calls: tuple[Call, ...]


def repeated(calls: Iterable[Call]) -> Iterator[Repeated]:
    """Each request with its repetitions, in order of the first one's arrival."""
    ordered = sorted(calls, key=lambda call: call.seq)
    with_tools = {(call.install, call.client) for call in ordered if call.has_tools}
    found: list[tuple[Part, list[Call]]] = []
    latest: dict[object, list[Call]] = {}
    for call in ordered:
        # Only conversations have tools; a client that has none at all makes no titles either.
        is_title = not call.has_tools and (call.install, call.client) in with_tools
        part: Part = "title" if is_title else "main"
        sender = (call.install, call.client, call.session)
        key = (sender, call.model, part, call.action or call.size)
        together = latest.get(key)
        if together is None or not _repeats(call, together[-1]):
            together = latest[key] = []
            found.append((part, together))
        together.append(call)
    return (Repeated(part, tuple(together)) for part, together in found)


def prompts_in(steps: Iterable[Repeated]) -> int:
    """How many prompts the steps belong to; without ids each conversation step is one."""
    mains = [step.calls[0] for step in steps if step.part == "main"]
    return len({(one.install, one.session, one.action or one.seq) for one in mains})


def _repeats(call: Call, before: Call) -> bool:
    if call.action is not None:
        return not before.answered or call.size == before.size
    gap = (call.started - before.ended).total_seconds()
    return not before.answered and gap <= NO_REPETITION_AFTER_S
