"""Each kind of outcome can be had by its name, in every dialect, streamed or not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Dialect, Ending
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader
from pawwork_proxy.simulator.faults import Wait
from pawwork_proxy.simulator.model_call import ModelCall, Protocol
from pawwork_proxy.simulator.plan import Plan, Shape, plan_of
from pawwork_proxy.simulator.presets import preset
from pawwork_proxy.simulator.world import World

NOW = datetime(2026, 11, 28, 3, 32, tzinfo=UTC)
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)


def plan(state: str, call: ModelCall, wait: Wait | None = None) -> Plan:
    scenario = preset(state)
    if wait is not None:
        (fault,) = scenario.faults
        faults = (fault.model_copy(update={"wait": wait}),)
        scenario = scenario.model_copy(update={"faults": faults})
    return plan_of(World(scenario).ask(call, NOW), call, int(NOW.timestamp()), Shape())


def calls() -> Iterator[ModelCall]:
    for protocol in PROTOCOLS:
        for stream in (True, False):
            for tier in ("zen", "go"):
                yield ModelCall(model="not-listed", protocol=protocol, stream=stream, tier=tier)


NO_STATES = {Kind.ZEN_LIMIT, Kind.OTHER_SERVICE}
"""What a text without its type leaves open, and what others say: Zen answers neither."""


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in NO_STATES])
def test_every_state_comes_to_the_kind_of_its_name(kind: Kind) -> None:
    for call in calls():
        made = plan(kind, call)
        if made.end == "reset":
            reader, ending = ResponseReader(None), Ending.UPSTREAM_RESET
        else:
            headers = [("content-type", made.content_type), *made.headers]
            reader, ending = ResponseReader(made.status, headers), Ending.COMPLETE
            for part in made.parts:
                reader.feed(part)
        assert classify(reader.finish(ending, None).signals).kind is kind


@pytest.mark.parametrize(
    ("state", "wait", "header"),
    [
        ("free_usage_limit", None, "73680"),
        ("free_usage_limit", 90, "90"),
        ("free-usage-limit", "midnight", "73680"),
        ("key_rate_limit", None, "60"),
        ("provider_rate_limit", None, None),
        ("provider_rate_limit", 7, "7"),
        ("auth_invalid", None, None),
        ("auth_invalid", 7, "7"),
        ("gateway_error", 7, "7"),
    ],
)
def test_a_state_waits_as_the_server_does_or_as_it_is_told(
    state: str, wait: Wait | None, header: str | None
) -> None:
    assert dict(plan(state, ModelCall(), wait).headers).get("retry-after") == header


@pytest.mark.parametrize(
    ("wait", "limit"),
    [(None, "5 hour"), (18_000, "5 hour"), (18_001, "weekly"), (604_801, "monthly")],
)
def test_gos_limit_is_named_by_its_wait(wait: int | None, limit: str) -> None:
    (body,) = plan("go_usage_limit", ModelCall(key="sk-a"), wait).parts
    assert f'"limitName":"{limit}"'.encode() in body


def test_a_state_does_not_count_and_never_ends() -> None:
    world = World(preset("success"))
    found = {world.ask(ModelCall(), NOW + timedelta(days=day)).hold for day in range(300)}
    assert found == {None}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_round_calls_a_tool_and_then_replies(protocol: Protocol, stream: bool) -> None:
    offered = frozenset({"bash", "glob", "grep"})
    call = ModelCall(protocol=protocol, stream=stream, tools=offered)
    asked = b"".join(plan("tool_round", call).parts)
    assert b'"glob"' in asked
    assert b"simulated model" not in asked.replace(b'" simulated"', b"")
    answered = ModelCall(protocol=protocol, stream=stream, tools=offered, tool_answered=True)
    untooled = ModelCall(protocol=protocol, stream=stream)
    assert plan("tool_round", answered) == plan("success", answered)
    assert plan("tool_round", untooled) == plan("success", untooled)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_call_is_read_as_what_it_is(protocol: Protocol, stream: bool) -> None:
    call = ModelCall(protocol=protocol, stream=stream, tools=frozenset({"glob"}))
    made = plan("tool_round", call)
    reader = ResponseReader(200, [("content-type", made.content_type)])
    for part in made.parts:
        reader.feed(part)
    read = reader.finish(Ending.COMPLETE, None)
    assert classify(read.signals).kind is Kind.SUCCESS
    assert read.signals.dialect is Dialect(protocol)
    assert read.signals.finish_seen
