"""The route inside with real clients: they do what they do without it, and its records are whole.

The clients ask their true URL over TLS; a proxy takes the name to a simulator on loopback.
"""

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.cli.plan import make_plan
from pawwork_proxy.clients.tap import SETTINGS, TAP, tapped_environment
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.proxy.inside import observing_inside
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.tap_frames import Body, Client, Open
from pawwork_proxy.simulator.presets import preset, preset_rows
from pawwork_proxy.simulator.server import Simulator
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream
from tests.end_to_end.tap_socket import TOKEN, State, TapSocket
from tests.end_to_end.test_handshakes import ASK, bench
from tests.end_to_end.tools import find_program
from tests.unit.builders import NOON

pytestmark = [pytest.mark.slow, pytest.mark.client]  # npm brings all runtimes

ASKING = Path(__file__).with_name("tap") / "ask.mjs"
CLIENTS = ("opencode-1.14", "opencode-1.15", "opencode-1.18")
HEADERS_BELOW_FETCH = {
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "host",
    "sec-fetch-mode",
}
LEFT = {Ending.CLIENT_LEFT_BEFORE_ANSWER, Ending.CLIENT_LEFT_MIDSTREAM}
KEY = "sk-" + "Qr7" * 21 + "w"
PROMPT = "lighthouse keeper counts seventeen herons"


def program(alias: str) -> str:
    return required(find_program(alias, os.environ))


def calls(capture: Capture) -> list[Exchange]:
    """The exchanges in which a model was asked; a title call comes last, if there is one."""
    asked = [one for one in capture.exchanges if one.request.protocol in ("chat", "responses")]
    return sorted(asked, key=lambda one: -one.request.body.wire_bytes)


def sent(one: Exchange) -> tuple[object, ...]:
    """What both routes see of a request of one and the same client."""
    request = one.request
    return (
        request.method,
        request.path,
        request.tier,
        request.model,
        request.user_agent,
        request.client,
        request.body.fields,
        request.body.tool_names,
        request.body.roles,
        {note.name for note in request.headers} - HEADERS_BELOW_FETCH,
        one.auth,
        one.auth_source,
    )


def came_back(one: Exchange) -> tuple[object, ...]:
    """The same of its response."""
    response = one.response
    return (
        one.outcome.kind,
        one.outcome.rule_id,
        one.signals.ending,
        one.signals.body,
        one.signals.events,
        response and (response.status, response.content_type, response.usage, response.cost),
    )


@pytest.mark.parametrize("alias", CLIENTS)
async def test_opencode_is_observed_from_inside(tmp_path: Path, alias: str) -> None:
    await is_the_same_inside(tmp_path, [program(alias), *ASK], "opencode", "bun")


@pytest.mark.dsh
async def test_dsh_is_observed_from_inside(tmp_path: Path) -> None:
    client = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello")
    key = {"OPENCODE_API_KEY": "public"}  # as PawWork's product starts it
    await is_the_same_inside(tmp_path, client, "node", "node", **key)


async def is_the_same_inside(
    folder: Path, client: list[str], name: str, runtime: str, **key: str
) -> None:
    """Run a client without us, with the tap, and intercepted."""
    async with bench(folder) as at:
        proxy = {"HTTPS_PROXY": at.way.url, "NODE_USE_ENV_PROXY": "1", "NO_PROXY": "127.0.0.1"}
        plain_answer = await at.run(*client, **proxy, **key)
        plain, own = at.new_hellos(0)
        known = at.simulator.seen.total
        inside_answer, inside = await at.launch("inside", *client, **key)
        observed, _ = at.new_hellos(known)
        served = {one.body_length for one in at.simulator.seen.after(known)}
        _, forward = await at.launch("forward", *client, **key)

    assert inside_answer == plain_answer
    assert observed == plain, "the server saw the client's own handshake"
    assert {one.context.route for one in inside.exchanges} == {"inside"}
    # A client that has its answer waits for no title: that call may be cut off, or missing.
    for one, other in zip(calls(inside), calls(forward), strict=False):
        assert sent(one) == sent(other)
        left = {one.signals.ending, other.signals.ending} & LEFT
        assert left or came_back(one) == came_back(other)
    assert came_back(calls(inside)[0]) == came_back(calls(forward)[0])
    assert calls(inside)[0].outcome.kind is Kind.SUCCESS
    told = [one.request.body.wire_bytes for one in calls(inside)]
    assert told[0] in served
    assert served <= set(told)
    assert {one.client_hello for one in inside.connections} - {None} == {own.digest}
    (note,) = [note for note in inside.notes if note.event == "client_observed"]
    assert note.client is not None
    assert note.client.runtime is not None
    assert (note.client.name, note.client.runtime.name) == (name, runtime)
    assert inside.end is not None
    assert not inside.interrupted


async def test_what_the_tap_copies_is_what_the_server_got(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        with TapSocket("listening") as recorder:
            tapped = tapped_environment({}, recorder.address, TOKEN, ["opencode.ai"])
            await at.run(program("opencode-1.18"), *ASK, HTTPS_PROXY=at.way.url, **tapped)
            frames = await asyncio.to_thread(recorder.frames)
        served = list(at.simulator.seen)
    assert sum(isinstance(frame, Client) for frame in frames) >= 1, "the plugin was loaded"
    bodies: dict[int, bytes] = {}
    for frame in frames:
        if isinstance(frame, Body):
            bodies[frame.id] = bodies.get(frame.id, b"") + frame.data
    digests = {hashlib.sha256(body).hexdigest() for body in bodies.values()}
    assert served
    assert digests >= {one.body_sha256 for one in served}, "a title call may die on its way"
    for frame in frames:
        if isinstance(frame, Open):
            digest = hashlib.sha256(bodies.get(frame.id, b"")).hexdigest()
            got = next((one for one in served if one.body_sha256 == digest), None)
            if got is None:
                continue
            wire = {name.decode().lower(): value.decode() for name, value in got.headers}
            told = {name.lower(): value for name, value in frame.headers}
            assert {name: wire[name] for name in told} == told
            assert wire.keys() - told.keys() <= HEADERS_BELOW_FETCH
            assert frame.target == got.target


@pytest.mark.parametrize("state", ["absent", "killed", "stopped"])
async def test_a_recorder_that_is_out_of_order_changes_nothing(
    tmp_path: Path, state: State
) -> None:
    client = [program("opencode-1.18"), *ASK]
    async with bench(tmp_path) as at:
        plain = await at.run(*client, HTTPS_PROXY=at.way.url)
        with TapSocket(state) as recorder:
            tapped = tapped_environment({}, recorder.address, TOKEN, ["opencode.ai"])
            assert await at.run(*client, HTTPS_PROXY=at.way.url, **tapped) == plain
        assert len(at.simulator.seen) >= 2


def tool_call(peer: Peer) -> None:
    """Let the client write down the environment of what it starts, then say goodbye."""
    delta: dict[str, object] = {"content": "Done."}
    finish = "stop"
    if b'"tools"' in peer.request.body and b'"role":"tool"' not in peer.request.body:
        arguments = json.dumps({"command": "env > children.env", "description": "environment"})
        function = {"name": "bash", "arguments": arguments}
        delta = {
            "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]
        }
        finish = "tool_calls"
    events = [{"choices": [{"index": 0, "delta": delta}]}]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body)}"
    peer.send(f"{head}\r\n\r\n{body}".encode())


def test_key_and_prompt_stay_in_memory_and_the_tap_is_not_inherited(tmp_path: Path) -> None:
    project, temporary = tmp_path / "project", tmp_path / "tmp"
    project.mkdir()
    temporary.mkdir()
    with ScriptedUpstream(tool_call) as upstream:
        config = {"provider": {"opencode": {"options": {"baseURL": f"{upstream.url}/zen/v1"}}}}
        (project / "opencode.json").write_text(json.dumps(config))
        command = cli("launch", "--route", "inside", "--upstream", upstream.url)
        command += ["--captures", str(tmp_path / "captures"), "--home", str(tmp_path / "home")]
        command += ["--", "sh", "-c", f'OPENCODE_API_KEY={KEY} exec "$@"', "sh"]
        done = subprocess.run(
            [*command, program("opencode-1.18"), "run", "-m", "opencode/big-pickle", PROMPT],
            env=clean_environment(tmp_path)
            | {
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(temporary),
                "NODE_OPTIONS": "--no-warnings",
            },
            cwd=project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        assert any(PROMPT.encode() in one.body for one in upstream.received)
        assert any(KEY.encode() in one.head for one in upstream.received)
    (path,) = (tmp_path / "captures").glob("*.jsonl")
    assert {one.auth.kind for one in calls(read_capture(path))} == {"user_key"}
    ours = [path, *(tmp_path / "private").rglob("*")]
    for file in ours:
        text = file.read_text("utf-8", "replace") if file.is_file() else ""
        assert KEY not in text
        assert not any(word in text for word in PROMPT.split() if len(word) > 7)
    assert KEY not in done.stderr
    assert PROMPT not in done.stderr
    assert not list(temporary.glob("pawwork-proxy-*")), "the socket's folder is gone"
    children = (project / "children.env").read_text()
    assert re.search(r"^NODE_OPTIONS=--no-warnings$", children, re.MULTILINE)
    assert "OPENCODE_CONFIG_CONTENT" not in children
    assert "TAP" not in children
    assert TAP.name not in children


def launched(folder: Path, *command: str, **variables: str) -> tuple[str, Capture]:
    """What `launch --route inside` says on stderr, and its capture."""
    done = subprocess.run(
        [
            *cli("launch", "--route", "inside", "--captures", str(folder / "captures"), "--"),
            *command,
        ],
        env=clean_environment(folder, variables),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    (path,) = (folder / "captures").glob("*.jsonl")
    return done.stderr, read_capture(path)


def test_a_client_that_takes_no_tap_is_said_to_be_unobserved(tmp_path: Path) -> None:
    # It ends when the note is on disk: nobody has to know how long that takes.
    waiting = """
import pathlib, sys, time
(capture,) = pathlib.Path(sys.argv[1]).glob("*.jsonl")
while "client_not_observed" not in capture.read_text():
    time.sleep(0.05)
"""
    said, capture = launched(tmp_path, sys.executable, "-c", waiting, str(tmp_path / "captures"))
    assert "this client is not observed" in said
    assert "No exchange was seen" in said
    assert [note.event for note in capture.notes] == ["client_not_observed", "client_exit"]
    first = capture.notes[0]
    assert (first.at - capture.header.started_at).total_seconds() >= 10


def test_a_client_that_is_told_to_load_no_plugin_is_said_at_once(tmp_path: Path) -> None:
    said, _ = launched(tmp_path, sys.executable, "-c", "pass", OPENCODE_PURE="1")
    assert "OpenCode loads no plugin with --pure or OPENCODE_PURE" in said


# -- parity ------------------------------------------------------------------------------------

PARITY = [
    "zen",
    "exhausted",
    "header-gate",
    "v5",
    "console-limit",
    "busy",
    *(name for name in preset_rows() if name.startswith("fault-")),
]
PAUSE_S = 0.1
"""How slow a slow server is here: for as long nothing but the test would wait."""
SENT_PLAIN = {"fault-stall", "fault-big-body", "fault-huge-event"}
"""The latter two, compressed, cost more than our decoder looks at; `fetch` undoes any coding."""
CODING_IS_LOST = {"fault-cut", "fault-truncated-encoding"}
"""`fetch` undoes the coding, so what our decoder says of a broken one is lost, and Bun gives its
client less than had arrived."""


@asynccontextmanager
async def asked(folder: Path, route: str, name: str) -> AsyncIterator[tuple[RunPlan, str]]:
    """The plan of a run against a simulator that plays a preset, and its address."""
    scenario = preset(name)
    faults = [fault.model_copy(update={"seconds": PAUSE_S}) for fault in scenario.faults]
    scenario = scenario.model_copy(update={"faults": tuple(faults)})
    # Bun hands on a compressed piece only when the next one comes: in a stall, never.
    compress = name not in SENT_PLAIN
    async with Simulator(scenario, compress=compress, start=NOON) as simulator:
        plan = make_plan(
            ["main@0"],
            network=None,
            upstream=simulator.url,
            upstream_ca=None,
            via=None,
            source=None,
            egress_probe=False,
            captures=folder / route,
            keep_days=0,
        )
        yield plan, simulator.url


class Recorded(Watcher):
    """Tells when an exchange is recorded."""

    def __init__(self) -> None:
        self.once = asyncio.Event()

    def recorded(self, exchange: Exchange) -> None:
        self.once.set()


async def ask(alias: str, url: str, name: str, env: dict[str, str], over: asyncio.Event) -> None:
    """Let a client ask, and end when its exchange is over for the recorder, too."""
    preload = ["--preload", str(TAP)] if alias.startswith("bun") and SETTINGS in env else []
    leave = ["leave"] if name == "fault-stall" else []
    command = [program(alias), *preload, str(ASKING), f"{url}/zen/v1", *leave]
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await process.stdout.readline() == b"over\n"
        await over.wait()
        await process.communicate(b"")  # ends its stdin; Python 3.11 does so for an input only
    assert process.returncode == 0


async def observed(folder: Path, route: str, name: str, alias: str) -> Exchange:
    identity, watcher = load_identity(), Recorded()
    async with asked(folder, route, name) as (plan, url):
        base = clean_environment(folder)
        if route == "inside":
            async with observing_inside(plan, identity, watcher) as run:
                await ask(alias, url, name, run.environment(base), watcher.once)
        else:
            async with running_proxy(plan, identity, watcher):
                proxied = {
                    "HTTPS_PROXY": plan.listeners[0].url,
                    "NODE_USE_ENV_PROXY": "1",
                    "NODE_EXTRA_CA_CERTS": str(identity.ca_certificate),
                }
                await ask(alias, "https://opencode.ai", name, base | proxied, watcher.once)
    (path,) = (folder / route).glob("*.jsonl")
    (exchange,) = read_capture(path).exchanges
    return exchange


@pytest.mark.parametrize(
    ("name", "alias"),
    # Bun does not leave a stalled response that came to it through a proxy, whoever observes.
    [
        (name, alias)
        for name in PARITY
        for alias in ("node-24", "bun-1.3")[: 1 + (name != "fault-stall")]
    ],
)
async def test_the_outcome_is_the_same_as_on_the_forward_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, alias: str
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "private"))
    one = await observed(tmp_path, "inside", name, alias)
    other = await observed(tmp_path, "forward", name, alias)
    same = [
        (
            found.outcome.kind,
            found.outcome.in_stream,
            found.signals.status,
            found.signals.ending,
            found.signals.body,
            found.signals.decoding_failed,
            found.outcome.reset_cadence,
        )
        for found in (one, other)
    ]
    if name not in CODING_IS_LOST:
        assert same[0] == same[1]
    elif name == "fault-cut":
        assert same[0][0] == same[1][0]
