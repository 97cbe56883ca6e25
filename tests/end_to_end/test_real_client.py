"""The real client, opencode-ai from npm, through `launch` against the simulator, on both routes."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pawwork_proxy.capture_file.reader import Capture, read_capture
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Cadence, Kind
from tests.end_to_end.proxy_process import ROOT, clean_environment, cli
from tests.end_to_end.simulator_process import SimulatorProcess

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

ROUTES = ["reverse", "forward"]
SHORTLY_BEFORE_RESET = "2026-11-20T23:59:45Z"


def converse(folder: Path, simulator: SimulatorProcess, route: str) -> tuple[str, Capture]:
    """One headless conversation as a clean install; what the client printed, and the capture."""
    project = folder / "project"
    project.mkdir()
    client = os.environ["PAWWORK_TEST_CLIENT"]
    command = cli("launch", "--install", "tested", "--route", route, "--upstream", simulator.url)
    command += ["--home", str(folder / "install"), "--captures", str(folder / "captures")]
    command += ["--network", "here", "--", client, "run", "-m", "opencode/big-pickle", "hello"]
    env = clean_environment(folder, {"OPENCODE_DISABLE_MODELS_FETCH": "1"})
    done = subprocess.run(
        command,
        env=env | {"PYTHONPATH": str(ROOT)},
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (path,) = (folder / "captures").iterdir()
    return done.stdout, read_capture(path)


def calls(capture: Capture) -> list[Exchange]:
    return [one for one in capture.exchanges if one.request.protocol == "chat"]


@pytest.mark.parametrize("route", ROUTES)
def test_an_admitted_conversation(tmp_path: Path, route: str) -> None:
    with SimulatorProcess("--preset", "small") as simulator:
        printed, capture = converse(tmp_path, simulator, route)
        seen = simulator.requests("/zen/v1/chat/completions")
    assert "simulated model" in printed, "the answer reached the client"
    exchanges = calls(capture)
    assert len(exchanges) == seen == 2, "main and title call"
    assert {one.outcome.kind for one in exchanges} == {Kind.SUCCESS}
    assert len({one.request.request for one in exchanges}) == 1, "grouped by request id"
    assert len({one.request.session for one in exchanges}) == 1
    assert {one.context.route for one in exchanges} == {route}
    assert {one.request.model for one in exchanges} == {"big-pickle"}
    assert {one.auth.kind for one in exchanges} == {"public"}
    for one in exchanges:
        assert (one.request.user_agent or "").startswith("opencode/1.18.33 ")
        assert one.request.project
        assert one.timing.first_event_ms is not None
        assert one.timing.first_byte_ms is not None
        assert one.timing.first_event_ms - one.timing.first_byte_ms < 2000, "not held back"
    assert capture.header.simulated
    assert capture.end is not None
    assert not capture.interrupted


@pytest.mark.parametrize("route", ROUTES)
def test_a_refused_conversation(tmp_path: Path, route: str) -> None:
    """The quota resets a few seconds after the refusal, or the client would wait for hours."""
    with SimulatorProcess("--preset", "small") as simulator:
        simulator.set_clock(SHORTLY_BEFORE_RESET)
        for _ in range(5):
            simulator.ask("big-pickle")
        assert simulator.ask("big-pickle") == 429
        simulator.set_clock(SHORTLY_BEFORE_RESET)
        _, capture = converse(tmp_path, simulator, route)
    refused = [one for one in calls(capture) if one.outcome.kind is Kind.FREE_USAGE_LIMIT]
    assert refused
    for one in refused:
        assert one.response is not None
        assert one.response.status == 429
        assert one.outcome.error_type == "FreeUsageLimitError"
        assert one.outcome.reset_cadence is Cadence.UTC_DAY
        assert one.outcome.reset_at == datetime(2026, 11, 21, tzinfo=UTC)
    admitted = [one for one in calls(capture) if one.outcome.kind is Kind.SUCCESS]
    assert admitted, "after midnight the client's own retry got through"
    assert min(one.seq for one in admitted) > min(one.seq for one in refused)
