"""How a response is to be written: bytes, pauses, and the way it ends. Pure; `writing.py` obeys.

Invariant: everything that a fault does to the bytes is decided here, nothing in the server.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from pawwork_proxy.simulator.conversation import (
    DEFAULT_EVENTS,
    Reply,
    events,
    text_events_begin,
    whole,
)
from pawwork_proxy.simulator.faults import ERROR_FRAMES, FAULTS, Fault
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.refusals import JSON, WholeBody, compact, own_error
from pawwork_proxy.simulator.world import SimulatedResponse

PlannedEnd = Literal["complete", "cut", "stall", "truncated", "reset"]
"""`cut`: closed inside the body; `truncated`: coded body too short, framing whole; `reset`: RST."""


class Shape(NamedTuple):
    """How long and how fast ordinary responses are."""

    text_events: int = DEFAULT_EVENTS
    event_interval_s: float = 0.0
    filler: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A response ready to be written."""

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
    end: PlannedEnd = "complete"


def plan_of(response: SimulatedResponse, call: ModelCall, created: int, shape: Shape) -> Plan:
    """The plan for a model call; `created` is the time of the response in whole seconds UTC."""
    fault = response.fault
    if response.error_type:
        return refusal_plan(response)
    if fault is not None and fault.kind == "reset":
        return Plan(0, end="reset")
    body = FAULTS[fault.kind].body if fault is not None else None
    if body is not None:
        waiting = _waiting(response.retry_after)
        return plain_plan(response.status, body._replace(headers=body.headers + waiting))
    reply = Reply(call.model, created, response.sequence, shape.text_events, shape.filler)
    if fault is not None and fault.kind == "tool_call" and not call.tool_answered:
        reply = reply.calling(call.tools)
    large_kinds = ("big_body",) if call.stream else ("big_body", "huge_event")
    if fault is not None and fault.kind in large_kinds:
        large = replace(reply, text_events=1, filler=fault.size)
        return plain_plan(200, WholeBody(JSON, whole(call.protocol, large)))
    if call.stream:
        good = Plan(
            200,
            "text/event-stream",
            (("cache-control", "no-cache"),),
            events(call.protocol, reply),
            streamed=True,
            each_delay_s=shape.event_interval_s,
        )
    else:
        good = plain_plan(200, WholeBody(JSON, whole(call.protocol, reply)))
    return good if fault is None or fault.stage == "edge" else _spoilt(good, fault, call)


def plain_plan(status: int, body: WholeBody) -> Plan:
    """A plan that writes a whole body."""
    return Plan(status, body.content_type, body.headers, (body.body,))


def refusal_plan(refused: SimulatedResponse) -> Plan:
    """A refusal: Zen's own (`text/plain`, a limit's with a wait) or a relayed one (JSON)."""
    if refused.provider:
        return plain_plan(refused.status, own_error(refused.error_type, refused.message, JSON))
    more: dict[str, Any] = {}
    wait = refused.retry_after
    if wait is not None:
        more["metadata"] = dict(refused.metadata)
    body = own_error(refused.error_type, refused.message, headers=_waiting(wait), **more)
    return plain_plan(refused.status, body)


def _waiting(wait: int | None) -> tuple[tuple[str, str], ...]:
    return () if wait is None else (("retry-after", str(wait)),)


def json_plan(value: object, status: int = 200) -> Plan:
    """A plan that writes a value as JSON."""
    return plain_plan(status, WholeBody(JSON, compact(value)))


def fault_plan(kind: str) -> Plan:
    """What a fault of that kind would send, where it is no fault but the server's habit."""
    effect = FAULTS[kind]
    assert effect.body is not None
    return plain_plan(effect.status, effect.body)


def _error_frame(fault: Fault) -> bytes:
    """An error as one event of a stream, in the shape of the fault's kind."""
    words = ERROR_FRAMES[fault.error]
    inner = {"type": words.type, "message": words.message}
    named, frame = b"", dict[str, Any]()
    match fault.kind:
        case "error_flat":
            frame = {"type": "error", "code": words.code, "message": words.message, "param": None}
        case "error_event":
            named, frame = b"event: error\n", {"type": "error", "error": inner}
        case _:
            frame = {"error": {**inner, "code": words.code, "param": None}}
    return named + b"data: " + compact(frame) + b"\n\n"


def _spoilt(good: Plan, fault: Fault, call: ModelCall) -> Plan:
    """A response that began well, as the fault leaves it; what is no stream is cut in half."""
    text_begins = text_events_begin(call.protocol)
    if good.streamed:
        begun = good.parts[: text_begins + 2]
        head, rest = good.parts[: fault.after], good.parts[fault.after :]
        broken = (*head, _half(rest[0] if rest else head[-1]))
    else:
        begun = head = broken = (_half(good.parts[0]),)
        rest = ()
    match fault.kind:
        case "no_end":
            return replace(good, parts=begun)
        case "huge_event":
            # One text event of the asked size, in the protocol's own shape.
            reply = Reply(call.model, 0, 0, text_events=1, filler=fault.size)
            huge = events(call.protocol, reply)[text_begins]
            return replace(good, parts=(*head, huge, *rest))
        case "slow_events" if good.streamed:
            return replace(good, each_delay_s=fault.seconds)
        case "slow_first_byte" | "slow_events":
            return replace(good, first_delay_s=fault.seconds)
        case "stall":
            return replace(good, parts=head, end="stall")
        case "cut":
            return replace(good, parts=broken, end="cut")
        case "truncated_encoding":
            return replace(good, end="truncated")
    frame = _error_frame(fault)
    if not good.streamed:
        return replace(good, parts=(frame.partition(b"data: ")[2].strip(),))
    return replace(good, parts=(frame,) if fault.kind == "error_first" else (*head, frame))


def _half(part: bytes) -> bytes:
    return part[: len(part) // 2]
