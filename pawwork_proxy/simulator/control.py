"""The simulator's own endpoints under `/_simulator/`: what it saw, its clock, its rules.

For tests and operators on the same machine. Invariant: they are no part of the simulated world,
so nothing here counts or is listed as seen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from pawwork_proxy.errors import ScenarioError
from pawwork_proxy.simulator.bodies import JSON, Plain, catalogue
from pawwork_proxy.simulator.clock import parse_instant
from pawwork_proxy.simulator.plan import Plan, json_plan, plain_plan
from pawwork_proxy.simulator.presets import scenario_from

if TYPE_CHECKING:
    from pawwork_proxy.simulator.server import Simulator


def control_plan(simulator: Simulator, method: str, target: str, body: bytes) -> Plan:
    """The answer to a request for one of our own endpoints."""
    url = urlsplit(target)
    match method, url.path.removeprefix("/_simulator/"):
        case "GET", "api.json":
            return plain_plan(200, Plain(JSON, catalogue(simulator.scenario, simulator.url)))
        case "GET", "seen":
            return _seen(simulator, parse_qs(url.query))
        case "GET", "clock":
            return json_plan({"now": simulator.clock.now().isoformat()})
        case "POST", "clock":
            return _set_clock(simulator, body)
        case "PUT", "scenario":
            return _replace_scenario(simulator, body)
    return json_plan({"error": "no such endpoint: seen, clock, scenario, api.json"}, 404)


def _seen(simulator: Simulator, query: dict[str, list[str]]) -> Plan:
    after = query.get("after", ["0"])[0]
    if not after.isdecimal():
        return json_plan({"error": "after must be a number"}, 400)
    entries = simulator.seen.after(int(after))
    return json_plan(
        {"total": simulator.seen.total, "requests": [entry.as_json() for entry in entries]}
    )


def _set_clock(simulator: Simulator, body: bytes) -> Plan:
    wish = _object(body)
    try:
        if "now" in wish:
            simulator.clock.set(parse_instant(str(wish["now"])))
        elif "advance_s" in wish:
            simulator.clock.advance(float(wish["advance_s"]))
        else:
            return json_plan({"error": "now (ISO 8601) or advance_s (number) is expected"}, 400)
    except (ValueError, TypeError, OverflowError):
        return json_plan({"error": "now must be ISO 8601, advance_s a number"}, 400)
    return json_plan({"now": simulator.clock.now().isoformat()})


def _replace_scenario(simulator: Simulator, body: bytes) -> Plan:
    try:
        simulator.replace_scenario(scenario_from(_object(body), "scenario"))
    except ScenarioError as error:
        return json_plan({"error": error.message, "hint": error.hint}, 400)
    return json_plan({"name": simulator.scenario.name})


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
