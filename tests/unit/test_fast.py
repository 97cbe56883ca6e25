"""What `--fast` promises: no test starts a process unseen."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from scripts._bootstrap import ROOT
from tests import conftest


async def over_asyncio() -> None:
    await asyncio.create_subprocess_exec(sys.executable, "-c", "")


STARTS: dict[str, Callable[[], object]] = {
    "subprocess": lambda: subprocess.run([sys.executable, "-c", ""], check=False),
    "asyncio": lambda: asyncio.run(over_asyncio()),
    "system": lambda: os.system("exit"),
    "spawn": lambda: multiprocessing.get_context("spawn").Process().start(),
}


@pytest.mark.parametrize("name", STARTS)
def test_fast_refuses_every_way_to_start_a_process(name: str, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--fast"):
        pytest.skip("the test below runs this one under --fast")
    with pytest.raises(pytest.fail.Exception, match="give it the marker `process`"):
        STARTS[name]()


@pytest.mark.process
def test_fast_is_on_guard_in_a_run_of_its_own() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--fast", __file__]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{len(STARTS) + 1} passed, 1 deselected" in done.stdout


def test_what_fast_leaves_out_are_markers(pytestconfig: pytest.Config) -> None:
    declared = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert declared >= conftest.LEFT_OUT
