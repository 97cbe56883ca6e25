import pytest

from pawwork_proxy.simulator.client_gates import CLIENT_GATES, GateRow, closed_gate
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.refusals import REFUSALS
from pawwork_proxy.simulator.scenario import ClientGate, Scenario, UserAgentLimit


@pytest.mark.parametrize("gate", CLIENT_GATES, ids=lambda gate: gate.rule)
def test_a_gate_is_switched_by_a_rule_and_refuses_with_a_refusal(gate: GateRow) -> None:
    assert getattr(Scenario(), gate.rule) is None, "no gate unless a scenario asks for one"
    assert gate.refusal in REFUSALS


def test_the_first_closed_gate_refuses_in_the_name_of_its_provider() -> None:
    both = Scenario(
        client_gate=ClientGate(provider="One"), user_agent_limit=UserAgentLimit(provider="Two")
    )
    assert closed_gate(both, ModelCall(user_agent="curl/8")) == ("free_tier", "One")
    lax = ClientGate(user_agent="", session="", stream=False, core_tools=0)
    second = both.model_copy(update={"client_gate": lax})
    assert closed_gate(second, ModelCall(user_agent="curl/8")) == ("free_usage_limit", "Two")
    assert closed_gate(second, ModelCall(user_agent="opencode/1")) is None
