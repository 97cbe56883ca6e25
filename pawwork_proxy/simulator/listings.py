"""What the server tells about itself: model listings, Go's usage, the trace, a catalogue. Pure."""

from collections.abc import Iterable
from datetime import datetime

from pawwork_proxy.facts.server import HOST, default_base
from pawwork_proxy.simulator.bodies import compact
from pawwork_proxy.simulator.limits import GoUse
from pawwork_proxy.simulator.scenario import Account, Scenario

PACKAGES = {
    "chat": "@ai-sdk/openai-compatible",
    "messages": "@ai-sdk/anthropic",
    "responses": "@ai-sdk/openai",
    "google": "@ai-sdk/google",
}
"""The package with which a client speaks a protocol, as catalogues name it."""
USAGE_NAMES = {"5 hour": "rolling", "weekly": "weekly", "monthly": "monthly"}


def models_listing(scenario: Scenario, now: datetime) -> bytes:
    """`GET .../models`: every model still offered."""
    model = {"object": "model", "created": int(now.timestamp()), "owned_by": "opencode"}
    offered = [offer.id for offer in scenario.models if offer.state != "promotion_ended"]
    return compact({"object": "list", "data": [{"id": name, **model} for name in offered]})


def go_usage(account: Account, uses: Iterable[GoUse]) -> bytes:
    """`GET .../usage` of Go."""
    usage = {
        USAGE_NAMES[use.name]: {
            "status": "rate-limited" if use.exhausted else "ok",
            "percent": use.percent,
            "resetsAt": use.resets_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        for use in uses
    }
    return compact({"workspaceID": account.workspace, "userID": account.user, "usage": usage})


def trace(address: str, region: str, now: datetime) -> bytes:
    """`GET /cdn-cgi/trace`: the egress address as this edge sees it."""
    return (
        f"fl=465f1\nh={HOST}\nip={address}\nts={now.timestamp():.3f}\nvisit_scheme=https\n"
        f"colo=SIM\nsliver=none\nhttp=http/1.1\nloc={region}\ntls=TLSv1.3\n"
    ).encode()


def catalogue(scenario: Scenario, origin: str) -> bytes:
    """A minimal models.dev catalogue with this scenario's models, for clients kept off the net."""
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
            "provider": {"npm": PACKAGES[offer.protocol]},
        }
        for offer in scenario.models
    }
    provider = {
        "id": "opencode",
        "name": "OpenCode Zen",
        "env": ["OPENCODE_API_KEY"],
        "npm": PACKAGES["chat"],
        "api": origin + default_base("zen"),
        "doc": f"https://{HOST}/docs/zen",
        "models": models,
    }
    return compact({"opencode": provider})
