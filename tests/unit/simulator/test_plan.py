import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pawwork_proxy.simulator.conversation import text_events_begin
from pawwork_proxy.simulator.faults import FAILING, FAULTS, Fault
from pawwork_proxy.simulator.model_call import ModelCall, Protocol
from pawwork_proxy.simulator.plan import Plan, Shape, plan_of
from pawwork_proxy.simulator.scenario import FreeLimit, GoPlan, RelayedLimit, Scenario
from pawwork_proxy.simulator.world import World

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
FREE = ModelCall()
ORDINARY = Shape()


def plan(call: ModelCall = FREE, shape: Shape = ORDINARY, **rules: Any) -> Plan:
    response = World(Scenario(**rules)).ask(call, NOON)
    return plan_of(response, call, 1_700_000_000, shape)


def faulty(kind: str, call: ModelCall = FREE, **fields: Any) -> Plan:
    return plan(call, faults=(Fault(kind=kind, **fields),))


GOOD = plan()


def test_an_own_refusal_is_json_labelled_as_text_with_retry_after() -> None:
    refused = plan(free=FreeLimit(limit=0, double_new=False))
    assert (refused.status, refused.content_type) == (429, "text/plain;charset=UTF-8")
    assert refused.headers == (("retry-after", "43200"),)
    assert json.loads(refused.parts[0]) == {
        "type": "error",
        "error": {
            "type": "FreeUsageLimitError",
            "message": "Rate limit exceeded. Please try again later.",
        },
        "metadata": {},
    }


def test_a_relayed_refusal_is_json_without_retry_after() -> None:
    refused = plan(free=None, relayed=RelayedLimit(limit=0))
    assert (refused.status, refused.content_type, refused.headers) == (429, "application/json", ())
    assert "(Console)" in json.loads(refused.parts[0])["error"]["message"]


def test_a_go_refusal_carries_its_metadata() -> None:
    go = ModelCall(model="glm-5.2", key="sk-made-up", tier="go")
    world = World(Scenario(go=GoPlan(five_hours=0.01)))
    world.ask(go, NOON)
    body = json.loads(plan_of(world.ask(go, NOON), go, 0, Shape()).parts[0])
    assert body["error"]["type"] == "GoUsageLimitError"
    assert body["metadata"]["limitName"] == "5 hour"


def test_errors_other_than_429_have_no_metadata() -> None:
    refused = plan(ModelCall(model="no-such"))
    assert set(json.loads(refused.parts[0])) == {"type", "error"}
    assert refused.status == 401


def test_a_request_without_stream_gets_one_json_body() -> None:
    plain = plan(ModelCall(stream=False))
    assert (plain.content_type, plain.streamed, len(plain.parts)) == ("application/json", False, 1)


def test_shape_sets_length_and_pace() -> None:
    long = plan(shape=Shape(text_events=50, event_interval_s=0.5))
    assert len(long.parts) == len(GOOD.parts) + 44
    assert long.each_delay_s == 0.5


@pytest.mark.parametrize("row", [FAULTS[kind] for kind in FAILING], ids=lambda row: row.kind)
def test_every_fault_spoils_streams_and_plain_answers_alike(row: Any) -> None:
    for call in (FREE, ModelCall(stream=False)):
        spoilt = faulty(row.kind, call)
        assert spoilt.status == (row.status)
        assert spoilt != plan(call)


@pytest.mark.parametrize(
    ("kind", "parts"), [("error_first", 1), ("error_later", 4), ("error_flat", 4)]
)
def test_error_frames_come_after_the_asked_events(kind: str, parts: int) -> None:
    spoilt = faulty(kind, after=3)
    assert len(spoilt.parts) == parts
    assert spoilt.parts[:-1] == GOOD.parts[: parts - 1]
    assert b"overload" in spoilt.parts[-1].lower()


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("overload", "overloaded_error"),
        ("rate_limit", "rate_limit_error"),
        ("server_error", "server_error"),
        ("free_limit", "FreeUsageLimitError"),
    ],
)
def test_error_frames_say_what_was_asked(error: str, word: str) -> None:
    frame = faulty("error_event", error=error).parts[-1]
    assert frame.startswith(b"event: error\ndata: ")
    assert json.loads(frame.partition(b"data: ")[2])["error"]["type"] == word


def test_a_cut_ends_inside_an_event() -> None:
    cut = faulty("cut", after=2)
    assert cut.end == "cut"
    assert GOOD.parts[2].startswith(cut.parts[-1])
    assert len(cut.parts[-1]) < len(GOOD.parts[2])


def test_a_stream_without_end_has_text_but_no_trailer() -> None:
    joined = b"".join(faulty("no_end").parts)
    assert b"Hello" in joined
    assert b"cost" not in joined
    assert b"DONE" not in joined


@pytest.mark.parametrize(
    ("protocol", "model"),
    [("chat", "big-pickle"), ("messages", "qwen3.6-plus-free")],
)
def test_a_huge_event_keeps_the_protocols_shape(protocol: Protocol, model: str) -> None:
    huge = faulty("huge_event", ModelCall(protocol=protocol, model=model), size=100_000)
    largest = max(huge.parts, key=len)
    assert 100_000 < len(largest) < 101_000
    json.loads(largest.rpartition(b"data: ")[2])
    assert len(huge.parts) == text_events_begin(protocol) + 6 + 4 + 1


def test_a_big_body_has_the_asked_size() -> None:
    (body,) = faulty("big_body", size=1_000_000).parts
    assert 1_000_000 < len(body) < 1_001_000
    json.loads(body)


def test_pauses_are_where_the_fault_says() -> None:
    assert faulty("slow_first_byte", seconds=3).first_delay_s == 3
    assert faulty("slow_events", seconds=3).each_delay_s == 3
