"""Responses to all requests that are no model calls. Pure, but for what an operator changes.

The server's own: model listings, Go's usage, the trace, the web site. Ours, under `/_simulator/`:
what the simulator saw, its clock, its rules, a catalogue; for tests and operators on the same
machine. Invariant: ours are no part of the simulated world, so nothing there counts or is listed as
seen.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from pawwork_proxy.errors import ScenarioError
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.simulator.limits import GoUse
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.plan import Plan, fault_plan, json_plan, plain_plan, refusal_plan
from pawwork_proxy.simulator.presets import scenario_from
from pawwork_proxy.simulator.refusals import TEXT, WholeBody, locale_of
from pawwork_proxy.simulator.routes import key_of
from pawwork_proxy.simulator.scenario import Account, Scenario
from pawwork_proxy.simulator.state import Seen, State
from pawwork_proxy.simulator.world import SimulatedResponse
from pawwork_proxy.wire.bounded_json import json_object

PACKAGES = {
    "chat": "@ai-sdk/openai-compatible",
    "messages": "@ai-sdk/anthropic",
    "responses": "@ai-sdk/openai",
    "google": "@ai-sdk/google",
}
"""The package with which a client speaks a protocol, as catalogues name it."""
USAGE_NAMES = {"5 hour": "rolling", "weekly": "weekly", "monthly": "monthly"}


def endpoint_plan(
    state: State, origin: str, seen: Seen, headers: Mapping[str, str], body: bytes, now: datetime
) -> Plan:
    """The response to a request; `origin` is whom it asked, `headers` has lower-case names."""
    match seen.route:
        case "control":
            return _control_plan(state, origin, seen, body)
        case "listing":
            return json_plan(models_listing(state.scenario, now))
        case "trace":
            shown = trace(seen.address, state.region_of(seen), now)
            return plain_plan(200, WholeBody(TEXT, shown))
        case "usage":
            call = ModelCall(key=key_of(headers), locale=locale_of(headers))
            found = state.world.go_use(call, now)
            if isinstance(found, SimulatedResponse):
                return refusal_plan(found)
            return json_plan(go_usage(*found))
        case _:
            return fault_plan("site_page")


def models_listing(scenario: Scenario, now: datetime) -> dict[str, object]:
    """`GET .../models`: every model still offered."""
    model = {"object": "model", "created": int(now.timestamp()), "owned_by": "opencode"}
    offered = [offer.id for offer in scenario.models if offer.state != "promotion_ended"]
    return {"object": "list", "data": [{"id": name, **model} for name in offered]}


def go_usage(account: Account, uses: Iterable[GoUse]) -> dict[str, object]:
    """`GET .../usage` of Go."""
    usage = {
        USAGE_NAMES[use.name]: {
            "status": "rate-limited" if use.exhausted else "ok",
            "percent": use.percent,
            "resetsAt": use.resets_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        for use in uses
    }
    return {"workspaceID": account.workspace, "userID": account.user, "usage": usage}


def trace(address: str, region: str, now: datetime) -> bytes:
    """`GET /cdn-cgi/trace`: the egress address as this edge sees it."""
    return (
        f"fl=465f1\nh={HOST}\nip={address}\nts={now.timestamp():.3f}\nvisit_scheme=https\n"
        f"colo=SIM\nsliver=none\nhttp=http/1.1\nloc={region}\ntls=TLSv1.3\n"
    ).encode()


def _control_plan(state: State, origin: str, seen: Seen, body: bytes) -> Plan:
    asked = urlsplit(seen.target)
    match seen.method, asked.path.removeprefix("/_simulator/"):
        case "GET", "api.json":
            return json_plan(catalogue(state.scenario, origin))
        case "GET", "seen":
            after = parse_qs(asked.query).get("after", ["0"])[0]
            if not after.isdecimal():
                return json_plan({"error": "after must be a number"}, 400)
            entries = [entry.as_json() for entry in state.seen.after(int(after))]
            return json_plan({"total": state.seen.total, "requests": entries})
        case "GET", "clock":
            return _clock(state)
        case "POST", "clock":
            return _set_clock(state, body)
        case "PUT", "scenario":
            return _replace_scenario(state, body)
    return json_plan({"error": "no such endpoint: seen, clock, scenario, api.json"}, 404)


def catalogue(scenario: Scenario, origin: str) -> dict[str, object]:
    """A minimal models.dev catalogue with this scenario's models, for clients kept off the net.

    Its addresses lie on `origin`: on the true host for a client that asked there.
    """
    models = {
        offer.id: {
            "id": offer.id,
            "name": offer.id,
            "attachment": False,
            "reasoning": False,
            "temperature": True,
            "tool_call": True,
            "release_date": "2026-01-01",
            "last_updated": "2026-01-01",
            "modalities": {"input": ["text"], "output": ["text"]},
            "open_weights": False,
            "cost": {"input": 0 if offer.free else 1, "output": 0 if offer.free else 2},
            "limit": {"context": 200_000, "output": 32_000},
            "provider": {
                "npm": PACKAGES[offer.protocol],
                "api": origin + scenario.base_of(offer.protocol),
            },
        }
        for offer in scenario.models
    }
    provider = {
        "id": "opencode",
        "name": "OpenCode Zen",
        "env": ["OPENCODE_API_KEY"],
        "npm": PACKAGES["chat"],
        "api": origin + scenario.base_of("chat"),
        "doc": f"https://{HOST}/docs/zen",
        "models": models,
    }
    return {"opencode": provider}


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


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _replace_scenario(state: State, body: bytes) -> Plan:
    try:
        state.replace_scenario(scenario_from(json_object(body) or {}, "scenario"))
    except ScenarioError as error:
        return json_plan({"error": error.message, "hint": error.hint}, 400)
    return json_plan({"name": state.scenario.name})
