"""What a provider answers when all is well: plain JSON and events in each protocol's real shape.

The legacy server ends an answer with its cost: chat an extra chunk with empty `choices`,
Anthropic and Responses an event `ping`, plain JSON a field (zen-facts 2). Pure; the text is made
up and the same for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pawwork_proxy.simulator.bodies import compact
from pawwork_proxy.simulator.facts import Protocol

WORDS = ("Hello", " from", " the", " simulated", " model", ".", " Nothing", " was", " asked", "!")
DEFAULT_EVENTS = 6
INPUT_TOKENS = 12
COST = "0"
_CREATED = 1_234_567_890
"""Stands in the cached events for the time of the answer, as sequence 0 does for its id."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to be written: how long, as which model, at what time (whole seconds UTC)."""

    model: str
    created: int
    sequence: int
    text_events: int = DEFAULT_EVENTS
    filler: int = 0
    """Bytes added to each text event, to reach a size."""

    @property
    def id(self) -> str:
        """Of the answer; derived from its number."""
        return f"gen{self.sequence:08d}"

    def pieces(self) -> Iterator[str]:
        """The text, one piece an event."""
        filler = "x" * self.filler
        for number in range(self.text_events):
            yield WORDS[number % len(WORDS)] + filler

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces())


def events(protocol: Protocol, reply: Reply) -> tuple[bytes, ...]:
    """The whole stream, one complete event each."""
    pattern = replace(reply, created=_CREATED, sequence=0)
    was_id, was_created = pattern.id.encode(), b"%d" % _CREATED
    now_id, now_created = reply.id.encode(), b"%d" % reply.created
    return tuple(
        [
            event.replace(was_id, now_id).replace(was_created, now_created)
            for event in _events(protocol, pattern)
        ]
    )


def text_events_begin(protocol: Protocol) -> int:
    """How many events of a stream come before the first one that carries text."""
    return {"chat": 1, "messages": 3, "responses": 4, "google": 0}[protocol]


def whole(protocol: Protocol, reply: Reply) -> bytes:
    """The answer to a request that did not ask for a stream."""
    return compact({**_WHOLE[protocol](reply), "cost": COST})


@lru_cache(maxsize=256)
def _events(protocol: Protocol, reply: Reply) -> tuple[bytes, ...]:
    return tuple(_EVENTS[protocol](reply))


def _data(value: object) -> bytes:
    return b"data: " + compact(value) + b"\n\n"


def _named(value: dict[str, Any]) -> bytes:
    return b"event: " + str(value["type"]).encode() + b"\n" + _data(value)


def _chat_usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": reply.text_events,
        "total_tokens": INPUT_TOKENS + reply.text_events,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def _chat(reply: Reply) -> Iterator[bytes]:
    head = {
        "id": reply.id,
        "object": "chat.completion.chunk",
        "created": reply.created,
        "model": reply.model,
    }

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _data({**head, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in reply.pieces():
        yield chunk({"content": piece})
    yield chunk({}, "stop")
    yield _data({**head, "choices": [], "usage": _chat_usage(reply)})
    yield _data({"choices": [], "cost": COST})
    yield b"data: [DONE]\n\n"


def _chat_whole(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    return {
        "id": reply.id,
        "object": "chat.completion",
        "created": reply.created,
        "model": reply.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": _chat_usage(reply),
    }


def _message(reply: Reply, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"msg_{reply.id}",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": 1},
        **fields,
    }


def _messages(reply: Reply) -> Iterator[bytes]:
    yield _named({"type": "message_start", "message": _message(reply)})
    block = {"type": "text", "text": ""}
    yield _named({"type": "content_block_start", "index": 0, "content_block": block})
    yield _named({"type": "ping"})
    for piece in reply.pieces():
        delta = {"type": "text_delta", "text": piece}
        yield _named({"type": "content_block_delta", "index": 0, "delta": delta})
    yield _named({"type": "content_block_stop", "index": 0})
    yield _named(
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": reply.text_events},
        }
    )
    yield _named({"type": "message_stop"})
    yield _named({"type": "ping", "cost": COST})


def _messages_whole(reply: Reply) -> dict[str, Any]:
    return _message(
        reply,
        content=[{"type": "text", "text": reply.text}],
        stop_reason="end_turn",
        usage={"input_tokens": INPUT_TOKENS, "output_tokens": reply.text_events},
    )


def _response(reply: Reply, status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"resp_{reply.id}",
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "model": reply.model,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
        **fields,
    }


def _response_done(reply: Reply) -> dict[str, Any]:
    return _response(
        reply,
        "completed",
        output=[_response_item(reply, "completed", reply.text)],
        usage={
            "input_tokens": INPUT_TOKENS,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": reply.text_events,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": INPUT_TOKENS + reply.text_events,
        },
    )


def _response_item(reply: Reply, status: str, text: str | None) -> dict[str, Any]:
    content = [] if text is None else [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "id": f"msg_{reply.id}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _responses(reply: Reply) -> Iterator[bytes]:
    place = {"item_id": f"msg_{reply.id}", "output_index": 0, "content_index": 0}
    item = {"output_index": 0, "item": _response_item(reply, "in_progress", None)}
    part = {"type": "output_text", "text": "", "annotations": []}
    rows: list[tuple[str, dict[str, Any]]] = [
        ("created", {"response": _response(reply, "in_progress")}),
        ("in_progress", {"response": _response(reply, "in_progress")}),
        ("output_item.added", item),
        ("content_part.added", {**place, "part": part}),
        *[("output_text.delta", {**place, "delta": piece}) for piece in reply.pieces()],
        ("output_text.done", {**place, "text": reply.text}),
        ("content_part.done", {**place, "part": {**part, "text": reply.text}}),
        (
            "output_item.done",
            {"output_index": 0, "item": _response_item(reply, "completed", reply.text)},
        ),
        ("completed", {"response": _response_done(reply)}),
    ]
    for number, (name, fields) in enumerate(rows):
        yield _named({"type": f"response.{name}", "sequence_number": number, **fields})
    yield _named({"type": "ping", "cost": COST})


def _google_part(reply: Reply, text: str, finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "index": 0,
    }
    if finish is not None:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": INPUT_TOKENS,
            "candidatesTokenCount": reply.text_events,
            "totalTokenCount": INPUT_TOKENS + reply.text_events,
        },
        "modelVersion": reply.model,
        "responseId": reply.id,
    }


def _google(reply: Reply) -> Iterator[bytes]:
    for piece in reply.pieces():
        yield _data(_google_part(reply, piece, None))
    yield _data(_google_part(reply, "", "STOP"))


_EVENTS: Mapping[Protocol, Callable[[Reply], Iterator[bytes]]] = MappingProxyType(
    {"chat": _chat, "messages": _messages, "responses": _responses, "google": _google}
)
_WHOLE: Mapping[Protocol, Callable[[Reply], dict[str, Any]]] = MappingProxyType(
    {
        "chat": _chat_whole,
        "messages": _messages_whole,
        "responses": _response_done,
        "google": lambda reply: _google_part(reply, reply.text, "STOP"),
    }
)
