"""Gates on the pure world: whom each server era admits, and how it refuses the others."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pawwork_proxy.facts.table import Fact, read
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.reported import read_case
from pawwork_proxy.simulator.gates import MARKS, ClientGate, HelloGate, UserAgentLimit
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.plan import refusal_plan
from pawwork_proxy.simulator.presets import preset, scenario_from
from pawwork_proxy.simulator.refusals import REFUSALS, text_of
from pawwork_proxy.simulator.scenario import FreeLimit, Scenario
from pawwork_proxy.simulator.world import SimulatedResponse, World
from pawwork_proxy.wire.client_hello import ClientHello

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SESSION = "ses_0123456789abABCDEFGHIJKLMN"
BUN = ClientHello((772, 771), MARKS["suites"].numbers, (0, 16), (1027,), ("http/1.1",))
OURS = replace(BUN, suites=tuple(sorted(BUN.suites)))
DIRECTORY = "You are opencode.\n<env>\n  Working directory: /home/me\n</env>"
OPENCODE = ModelCall(
    user_agent="opencode/1.18.34 ai-sdk/provider-utils/4.0.23",
    session=SESSION,
    headers={"x-opencode-session": SESSION, "x-opencode-session-id": SESSION},
    base="/inference/openai/v1",
    tools=frozenset({"bash", "edit", "glob", "grep", "read"}),
    system=DIRECTORY,
    hello=BUN,
)
TITLE = replace(OPENCODE, tools=frozenset(), system="You are a title generator. You output …")
ERAS = ["v5", "v6b", "v7", "v7b", "v7b-quota-words", "v7b-quota-whole"]


def ask(rules: str | Scenario, call: ModelCall = OPENCODE, **changes: Any) -> SimulatedResponse:
    scenario = preset(rules) if isinstance(rules, str) else rules
    return World(scenario).ask(replace(call, **changes), NOON)


def kind_of(response: SimulatedResponse) -> Kind:
    """What `classify` makes of a refusal as it is sent."""
    plan = refusal_plan(response)
    case = {
        "status": plan.status,
        "headers": dict(plan.headers),
        "content_type": plan.content_type,
        "body": plan.parts[0].decode(),
    }
    whole = {**case, "streaming": False, "transport": None, "model": None}
    return classify(read_case(whole).signals).kind


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("call", [OPENCODE, TITLE], ids=["main", "title"])
def test_opencode_is_admitted_in_every_era(era: str, call: ModelCall) -> None:
    assert ask(era, call).decision == "admitted"


@pytest.mark.parametrize(
    "changes",
    [
        {"user_agent": "ai-sdk/openai 1"},
        {"user_agent": None},
        {"session": "abc"},
        {"session": None},
        {"headers": {}},
        {"stream": False},
        {"tools": OPENCODE.tools - {"grep"}},
        {"tools": frozenset("abcdef")},
    ],
)
def test_the_client_gate_wants_all_marks_of_opencode(changes: dict[str, Any]) -> None:
    for era in ("v5", "v6b", "v7"):
        refused = ask(era, **changes)
        assert (refused.decision, refused.status) == ("client_gate", 403)
        assert refused.error_type == "FreeTierError"
        assert kind_of(refused) is Kind.CLIENT_GATE
    assert ask("v7b", **changes).decision == "client_gate"


@pytest.mark.parametrize(
    ("user_agent", "status"),
    [
        ("opencode/1.17.9", 426),
        ("opencode/1.9.40 ai-sdk/1", 426),
        ("opencode/0.0.0-beta-202609170915", 426),
        ("opencode/1.18.0", 200),
        ("opencode/1.100.0", 200),
        ("opencode/2.0.5", 200),
        ("opencode/latest/1.16.2/cli", 403),
        ("curl/8", 403),
    ],
)
def test_a_version_below_the_floor_is_told_to_upgrade(user_agent: str, status: int) -> None:
    for era, provider in (("v6b", "Console"), ("v7", "")):
        given = ask(era, user_agent=user_agent)
        assert given.status == status
        if status == 426:
            assert (given.error_type, given.provider) == ("UpgradeRequired", provider)
            assert given.message.endswith("OpenCode 1.18.0 or newer is required")
            assert kind_of(given) is Kind.CLIENT_GATE


def test_since_v7_the_old_address_is_closed_to_callers_without_a_key() -> None:
    old = replace(OPENCODE, base="/zen/v1")
    for key in (None, "public"):
        refused = ask("v7", old, key=key)
        assert (refused.status, refused.error_type) == (403, "FreeTierError")
        assert kind_of(refused) is Kind.CLIENT_GATE
    assert ask("v7", old, key="sk-made-up").decision == "admitted"
    assert ask("v7", old, key="sk-made-up", user_agent="curl/8").status == 403
    assert ask("v6b", old).decision == "admitted"
    for model in ("glm-5.2", "nobody-knows-it"):
        assert ask("v7", old, model=model).status == 403
    go: dict[str, Any] = {
        "tier": "go",
        "model": "glm-5.2",
        "key": "sk-made-up",
        "base": "/zen/go/v1",
    }
    assert ask("v7", **go).decision == "admitted"


@pytest.mark.parametrize(
    "changes",
    [
        {"system": "You are opencode."},
        {"system": "<env> no place </env>"},
        {"system": "<env></env> directory: /home"},
        {"hello": OURS},
        {"hello": None},
        {"tools": OPENCODE.tools - {"read"}},
    ],
)
def test_v7b_also_looks_at_directory_and_handshake(changes: dict[str, Any]) -> None:
    refused = ask("v7b", **changes)
    assert (refused.decision, refused.status) == ("client_gate", 429)
    assert (refused.error_type, refused.retry_after) == ("FreeUsageLimitError", None)
    assert refused.message.startswith("Free usage limit reached. Free models work in OpenCode")
    assert kind_of(refused) is Kind.CLIENT_GATE
    plan = refusal_plan(refused)
    assert plan.headers == ()
    assert plan.parts[0].startswith(b'{"type":"error","error":{"type":"FreeUsageLimitError",')
    assert b"metadata" not in plan.parts[0]


def test_a_title_shows_its_handshake_too() -> None:
    assert ask("v7b", TITLE, hello=OURS).decision == "client_gate"
    strict = scenario_from({"base": "v7", "client_gate": {"titles_pass": False}}, "")
    assert ask(strict, TITLE).decision == "client_gate"


def test_a_gate_may_say_what_the_quota_says() -> None:
    """Only the missing wait tells them apart, and with a wait nothing in one response does."""
    quota = ask(Scenario(free=FreeLimit(limit=0, double_new=False)), locale="de")
    words = ask("v7b-quota-words", hello=OURS, locale="de")
    whole = ask("v7b-quota-whole", hello=OURS, locale="de")
    assert quota.decision == "free_usage_limit"
    assert {words.decision, whole.decision} == {"client_gate"}
    assert quota.message == words.message == whole.message != ask("v7b", hello=OURS).message
    assert (quota.retry_after, words.retry_after) == (43200, None)
    assert refusal_plan(whole) == refusal_plan(quota)
    assert kind_of(whole) is kind_of(words) is Kind.FREE_USAGE_LIMIT


def test_a_gate_of_zens_own_counts_nothing_and_a_closed_services_does() -> None:
    one = FreeLimit(limit=1, double_new=False)
    for provider, then in (("", "admitted"), ("Console", "free_usage_limit")):
        world = World(Scenario(free=one, client_gate=ClientGate(provider=provider)))
        assert world.ask(replace(OPENCODE, stream=False), NOON).decision == "client_gate"
        assert world.ask(OPENCODE, NOON).decision == then


@pytest.mark.parametrize(
    ("rules", "admitted"),
    [
        ({}, True),
        ({"suites": [1, 2]}, False),
        ({"suites": [], "number_of_suites": 17}, True),
        ({"suites": [], "number_of_suites": 28}, False),
        ({"alpn": ["http/1.1"]}, True),
        ({"alpn": ["h2", "http/1.1"]}, False),
        ({"digests": [BUN.digest]}, True),
        ({"digests": ["0" * 16]}, False),
        ({"ja4": [OURS.ja4, BUN.ja4]}, True),
        ({"ja4": ["t13d281200_a01be8c064b6_0d46a1bf4a7c"]}, False),
        ({"suites": []}, True),
    ],
)
def test_a_gate_by_handshake_admits_what_it_is_set_to(
    rules: dict[str, object], admitted: bool
) -> None:
    assert HelloGate.model_validate(rules).admits(BUN) is admitted
    assert not HelloGate.model_validate(rules).admits(None)


def test_the_same_suites_in_another_order_are_refused() -> None:
    assert not HelloGate().admits(OURS)
    assert HelloGate(suites=(), number_of_suites=17).admits(OURS)


def test_session_headers_must_agree() -> None:
    gate = ClientGate(session_headers=("x-opencode-session", "x-opencode-session-id"))
    rules = Scenario(client_gate=gate)
    assert ask(rules).decision == "admitted"
    assert ask(rules, headers={"x-opencode-session": SESSION}).status == 403
    other = {**OPENCODE.headers, "x-opencode-session-id": "ses_other"}
    assert ask(rules, headers=other).status == 403


def test_the_first_closed_gate_refuses_in_the_name_of_its_provider() -> None:
    marks = {"user_agent": "", "session": "", "session_headers": (), "stream": False, "tools": ()}
    lax = ClientGate.model_validate({"provider": "One", **marks})
    limit = UserAgentLimit(provider="Two")
    curl = ModelCall(user_agent="curl/8")
    refused = ask(Scenario(client_gate=ClientGate(provider="One"), user_agent_limit=limit), curl)
    assert (refused.error_type, refused.provider) == ("FreeTierError", "One")
    rules = Scenario(client_gate=lax, user_agent_limit=limit)
    refused = ask(rules, curl)
    assert (refused.error_type, refused.provider) == ("FreeUsageLimitError", "Two")
    assert ask(rules, curl, user_agent="opencode/1").decision == "admitted"


def test_every_mark_and_refusal_says_where_it_comes_from() -> None:
    known = read("sources")["source"]
    rows: list[Fact] = [*MARKS.values(), *REFUSALS.values()]
    assert all(set(row.source) <= set(known) for row in rows)
    reported = {REFUSALS[name].confidence for name in ("free_models", "upgrade_required")}
    assert reported == {"R"}
    assert text_of("upgrade_required", least="1.18.0").startswith("OpenCode 1.18.0")
