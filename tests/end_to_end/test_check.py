"""`check` of captures of real clients: what they do after many answers equals the table.

The table could only agree with itself if no client had asked, so each test also says how many
requests each answer cost.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.answered_clients import ask_dsh, ask_opencode, bench
from tests.end_to_end.conftest import required
from tests.end_to_end.proxy_process import ROOT, clean_environment, cli
from tests.end_to_end.tools import find_program

FINAL, WAITS, TRANSIENT = 2, 4, 6
"""Requests of one prompt, its title call included, after which enough was seen of OpenCode."""
OPENCODE = {
    "success": FINAL,
    "exhausted": WAITS,
    "console": TRANSIENT,
    "go": WAITS,
    "client_gate": FINAL,
    "version_floor": FINAL,
    "edge_blocked": FINAL,
    "no_provider": FINAL,
    "client_closed": FINAL,
    "provider_limit": TRANSIENT,
    "overload": TRANSIENT,
    "bad_gateway": TRANSIENT,
    "reset": TRANSIENT,
    "cut": 4,
}
"""What is final comes first: it takes a while to see that nothing follows."""
DSH = {
    "success": 1,
    "exhausted": 6,
    "console": 6,
    "client_gate": 1,
    "edge_blocked": 1,
    "no_provider": 1,
    "site_page": 1,
    "overload": 6,
    "bad_gateway": 6,
    "cut": 6,
    "no_end": 6,
    "empty_body": 6,
    "truncated_encoding": 1,
}
"""Requests of one prompt without its title call, of which DSH makes at most one."""


@pytest.mark.slow
@pytest.mark.client
def test_opencode_does_what_is_known_of_it(tmp_path: Path) -> None:
    program = os.environ["PAWWORK_TEST_CLIENT"]
    more = {"tool_call": 3, "error_first": 4}
    judge_opencode(tmp_path, program, more | OPENCODE, "OpenCode 1.18.33")


@pytest.mark.slow
@pytest.mark.client
def test_an_older_opencode_does_what_is_known_of_it(tmp_path: Path) -> None:
    program = required(find_program("opencode-1.15", os.environ))
    final = dict.fromkeys(["error_first", "no_end"], FINAL)
    judge_opencode(tmp_path, program, final | OPENCODE, "OpenCode 1.15.13")


def judge_opencode(folder: Path, program: str, answers: Mapping[str, int], name: str) -> None:
    with bench(folder, answers, "main") as at:
        ask_opencode(at, program, answers)
    found = check(folder, at.proxy.capture_path)
    assert {step["client"] for step in found["steps"]} == {name}
    spent = sorted(
        sum(len(step["attempts"]) for step in found["steps"] if step["model"] == model)
        for model in {step["model"] for step in found["steps"]}
    )
    assert len(spent) == len(answers)
    assert all(seen >= least for seen, least in zip(spent, sorted(answers.values()), strict=True))


@pytest.mark.slow
@pytest.mark.dsh
def test_dsh_does_what_is_known_of_it(tmp_path: Path) -> None:
    with bench(tmp_path, DSH, *DSH) as at:
        ask_dsh(at, DSH)
    found = check(tmp_path, at.proxy.capture_path)
    spent = {
        step["install"]: len(step["attempts"]) for step in found["steps"] if step["part"] == "main"
    }
    assert spent == DSH
    titles = [step["install"] for step in found["steps"] if step["part"] == "title"]
    assert titles, (
        "a DSH does not wait for its title, but hardly all ended before theirs was asked for"
    )
    assert len(set(titles)) == len(titles)


def check(folder: Path, capture: Path) -> dict[str, Any]:
    """What `check` finds in a capture in which nothing is unknown."""
    done = subprocess.run(
        cli("check", str(capture), "--format", "json"),
        env=clean_environment(folder) | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert [step for step in found["steps"] if step["verdict"] != "as_known"] == []
    assert done.returncode == 0
    return found
