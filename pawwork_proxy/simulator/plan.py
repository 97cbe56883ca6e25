"""How an answer is to be written: bytes, pauses, and the way it ends. Pure; `server.py` obeys.

Invariant: everything that a fault does to the bytes is decided here, nothing in the server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from pawwork_proxy.simulator.answer import Answer
from pawwork_proxy.simulator.bodies import (
    FAULT_BODIES,
    JSON,
    Plain,
    compact,
    error_frame,
    refusal,
)
from pawwork_proxy.simulator.conversation import (
    DEFAULT_EVENTS,
    Reply,
    events,
    text_events_begin,
    whole,
)
from pawwork_proxy.simulator.facts import RequestFacts
from pawwork_proxy.simulator.faults import Fault

EVENT_STREAM = "text/event-stream"

End = Literal["complete", "cut", "stall", "truncated", "reset"]
"""`cut`: closed inside the body; `truncated`: coded body too short, framing whole; `reset`: RST."""


class Shape(NamedTuple):
    """How long and how fast ordinary answers are."""

    text_events: int = DEFAULT_EVENTS
    event_interval_s: float = 0.0
    filler: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """An answer ready to be written."""

    status: int
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    parts: tuple[bytes, ...] = ()
    """Written and flushed one by one."""
    streamed: bool = False
    first_delay_s: float = 0.0
    """Before the head."""
    each_delay_s: float = 0.0
    """Before each part but the first."""
    end: End = "complete"


def plan_of(answer: Answer, facts: RequestFacts, created: int, shape: Shape) -> Plan:
    """The plan for a model call; `created` is the time of the answer in whole seconds UTC."""
    fault = answer.fault
    if answer.kind not in ("admitted", "fault"):
        return plain_plan(answer.status, refusal(answer))
    if fault is not None and fault.kind == "reset":
        return Plan(0, end="reset")
    if fault is not None and fault.kind in FAULT_BODIES:
        return plain_plan(answer.status, FAULT_BODIES[fault.kind])
    reply = Reply(
        facts.model, created, answer.sequence, text_events=shape.text_events, filler=shape.filler
    )
    if fault is not None and _is_one_large_body(fault, facts):
        body = whole(facts.protocol, replace(reply, text_events=1, filler=fault.size))
        return plain_plan(200, Plain(JSON, body))
    if facts.stream:
        stream = Plan(
            200,
            EVENT_STREAM,
            (("cache-control", "no-cache"),),
            events(facts.protocol, reply),
            streamed=True,
            each_delay_s=shape.event_interval_s,
        )
        return stream if fault is None else _spoilt_stream(stream, fault, facts)
    plain = plain_plan(200, Plain(JSON, whole(facts.protocol, reply)))
    return plain if fault is None else _spoilt_body(plain, fault)


def plain_plan(status: int, plain: Plain) -> Plan:
    """A plan that writes a whole body."""
    return Plan(status, plain.content_type, plain.headers, (plain.body,))


def _is_one_large_body(fault: Fault, facts: RequestFacts) -> bool:
    return fault.kind == "big_body" or (fault.kind == "huge_event" and not facts.stream)


def _spoilt_stream(good: Plan, fault: Fault, facts: RequestFacts) -> Plan:
    head, rest = good.parts[: fault.after], good.parts[fault.after :]
    match fault.kind:
        case "error_first":
            return replace(good, parts=(error_frame(fault),))
        case "error_later" | "error_flat" | "error_event":
            return replace(good, parts=(*head, error_frame(fault)))
        case "no_end":
            return replace(good, parts=good.parts[: text_events_begin(facts.protocol) + 2])
        case "huge_event":
            return replace(good, parts=(*head, *_huge(facts, fault), *rest))
        case "slow_first_byte":
            return replace(good, first_delay_s=fault.seconds)
        case "slow_events":
            return replace(good, each_delay_s=fault.seconds)
        case "stall":
            return replace(good, parts=head, end="stall")
        case "cut":
            return replace(good, parts=(*head, _half(rest[0] if rest else head[-1])), end="cut")
        case _:
            return replace(good, end="truncated")


def _spoilt_body(good: Plan, fault: Fault) -> Plan:
    half = (_half(good.parts[0]),)
    match fault.kind:
        case "no_end":
            return replace(good, parts=half)
        case "slow_first_byte" | "slow_events":
            return replace(good, first_delay_s=fault.seconds)
        case "stall":
            return replace(good, parts=half, end="stall")
        case "cut":
            return replace(good, parts=half, end="cut")
        case "truncated_encoding":
            return replace(good, end="truncated")
        case _:
            return replace(good, parts=(error_frame(fault).partition(b"data: ")[2].strip(),))


def _half(part: bytes) -> bytes:
    return part[: len(part) // 2]


def _huge(facts: RequestFacts, fault: Fault) -> tuple[bytes, ...]:
    """One text event of the asked size, in the protocol's own shape."""
    reply = Reply(facts.model, 0, 0, text_events=1, filler=fault.size)
    at = text_events_begin(facts.protocol)
    return events(facts.protocol, reply)[at : at + 1]


def json_plan(value: object, status: int = 200) -> Plan:
    """A JSON body, for the simulator's own endpoints."""
    return plain_plan(status, Plain(JSON, compact(value)))
