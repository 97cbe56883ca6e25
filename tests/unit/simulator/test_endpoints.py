from datetime import UTC, datetime
from typing import Any

import pytest

from pawwork_proxy.simulator.endpoints import (
    catalogue,
    go_usage,
    models_listing,
    parse_instant,
    trace,
)
from pawwork_proxy.simulator.limits import GoLimiter
from pawwork_proxy.simulator.presets import preset
from pawwork_proxy.simulator.scenario import Account, GoPlan, Scenario

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def test_the_listing_leaves_out_what_is_no_longer_offered() -> None:
    listing = models_listing(Scenario(), NOON)
    models: Any = listing["data"]
    ids = [model["id"] for model in models]
    assert listing["object"] == "list"
    assert "big-pickle" in ids
    assert "grok-code" not in ids
    assert set(models[0]) == {"id", "object", "created", "owned_by"}


def test_go_usage_has_the_three_windows() -> None:
    limiter = GoLimiter(GoPlan(five_hours=0.1, dollars_per_request=0.1))
    limiter.count(("wrk_1", "usr_1"), NOON)
    account = Account(key="sk-a", workspace="wrk_1", user="usr_1")
    shown: Any = go_usage(account, limiter.uses(("wrk_1", "usr_1"), NOON))
    assert (shown["workspaceID"], shown["userID"]) == ("wrk_1", "usr_1")
    assert shown["usage"]["rolling"] == {
        "status": "rate-limited",
        "percent": 100,
        "resetsAt": "2026-09-01T17:00:00.000Z",
    }
    assert shown["usage"]["weekly"]["status"] == "ok"


def test_the_trace_names_the_egress_address() -> None:
    rows = dict(row.split("=", 1) for row in trace("2001:db8::1", "DE", NOON).decode().splitlines())
    assert (rows["ip"], rows["loc"], rows["colo"]) == ("2001:db8::1", "DE", "SIM")


def test_the_catalogue_prices_free_models_at_nothing() -> None:
    provider: Any = catalogue(Scenario(), "http://127.0.0.1:1")["opencode"]
    assert provider["models"]["big-pickle"]["cost"] == {"input": 0, "output": 0}
    assert provider["models"]["glm-5.2"]["cost"]["input"] > 0


def test_the_catalogue_names_the_address_of_each_dialect() -> None:
    models = (
        "big-pickle",
        "qwen3.6-plus-free",
        "muse-spark-1.3-contributor-free",
        "gemini-3-flash",
    )
    found = {}
    for rules in ("v6b", "v7"):
        provider: Any = catalogue(preset(rules), "https://x")["opencode"]
        found[rules] = [
            provider["api"],
            *(provider["models"][m]["provider"]["api"] for m in models),
        ]
    new = "https://x/inference"
    chat, messages = f"{new}/openai/v1", f"{new}/anthropic/v1"
    assert found["v6b"] == ["https://x/zen/v1"] * 5
    assert found["v7"] == [chat, chat, messages, chat, f"{new}/google/v1beta"]


@pytest.mark.parametrize(
    "text", ["2026-09-01T23:59:50", "2026-09-01T23:59:50Z", "2026-09-02T01:59:50+02:00"]
)
def test_instants_without_offset_are_utc(text: str) -> None:
    assert parse_instant(text) == datetime(2026, 9, 1, 23, 59, 50, tzinfo=UTC)


def test_nonsense_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        parse_instant("tomorrow")
