"""Settings of all tests, and `--fast`: no test that starts a process or takes long.

Properties are judged by their results, never by how long one took. Profiles: `fast` comes with
`--fast`, `deep` with `--hypothesis-profile=deep`.
"""

import gc
import multiprocessing.process
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=25)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("untimed")

END_TO_END = Path(__file__).parent / "end_to_end"
CLIENTS = frozenset({"client", "dsh"})
LEFT_OUT = CLIENTS | {"process", "slow", "browser"}

# Events of `sys.audit`: every way to start a process but that of multiprocessing.
STARTS = frozenset(
    {
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "_winapi.CreateProcess",
    }
)

running: list[pytest.Item] = []
"""The test that runs now, if `--fast` watches it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fast`."""
    parser.addoption(
        "--fast",
        action="store_true",
        help="leave out tests marked process, slow, client, dsh, browser",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Speak English; under `--fast`, watch for processes that a test without the marker starts."""
    os.environ["LC_ALL"] = "C.UTF-8"
    if config.getoption("--fast"):
        settings.load_profile("fast")
        sys.addaudithook(refuse_process)
        # multiprocessing may start its processes without an event.
        original = multiprocessing.process.BaseProcess.start

        def start(process: multiprocessing.process.BaseProcess) -> None:
            refuse_process("os.fork")
            original(process)

        setattr(multiprocessing.process.BaseProcess, "start", start)  # noqa: B010


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """No worker under `--fast`: each has to collect all tests, and to tell of each one.

    Else one more than there are cores: what starts processes waits for much of its time.
    """
    cores = yield
    return 0 if config.getoption("--fast") else cores + 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Under `--fast`, do not even import the tests end to end: all of them start processes."""
    return True if config.getoption("--fast") and collection_path == END_TO_END else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that start real clients; under `--fast`, deselect what it leaves out.

    They take longest: begun last, they would keep one worker while the others had nothing to do.
    """
    long = {item.path for item in items if CLIENTS & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in long)
    if config.getoption("--fast"):
        kept, out = list[pytest.Item](), list[pytest.Item]()
        for item in items:
            left_out = LEFT_OUT & {mark.name for mark in item.iter_markers()}
            (out if left_out else kept).append(item)
        config.hook.pytest_deselected(items=out)
        items[:] = kept


def pytest_collection_finish() -> None:
    """Look no more for garbage among the tests: they stay to the end."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember which test runs."""
    running[:] = [item] if item.config.getoption("--fast") else []
    try:
        return (yield)
    finally:
        running.clear()


def refuse_process(event: str, _: object = None) -> None:
    """Fail the running test if it starts a process."""
    if event in STARTS and running:
        pytest.fail("this test starts a process: give it the marker `process`")
