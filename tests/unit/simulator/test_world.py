"""The pipeline: which rule answers first, what is counted, and that a world repeats itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.simulator.faults import FAULTS, Fault
from pawwork_proxy.simulator.gates import UserAgentLimit
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.scenario import (
    Account,
    AccountState,
    FreeLimit,
    GoPlan,
    ModelOffer,
    RelayedLimit,
    Scenario,
)
from pawwork_proxy.simulator.world import SimulatedResponse, World
from tests.rows import each_row

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
FREE = ModelCall()
PAID = ModelCall(model="glm-5.2", key="sk-made-up")
GO = ModelCall(model="glm-5.2", key="sk-made-up", tier="go")
SMALL = FreeLimit(limit=1, double_new=False)
OPENCODE = ModelCall(user_agent="opencode/1.18.33 ai-sdk/provider-utils/4.0.23")


def respond(facts: ModelCall, **rules: Any) -> SimulatedResponse:
    return World(Scenario(**rules)).ask(facts, NOON)


def account(state: AccountState = "good", go: bool = True) -> tuple[Account, ...]:
    return (Account(key="sk-made-up", workspace="wrk_1", user="usr_1", state=state, go=go),)


def test_an_exhausted_pool_answers_before_a_bad_key_is_looked_at() -> None:
    """As in the server's source: an exhausted IP answers 429 even to a bad key."""
    world = World(Scenario(free=SMALL, accept_unknown_keys=False))
    bad = ModelCall(key="sk-nobody")
    assert world.ask(bad, NOON).decision == "auth_invalid"
    assert world.ask(FREE, NOON).decision == "admitted"
    refused = world.ask(bad, NOON)
    assert (refused.decision, refused.status, refused.retry_after) == (
        "free_usage_limit",
        429,
        43200,
    )


def test_an_unknown_model_is_refused_before_the_limiter() -> None:
    world = World(Scenario(free=FreeLimit(limit=0, double_new=False)))
    unknown = world.ask(ModelCall(model="no-such"), NOON)
    assert (unknown.status, unknown.error_type) == (401, "ModelError")
    assert world.ask(FREE, NOON).decision == "free_usage_limit"


def test_paid_models_do_not_touch_the_free_pool() -> None:
    world = World(Scenario(free=SMALL))
    for _ in range(3):
        assert world.ask(PAID, NOON).decision == "admitted"
    assert world.ask(FREE, NOON).decision == "admitted"


def test_a_key_does_not_leave_the_free_pool_of_its_address() -> None:
    world = World(Scenario(free=SMALL))
    assert world.ask(ModelCall(key="sk-a"), NOON).decision == "admitted"
    assert world.ask(ModelCall(key="sk-b"), NOON).decision == "free_usage_limit"


@pytest.mark.parametrize(
    ("facts", "rules", "expected"),
    [
        (ModelCall(model="glm-5.2"), {}, (401, "auth_missing", "AuthError")),
        (ModelCall(model="glm-5.2", key="public"), {}, (401, "auth_missing", "AuthError")),
        (PAID, {"accept_unknown_keys": False}, (401, "auth_invalid", "AuthError")),
        (PAID, {"accounts": account("blocked")}, (401, "auth_blocked", "AuthError")),
        (PAID, {"accounts": account("no_payment_method")}, (401, "billing", "CreditsError")),
        (PAID, {"accounts": account("no_balance")}, (401, "billing", "CreditsError")),
        (PAID, {"accounts": account("monthly_limit")}, (401, "billing", "MonthlyLimitError")),
        (PAID, {"accounts": account("user_limit")}, (401, "billing", "UserLimitError")),
        (
            ModelCall(model="glm-5.2", key="sk-made-up", region="XX"),
            {"blocked_regions": ("XX",)},
            (403, "region_blocked", "RegionError"),
        ),
        (PAID, {"key_per_minute": 0}, (429, "key_rate_limit", "RateLimitError")),
        (GO, {"accounts": account(go=False)}, (401, "billing", "CreditsError")),
        (ModelCall(tier="go", model="glm-5.2"), {}, (401, "auth_missing", "AuthError")),
        (
            GO,
            {"go": GoPlan(session_required=True)},
            (400, "client_gate", "MissingSessionID"),
        ),
        (ModelCall(model="grok-code"), {}, (401, "model_unavailable", "ModelError")),
        (ModelCall(protocol="messages"), {}, (401, "model_unavailable", "ModelError")),
        (
            FREE,
            {"models": (ModelOffer(id="big-pickle", free=True, state="no_provider"),)},
            (401, "no_provider", "ModelError"),
        ),
        (ModelCall(model="new"), {"accept_unknown_models": True}, (200, "admitted", "")),
    ],
)
def test_each_rule_answers_with_its_status_and_type(
    facts: ModelCall, rules: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    given = respond(facts, **rules)
    assert (given.status, given.decision, given.error_type) == expected


def test_go_limits_name_workspace_and_limit() -> None:
    world = World(Scenario(accounts=account(), go=GoPlan(five_hours=0.05)))
    assert world.ask(GO, NOON).decision == "admitted"
    refused = world.ask(GO, NOON + timedelta(hours=1))
    assert (refused.status, refused.error_type) == (429, "GoUsageLimitError")
    assert refused.retry_after == 4 * 3600
    assert dict(refused.metadata) == {"workspace": "wrk_1", "limitName": "5 hour"}
    assert world.ask(GO, NOON + timedelta(hours=5)).decision == "admitted"


def test_a_relayed_limit_is_prefixed_and_has_no_retry_after() -> None:
    world = World(Scenario(free=None, relayed=RelayedLimit(limit=1)))
    assert world.ask(FREE, NOON).decision == "admitted"
    refused = world.ask(FREE, NOON)
    assert (refused.decision, refused.status) == ("free_usage_limit", 429)
    assert (refused.retry_after, refused.provider) == (None, "Console")
    assert refused.message.startswith("Error from provider (Console): ")


def test_a_relayed_refusal_is_a_providers_answer_and_counts() -> None:
    """As in the server's source: counted after the provider answered, whatever the status."""
    world = World(
        Scenario(free=SMALL.model_copy(update={"limit": 2}), relayed=RelayedLimit(limit=0))
    )
    origins = [world.ask(FREE, NOON).provider for _ in range(3)]
    assert origins == ["Console", "Console", ""]


def test_the_user_agent_limit_spares_opencode_in_the_same_second() -> None:
    world = World(Scenario(user_agent_limit=UserAgentLimit(models=("big-pickle",))))
    assert world.ask(ModelCall(user_agent="curl/8"), NOON).status == 429
    assert world.ask(OPENCODE, NOON).status == 200
    other = ModelCall(user_agent="curl/8", model="mimo-v2.5-free")
    assert world.ask(other, NOON).status == 200


def test_no_gate_is_closed_unless_a_scenario_asks_for_one() -> None:
    assert respond(ModelCall(user_agent="curl/8", stream=False)).decision == "admitted"


def test_requests_in_parallel_overshoot_because_counting_follows_the_answer() -> None:
    world = World(Scenario(free=SMALL))
    together = [world.decide(FREE, NOON) for _ in range(3)]
    assert [one.decision for one in together] == ["admitted"] * 3
    for one in together:
        world.finish(one, NOON + timedelta(seconds=1))
    late = world.ask(FREE, NOON + timedelta(seconds=2))
    assert late.decision == "free_usage_limit"
    assert late.hold is not None
    assert late.hold.used == 3


@pytest.mark.parametrize(("counted", "after"), [(True, "free_usage_limit"), (False, "admitted")])
def test_aborted_streams_count_or_not_by_rule(counted: bool, after: str) -> None:
    rule = SMALL.model_copy(update={"count_aborted": counted})
    world = World(Scenario(free=rule))
    world.ask(FREE, NOON, aborted=True)
    assert world.ask(FREE, NOON).decision == after


def test_a_stream_over_midnight_counts_for_the_day_it_ends_in() -> None:
    world = World(Scenario(free=SMALL))
    midnight = datetime(2026, 9, 2, tzinfo=UTC)
    late = world.decide(FREE, midnight - timedelta(seconds=1))
    world.finish(late, midnight + timedelta(seconds=1))
    assert world.ask(FREE, midnight + timedelta(seconds=2)).decision == "free_usage_limit"


def test_the_key_limiter_is_per_key_model_and_minute() -> None:
    world = World(Scenario(key_per_minute=1))
    assert world.ask(PAID, NOON).decision == "admitted"
    refused = world.ask(PAID, NOON + timedelta(seconds=59))
    assert (refused.decision, refused.retry_after) == ("key_rate_limit", 60)
    assert world.ask(replace(PAID, model="kimi-k2.6"), NOON).decision == "admitted"
    assert world.ask(replace(PAID, key="sk-b"), NOON).decision == "admitted"
    assert world.ask(PAID, NOON + timedelta(minutes=1)).decision == "admitted"


def test_the_key_limiter_looks_at_27_characters_of_the_model() -> None:
    models = tuple(ModelOffer(id="x" * 27 + end) for end in "12")
    world = World(Scenario(key_per_minute=1, models=models))
    found = [world.ask(replace(PAID, model=offer.id), NOON).decision for offer in models]
    assert found == ["admitted", "key_rate_limit"]


@each_row("row", FAULTS.values())
def test_a_fault_keeps_its_status_and_counts_as_its_row_says(row: Any) -> None:
    world = World(Scenario(free=SMALL, faults=(Fault(kind=row.kind, at=(1,)),)))
    first = world.ask(FREE, NOON)
    assert (first.decision, first.status) == ("fault", row.status)
    counted = row.stage != "edge" and row.counted
    expected = "free_usage_limit" if counted else "admitted"
    assert world.ask(FREE, NOON).decision == expected


def test_refusals_win_over_provider_faults_but_not_over_the_edge() -> None:
    exhausted = FreeLimit(limit=0, double_new=False)
    assert respond(FREE, free=exhausted, faults=(Fault(kind="overload"),)).status == 429
    assert respond(FREE, free=exhausted, faults=(Fault(kind="bad_gateway"),)).status == 502


def test_the_first_fault_that_strikes_wins() -> None:
    faults = (Fault(kind="cut", at=(2,)), Fault(kind="stall"))
    world = World(Scenario(faults=faults))
    kinds = [one.fault.kind for one in (world.ask(FREE, NOON) for _ in range(3)) if one.fault]
    assert kinds == ["stall", "cut", "stall"]


def test_own_refusals_speak_the_callers_language() -> None:
    exhausted = FreeLimit(limit=0, double_new=False)
    german = respond(ModelCall(locale="de"), free=exhausted)
    assert german.message.startswith("Ratenlimit")
    assert german.error_type == "FreeUsageLimitError"
    assert respond(FREE, free=exhausted, locale="fr").message.startswith("Limite")


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["203.0.113.1", "203.0.113.2"]),
        st.sampled_from([None, "sk-a", "sk-b"]),
        st.integers(0, 86_400),
        st.booleans(),
    ),
    max_size=30,
)


@given(calls=CALLS, seed=st.integers(0, 9))
def test_a_world_repeats_itself(calls: list[tuple[str, str | None, int, bool]], seed: int) -> None:
    rules = Scenario(
        free=FreeLimit(limit=2, keyed_by=("ip", "key")),
        faults=(Fault(kind="overload", chance=0.3),),
    )

    def run() -> list[SimulatedResponse]:
        world = World(rules, seed)
        return [
            world.ask(
                ModelCall(address=address, key=key), NOON + timedelta(seconds=s), aborted=left
            )
            for address, key, s, left in sorted(calls, key=lambda call: call[2])
        ]

    assert run() == run()


@given(calls=CALLS)
def test_a_global_pool_admits_its_limit_and_no_more_a_day(
    calls: list[tuple[str, str | None, int, bool]],
) -> None:
    world = World(Scenario(free=FreeLimit(limit=3, keyed_by=("global",), double_new=False)))
    midnight = datetime(2026, 9, 1, tzinfo=UTC)
    responses = [
        world.ask(
            ModelCall(address=address, key=key), midnight + timedelta(seconds=second % 86_400)
        )
        for address, key, second, _ in calls
    ]
    assert sum(one.decision == "admitted" for one in responses) == min(3, len(calls))


def test_other_people_can_use_up_a_pool() -> None:
    world = World(Scenario(free=SMALL))
    world.consume(ModelCall(address="203.0.113.7", session="ses_theirs"), 1, NOON)
    assert world.ask(FREE, NOON).decision == "free_usage_limit"
    assert world.ask(ModelCall(address="198.51.100.1"), NOON).decision == "admitted"
