"""Marks of these tests, and the tools beside Python that some of them need."""

import functools
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.end_to_end.dsh_client import find_dsh
from tests.end_to_end.tools import Missing, find_chromium, find_client

REQUIRE_VARIABLE = "PAWWORK_REQUIRE_EXTRAS"

# A job in the background ignores Ctrl-C, and so would every process that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Find = Callable[[Mapping[str, str]], str | Missing]

TOOLS: dict[str, tuple[str, Find]] = {
    "client": ("PAWWORK_TEST_CLIENT", find_client),
    "dsh": ("PAWWORK_TEST_DSH", find_dsh),
    "browser": ("PAWWORK_TEST_CHROMIUM", find_chromium),
}
"""By marker: the variable that tells the tests where the tool is, and who finds it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder start processes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("process")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose tool is missing, and say why; fail it where all tools are required."""
    for marker, (variable, _) in TOOLS.items():
        if item.get_closest_marker(marker):
            os.environ[variable] = required(tool(marker))


def required(found: str | Missing) -> str:
    """The path of a tool; without it the test is skipped, or fails where all are required."""
    if isinstance(found, str):
        return found
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(f"{found.what}, and {REQUIRE_VARIABLE}=1: {found.remedy}")
    pytest.skip(f"{found.what}: {found.remedy}")


@functools.cache
def tool(marker: str) -> str | Missing:
    """The tool that tests with `marker` need, looked for once."""
    return TOOLS[marker][1](os.environ)
