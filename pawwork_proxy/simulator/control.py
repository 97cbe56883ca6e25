"""The simulator's own endpoints under `/_simulator/`: what it saw, its clock, its rules.

For tests and operators on the same machine. Invariant: they are no part of the simulated world,
so nothing here counts or is listed as seen.
"""

from urllib.parse import parse_qs, urlsplit

from pawwork_proxy.errors import ScenarioError
from pawwork_proxy.simulator.bodies import JSON, WholeBody
from pawwork_proxy.simulator.clock import parse_instant
from pawwork_proxy.simulator.listings import catalogue
from pawwork_proxy.simulator.plan import Plan, json_plan, plain_plan
from pawwork_proxy.simulator.presets import scenario_from
from pawwork_proxy.simulator.routes import json_object
from pawwork_proxy.simulator.state import State


def control_plan(state: State, url: str, method: str, target: str, body: bytes) -> Plan:
    """The response to a request for one of our own endpoints; `url` is the server's own."""
    asked = urlsplit(target)
    match method, asked.path.removeprefix("/_simulator/"):
        case "GET", "api.json":
            return plain_plan(200, WholeBody(JSON, catalogue(state.scenario, url)))
        case "GET", "seen":
            return _seen(state, parse_qs(asked.query).get("after", ["0"])[0])
        case "GET", "clock":
            return _clock(state)
        case "POST", "clock":
            return _set_clock(state, body)
        case "PUT", "scenario":
            return _replace_scenario(state, body)
    return json_plan({"error": "no such endpoint: seen, clock, scenario, api.json"}, 404)


def _seen(state: State, after: str) -> Plan:
    if not after.isdecimal():
        return json_plan({"error": "after must be a number"}, 400)
    entries = state.seen.after(int(after))
    return json_plan(
        {"total": state.seen.total, "requests": [entry.as_json() for entry in entries]}
    )


def _clock(state: State) -> Plan:
    return json_plan({"now": state.clock.now().isoformat()})


def _set_clock(state: State, body: bytes) -> Plan:
    wish = json_object(body) or {}
    try:
        if "now" in wish:
            state.clock.set(parse_instant(str(wish["now"])))
        elif "advance_s" in wish:
            state.clock.advance(float(wish["advance_s"]))
        else:
            return json_plan({"error": "now (ISO 8601) or advance_s (number) is expected"}, 400)
    except (ValueError, TypeError, OverflowError):
        return json_plan({"error": "now must be ISO 8601, advance_s a number"}, 400)
    return _clock(state)


def _replace_scenario(state: State, body: bytes) -> Plan:
    try:
        state.replace_scenario(scenario_from(json_object(body) or {}, "scenario"))
    except ScenarioError as error:
        return json_plan({"error": error.message, "hint": error.hint}, 400)
    return json_plan({"name": state.scenario.name})
