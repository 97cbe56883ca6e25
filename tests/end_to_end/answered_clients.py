"""Real clients that get all sorts of answers through one proxy, a model for each kind of answer.

A client waits for hours after some answers: it is ended once it has sent so many requests that
its capture tells what it does.
"""

import json
import os
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pawwork_proxy.clients.clean_install import clean_home
from tests.end_to_end.dsh_client import PATCH, dsh_command
from tests.end_to_end.map_proxy import MapProxy
from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess, clean_environment, wait_for
from tests.end_to_end.simulator_process import SimulatorProcess

FIRST = 2
"""Requests with which a conversation begins: one is for its title."""
FAULTS: dict[str, dict[str, Any]] = {
    "success": {"kind": "reply"},
    "exhausted": {"kind": "free_usage_limit", "wait": 50_000},
    "console": {"kind": "free_usage_limit"},
    "go": {"kind": "go_usage_limit", "wait": 18_000},
    "client_gate": {"kind": "free_tier"},
    "version_floor": {"kind": "upgrade_required"},
}
"""Answers whose name is not that of a fault of the simulator."""


def model_of(answer: str) -> str:
    """The model that answers so."""
    return f"{answer.replace('_', '-')}-free"


def scenario(answers: Iterable[str]) -> dict[str, Any]:
    """A server whose models each answer in one way, and that limits nothing."""
    models = [{"id": model_of(answer), "free": True} for answer in answers]
    faults = [
        {**FAULTS.get(answer, {"kind": answer}), "model": model_of(answer)} for answer in answers
    ]
    return {"name": "answers", "models": models, "faults": faults, "free": None}


class Bench:
    """A proxy in front of a simulator, and a place for clients that reach nothing else."""

    def __init__(
        self, folder: Path, simulator: SimulatorProcess, proxy: ProxyProcess, dead_end: MapProxy
    ) -> None:
        self.folder = folder
        self.proxy = proxy
        self._simulator = simulator
        self._dead_end = dead_end

    def environment(self, name: str, **variables: str) -> dict[str, str]:
        """Of a clean install in a folder of that name."""
        home = clean_home(self.folder / name)
        for place in home.values():
            Path(place).mkdir(parents=True, exist_ok=True)
        return clean_environment(self.folder, home) | {
            "HTTPS_PROXY": self._dead_end.url,
            **variables,
        }

    def wait_for(self, wanted: Mapping[str, int], name: Callable[[dict[str, Any]], str]) -> None:
        """Until so many model calls have come from each; `name` says from whom one is."""

        def look() -> bool | None:
            seen = Counter(name(one) for one in self._simulator.seen() if one["call"] is not None)
            return all(seen[key] >= least for key, least in wanted.items()) or None

        wait_for(look, every=0.2)


@contextmanager
def bench(folder: Path, answers: Iterable[str], *installs: str) -> Iterator[Bench]:
    """A bench whose server gives all those answers, with a listener for each install."""
    rules = folder / "answers.json"
    rules.write_text(json.dumps(scenario(answers)), encoding="utf-8")
    listeners = [f"{install}@0" for install in installs]
    with (
        SimulatorProcess("--scenario", str(rules)) as simulator,
        ProxyProcess(folder, simulator.url, installs=listeners) as proxy,
        MapProxy(simulator.url) as dead_end,
    ):
        yield Bench(folder, simulator, proxy, dead_end)


def ask_opencode(at: Bench, program: str, answers: Mapping[str, int]) -> None:
    """Let OpenCode's own server hold a conversation with each model, one begun after the other.

    `answers` says after how many requests of a conversation enough was seen.
    """
    models = {model_of(answer): {"name": answer} for answer in answers}
    provider = {"options": {"baseURL": f"{at.proxy.url}/zen/v1"}, "models": models}
    config = json.dumps({"provider": {"opencode": provider}})
    project = at.folder / "project"
    project.mkdir()
    with subprocess.Popen(
        [program, "serve", "--hostname", "127.0.0.1", "--port", "0"],
        env=at.environment("opencode", OPENCODE_CONFIG_CONTENT=config),
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = next(line.split()[-1] for line in process.stdout if "listening on" in line)
            wanted = {}
            for answer, least in answers.items():
                session = str(_post(f"{url}/session", {})["id"])
                model = {"providerID": "opencode", "modelID": model_of(answer)}
                words = [{"type": "text", "text": "hello"}]
                _post(f"{url}/session/{session}/prompt_async", {"model": model, "parts": words})
                wanted[session] = least
                at.wait_for({session: FIRST}, _session)  # many at once would slow its waits down
            at.wait_for(wanted, _session)
        finally:
            process.kill()


def ask_dsh(at: Bench, answers: Iterable[str]) -> None:
    """Let one DSH for each answer do a task to its end, all at once."""
    processes = []
    for answer in answers:
        port = at.proxy.ports[answer]
        environment = at.environment(
            answer, DSH_HOME=str(at.folder / answer / "dsh"), OPENCODE_API_KEY="public"
        )
        patch = at.folder / answer / "patch.yml"
        words = PATCH.read_text(encoding="utf-8").replace("big-pickle", model_of(answer))
        words = words.replace("https://opencode.ai", f"http://127.0.0.1:{port}")
        patch.write_text(words, encoding="utf-8")
        processes.append(
            subprocess.Popen(
                dsh_command(os.environ["PAWWORK_TEST_DSH"], "hello", patch),
                env=environment,
                cwd=at.folder / answer,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
    try:
        for process in processes:
            process.wait(PATIENCE)
    finally:
        for process in processes:
            process.kill()
            process.wait(PATIENCE)


def _session(seen: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in seen["headers"]}
    return str(headers.get("x-opencode-session"))


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        words = answer.read()
    return json.loads(words) if words else {}
