"""The real client, opencode-ai from npm, through `launch` against the simulator, on both routes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pawwork_proxy.model.outcome import Cadence, Kind
from tests.end_to_end.client_process import converse
from tests.end_to_end.simulator_process import SimulatorProcess

pytestmark = pytest.mark.client

ROUTES = ["reverse", "forward"]


@pytest.mark.parametrize("route", ROUTES)
def test_an_admitted_conversation(tmp_path: Path, route: str) -> None:
    with SimulatorProcess("--preset", "small") as simulator:
        found = converse(
            tmp_path, tmp_path / "install", simulator.url, "--install", "tested", "--route", route
        )
        seen = simulator.requests(
            "/zen/v1/chat/completions"
        )  # as the client's own catalogue has it
    assert "simulated model" in found.printed, "the answer reached the client"
    assert 1 <= seen <= len(found.calls) <= 2, "a title call may have died on its way"
    assert len(found.main) == 1
    assert found.outcomes == {Kind.SUCCESS}
    assert len({one.request.request for one in found.calls}) == 1, "grouped by request id"
    assert len({one.request.session for one in found.calls}) == 1
    assert {one.context.route for one in found.calls} == {route}
    assert {one.context.install for one in found.calls} == {"tested"}
    assert {one.request.model for one in found.calls} == {"big-pickle"}
    assert {one.auth.kind for one in found.calls} == {"public"}
    for one in found.calls:
        assert (one.request.user_agent or "").startswith("opencode/1.18.33 ")
        assert one.request.project
    for one in found.main:
        times = one.timing.first_byte_ms, one.timing.first_event_ms, one.timing.total_ms
        assert None not in times
        assert list(times) == sorted(times), "seen as they came"  # type: ignore[type-var]
    assert found.capture.header.simulated
    assert found.capture.end is not None
    assert not found.capture.interrupted
    assert [one.exit_code for one in found.capture.notes if one.event == "client_exit"] == [0]


@pytest.mark.parametrize("route", ROUTES)
def test_a_refused_conversation(tmp_path: Path, route: str) -> None:
    with SimulatorProcess("--preset", "exhausted", "--clock", "2026-11-20T12:00:00Z") as simulator:
        found = converse(tmp_path, tmp_path / "install", simulator.url, "--route", route)
    refused = [one for one in found.calls if one.outcome.kind is Kind.FREE_USAGE_LIMIT]
    assert refused
    for one in refused:
        assert one.response is not None
        assert one.response.status == 429
        assert one.outcome.error_type == "FreeUsageLimitError"
        assert one.outcome.reset_cadence is Cadence.UTC_DAY
        assert one.outcome.reset_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert Kind.SUCCESS not in found.outcomes
