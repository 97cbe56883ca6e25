import json
from typing import Any, get_args

import pytest

from pawwork_proxy.simulator.conversation import Reply, events, text_events_begin, whole
from pawwork_proxy.simulator.model_call import Protocol

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
REPLY = Reply("big-pickle", 1_700_000_000, 7, text_events=3)


def payloads(protocol: Protocol, reply: Reply = REPLY) -> list[dict[str, Any]]:
    found = []
    for event in events(protocol, reply):
        assert event.endswith(b"\n\n")
        data = event[:-2].rpartition(b"data: ")[2]
        if data != b"[DONE]":
            found.append(json.loads(data))
    return found


def text_in(protocol: Protocol, payload: dict[str, Any]) -> Any:
    match protocol:
        case "chat":
            choices = payload["choices"]
            return choices[0]["delta"].get("content", "") if choices else ""
        case "messages":
            return payload.get("delta", {}).get("text", "")
        case "responses":
            return payload["delta"] if payload["type"].endswith("text.delta") else ""
        case "google":
            return payload["candidates"][0]["content"]["parts"][0]["text"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_text_comes_whole_and_where_it_is_said_to_begin(protocol: Protocol) -> None:
    texts = [text_in(protocol, payload) for payload in payloads(protocol)]
    assert "".join(texts) == REPLY.text
    assert [bool(text) for text in texts].index(True) == text_events_begin(protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_id_and_time_are_the_answers_own(protocol: Protocol) -> None:
    joined = b"".join(events(protocol, REPLY))
    assert b"gen00000007" in joined
    assert b"gen00000000" not in joined
    assert (b"1700000000" in joined) == (protocol in ("chat", "responses"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_named_events_carry_their_own_type(protocol: Protocol) -> None:
    for event in events(protocol, REPLY):
        if event.startswith(b"event: "):
            name, data = event.split(b"\n")[:2]
            assert json.loads(data[6:])["type"].encode() == name[7:]


def test_chat_ends_with_finish_usage_cost_and_done() -> None:
    *_, finish, usage, cost = payloads("chat")
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 3
    assert cost == {"choices": [], "cost": "0"}
    assert events("chat", REPLY)[-1] == b"data: [DONE]\n\n"


@pytest.mark.parametrize("protocol", ["messages", "responses"])
def test_named_protocols_end_with_a_ping_that_carries_the_cost(protocol: Protocol) -> None:
    assert payloads(protocol)[-1] == {"type": "ping", "cost": "0"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_answers_have_text_model_and_cost(protocol: Protocol) -> None:
    body = whole(protocol, REPLY)
    assert json.loads(body)["cost"] == "0"
    assert REPLY.text.encode() in body
    assert b"big-pickle" in body


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_filler_makes_each_text_event_larger(protocol: Protocol) -> None:
    plain = events(protocol, REPLY)
    padded = events(protocol, Reply("big-pickle", 1_700_000_000, 7, text_events=3, filler=500))
    at = text_events_begin(protocol)
    assert len(padded[at]) == len(plain[at]) + 500
