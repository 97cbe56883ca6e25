"""The closed services' gates: what a request must look like to be let through (zen-facts 7.4)."""

from __future__ import annotations

import re

from pawwork_proxy.simulator.facts import RequestFacts
from pawwork_proxy.simulator.scenario import ClientGate, UserAgentLimit


def passes_client_gate(gate: ClientGate, facts: RequestFacts) -> bool:
    """Does the request look like OpenCode: user agent, session, stream, tools?"""
    if re.match(gate.user_agent, facts.user_agent or "") is None:
        return False
    if gate.session and re.fullmatch(gate.session, facts.session or "") is None:
        return False
    if gate.stream and not facts.stream:
        return False
    return facts.tools >= gate.core_tools


def passes_user_agent(limit: UserAgentLimit, facts: RequestFacts) -> bool:
    """Does the user agent begin as wanted, where the rule applies?"""
    if limit.models and facts.model not in limit.models:
        return True
    return (facts.user_agent or "").startswith(limit.admitted_prefix)
