"""Real clients do with an answer that is made here what they do with the simulator's."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.cli.answers import local_answers
from pawwork_proxy.clients.clean_install import clean_home
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.simulator.presets import preset
from tests.end_to_end.conftest import required
from tests.end_to_end.dsh_client import dsh_command
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli
from tests.end_to_end.test_handshakes import ASK, Bench, bench
from tests.end_to_end.tools import find_program

pytestmark = pytest.mark.slow
KEY = {"OPENCODE_API_KEY": "public"}
"""As PawWork's product starts DSH."""
ANSWERS = ("client_gate", "tool_round", "provider_overload:1s")
"""One is final, one is a reply, one is asked for again; `test_check` has the others."""


class Conversation(NamedTuple):
    """What one run of a client came to."""

    code: int
    printed: bytes
    kinds: list[Kind]
    """Of the calls of the conversation itself."""
    made_here: list[bool]
    """Of all its model calls."""


async def converse(at: Bench, client: list[str], *options: str) -> Conversation:
    """Let a clean install ask on the route forward; what is sent upstream goes to the bench."""
    folder = at.folder / f"run-{len(list(at.folder.iterdir()))}"
    project, places = folder / "project", clean_home(folder / "home")
    for place in (project, *map(Path, places.values())):
        await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
    command = cli("launch", "--route", "forward", "--via", at.way.url, *options)
    command += ["--upstream-ca", str(at.authority), "--captures", str(folder / "captures")]
    env = clean_environment(at.folder, {**places, **at.variables})
    env |= {"DSH_HOME": str(folder / "dsh")}
    process = await asyncio.create_subprocess_exec(
        *command,
        "--",
        *client,
        env=env | {"PYTHONPATH": str(ROOT)},
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode is not None
    (path,) = (folder / "captures").glob("*.jsonl")
    capture = read_capture(path)
    calls = [one for one in capture.exchanges if one.request.protocol == "chat"]
    kinds = [one.outcome.kind for one in main_calls(capture)]
    made_here = [bool(one.answered_here) for one in calls]
    return Conversation(process.returncode, printed, kinds, made_here)


async def does_the_same(at: Bench, client: list[str], answer: str) -> Conversation:
    """Answer here, then let the simulator answer: the client must not know the difference."""
    at.simulator.replace_scenario(preset("zen"))
    known = len(at.simulator.seen.calls())
    here = await converse(at, client, "--answer", answer)
    assert len(at.simulator.seen.calls()) == known, "no server was asked"
    at.simulator.replace_scenario(local_answers(answer, None, None, None).scenario)
    there = await converse(at, client)
    assert here[:3] == there[:3]
    assert (set(here.made_here), set(there.made_here)) == ({True}, {False})
    return here


@pytest.mark.client
@pytest.mark.parametrize("answer", ANSWERS)
async def test_opencode_does_the_same(tmp_path: Path, answer: str) -> None:
    client = [required(find_program("opencode-1.18", os.environ)), *ASK]
    async with bench(tmp_path) as at:
        found = await does_the_same(at, client, answer)
    assert found.code == (0 if answer == "tool_round" else 1)
    assert (b"simulated model" in found.printed) == (answer == "tool_round")


@pytest.mark.dsh
@pytest.mark.parametrize("answer", ANSWERS)
async def test_dsh_does_the_same(tmp_path: Path, answer: str) -> None:
    client = dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello")
    async with bench(tmp_path) as at:
        at.variables |= KEY
        found = await does_the_same(at, client, answer)
    assert found.code == (0 if answer == "tool_round" else 1)
    assert (b"simulated model" in found.printed) == (answer == "tool_round")


@pytest.mark.client
async def test_opencode_goes_on_once_the_server_answers_again(tmp_path: Path) -> None:
    client = [required(find_program("opencode-1.18", os.environ)), *ASK]
    async with bench(tmp_path) as at:
        found = await converse(at, client, "--answer", "free_usage_limit:1s", "--times", "2")
    assert found.code == 0
    assert b"simulated model" in found.printed
    assert sum(found.made_here) == 2
    assert found.kinds[-1] is Kind.SUCCESS
