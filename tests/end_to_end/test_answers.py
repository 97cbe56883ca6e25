"""`--answer`: model calls are answered here, as the simulator's preset of that name does."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from click.testing import CliRunner

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.cli import cli
from pawwork_proxy.cli.answers import STATES
from pawwork_proxy.cli.plan import make_plan, with_answers
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.proxy.session import running_proxy
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.simulator.presets import preset
from pawwork_proxy.simulator.server import Simulator

PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/zen/v1/chat/completions", {"model": "big-pickle"}),
    "messages": ("/zen/v1/messages", {"model": "big-pickle"}),
    "responses": ("/inference/openai/v1/responses", {"model": "big-pickle"}),
    "google": ("/zen/v1/models/big-pickle:generateContent", {}),
}


class Answer(NamedTuple):
    """What a client gets; None where the connection broke."""

    status: int
    headers: dict[str, str]
    body: str


async def ask(url: str, path: str, body: Mapping[str, Any]) -> Answer | None:
    try:
        async with aiohttp.ClientSession() as client, client.post(url + path, json=body) as found:
            return Answer(found.status, _lower(found.headers), _alike(await found.text()))
    except aiohttp.ClientConnectionError:
        return None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _alike(body: str) -> str:
    """Without the number and the second of a response."""
    return re.sub(r'gen\d{8}|"created(_at)?":\d+', "", body)


@asynccontextmanager
async def answering(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    upstream: Simulator,
    answer: str,
    model: str | None = None,
    every: int | None = None,
    times: int | None = None,
) -> AsyncIterator[str]:
    """A proxy in this process; the value is its address."""
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(folder / "private"))
    plan = make_plan(
        ["main@0"], network=None, upstream=upstream.url, upstream_ca=None, via=None, source=None,
        egress_probe=False, captures=folder / "captures", keep_days=0,
    )  # fmt: skip
    plan = with_answers(plan, answer, model, every, times)
    async with running_proxy(plan, load_identity(), Watcher()):
        yield plan.listeners[0].url


def captured(folder: Path) -> Capture:
    (path,) = (folder / "captures").glob("*.jsonl")
    return read_capture(path)


@pytest.mark.parametrize("state", STATES)
async def test_an_answer_is_the_simulators_and_reaches_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    tools = [{"function": {"name": "glob"}}, {"name": "glob"}]
    found, expected = [], []
    async with Simulator(preset("zen")) as upstream, Simulator(preset(state)) as simulator:
        async with answering(tmp_path, monkeypatch, upstream, state) as url:
            for path, body in PATHS.values():
                for stream in (True, False):
                    call = {**body, "stream": stream, "tools": tools}
                    found.append(await ask(url, path, call))
                    expected.append(await ask(simulator.url, path, call))
        assert upstream.seen.total == 0
    for mine, theirs in zip(found, expected, strict=True):
        assert (mine is None) == (theirs is None) == (state == "transport_error")
        if mine is not None and theirs is not None:
            assert mine.status == theirs.status
            assert mine.body == theirs.body
            changing = {"date", "cf-ray", "retry-after"}
            assert mine.headers.keys() == theirs.headers.keys()
            for name in mine.headers.keys() - changing:
                assert mine.headers[name] == theirs.headers[name]
    capture = captured(tmp_path)
    assert capture.header.options.answers == state
    kind = Kind.SUCCESS if state == "tool_round" else Kind(state)
    assert {one.outcome.kind for one in capture.exchanges} == {kind}
    assert {one.outcome.origin for one in capture.exchanges} == {Origin.PROXY}
    assert all(one.answered_here for one in capture.exchanges)
    assert {one.context.source_address for one in capture.exchanges} == {None}


async def test_only_what_was_chosen_is_answered_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, body = PATHS["chat"]
    async with Simulator(preset("zen")) as upstream:
        which = ("free_usage_limit:90s", "big-pickle", 2, 2)
        async with answering(tmp_path, monkeypatch, upstream, *which) as url:
            statuses = []
            for model in ["big-pickle", "mimo-v2.5-free", *["big-pickle"] * 6]:
                one = await ask(url, path, {**body, "model": model})
                statuses.append(one and one.status)
            async with aiohttp.ClientSession() as client, client.get(f"{url}/zen/v1/models") as got:
                assert got.status == 200
        lengths = [one.body_length for one in upstream.seen.calls()]
    assert statuses == [200, 200, 429, 200, 429, 200, 200, 200]
    assert len(lengths) == 6
    capture = captured(tmp_path)
    calls = [one for one in capture.exchanges if one.request.protocol == "chat"]
    assert [bool(one.answered_here) for one in calls] == [status == 429 for status in statuses]
    assert {one.outcome.retry_after_s for one in calls if one.answered_here} == {90}
    assert [one.request.body.wire_bytes for one in calls if not one.answered_here] == lengths


async def test_who_makes_the_answers_tells_nobody_what_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Simulator(preset("success"), watched=False) as simulator:
        await ask(simulator.url, *PATHS["chat"])
        async with aiohttp.ClientSession() as client:
            for path in ("seen", "clock", "api.json"):
                async with client.get(f"{simulator.url}/_simulator/{path}") as got:
                    assert got.status == 404
        assert not list(simulator.seen)


@pytest.mark.parametrize("command", ["show", "compare", "identity", "report", "bundle show"])
async def test_whoever_reads_the_capture_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    async with (
        Simulator(preset("zen")) as upstream,
        answering(tmp_path, monkeypatch, upstream, "free_usage_limit", times=1) as url,
    ):
        for _ in range(2):
            await ask(url, *PATHS["chat"])
    words = [*command.split(), str(tmp_path / "captures")]
    if command == "report":
        words += ["--out", str(tmp_path / "report.html")]
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 0, told.output
    page = tmp_path / "report.html"
    text = " ".join(f"{told.output} {page.read_text('utf-8') if page.exists() else ''}".split())
    assert "answers of the kind free_usage_limit were made here" in text
    if command == "show":
        assert "free_usage_limit (made here)" in text
    if command in {"compare", "report"}:
        assert "the server never saw it" in text


@pytest.mark.parametrize("tool", ["csv", "har", "otlp"])
async def test_an_export_keeps_the_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    async with (
        Simulator(preset("zen")) as upstream,
        answering(tmp_path, monkeypatch, upstream, "success", times=1) as url,
    ):
        await ask(url, *PATHS["chat"])
    out = tmp_path / "out"
    words = ["export", str(tmp_path / "captures"), "--format", tool, "--out", str(out)]
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 0, told.output
    assert re.search("answered_?here", out.read_text("utf-8"), re.IGNORECASE)
