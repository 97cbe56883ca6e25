"""Client gates of the closed services: what a request must look like (source `server-reports`).

A gate is a row: the rule in a scenario that switches it on, the conditions that a call must meet,
and the refusal of a call that does not. The rows are tried in their order.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.scenario import ClientGate, Scenario, UserAgentLimit


def _agent_fits(rule: ClientGate, call: ModelCall) -> bool:
    return re.match(rule.user_agent, call.user_agent or "") is not None


def _session_fits(rule: ClientGate, call: ModelCall) -> bool:
    return not rule.session or re.fullmatch(rule.session, call.session or "") is not None


def _streams(rule: ClientGate, call: ModelCall) -> bool:
    return call.stream or not rule.stream


def _offers_core_tools(rule: ClientGate, call: ModelCall) -> bool:
    return call.tools >= rule.core_tools


def _agent_begins_as_admitted(rule: UserAgentLimit, call: ModelCall) -> bool:
    if rule.models and call.model not in rule.models:
        return True
    return (call.user_agent or "").startswith(rule.admitted_prefix)


class GateRow(NamedTuple):
    """One gate of the closed service in front of the free models."""

    rule: str
    """Field of `Scenario`; None there: the gate is open to all."""
    refusal: str
    """In `data/refusals.toml`."""
    conditions: tuple[Callable[[Any, ModelCall], bool], ...]


CLIENT_GATES: tuple[GateRow, ...] = (
    GateRow("client_gate", "free_tier", (_agent_fits, _session_fits, _streams, _offers_core_tools)),
    GateRow("user_agent_limit", "free_usage_limit", (_agent_begins_as_admitted,)),
)


def closed_gate(scenario: Scenario, call: ModelCall) -> tuple[str, str] | None:
    """The refusal of the first gate that does not let the call through, and its provider."""
    for gate in CLIENT_GATES:
        rule = getattr(scenario, gate.rule)
        if rule is not None and not all(met(rule, call) for met in gate.conditions):
            return gate.refusal, rule.provider
    return None
