"""Nothing that anybody says on stderr holds a text of others, and saying it never fails."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pawwork_proxy import logs

SECRET = "kohlrabi-7731-quartz"
SPEAKERS = {
    "a library": "logging.getLogger('aiohttp.client').warning('Can not load cookies: %s', S)",
    "an unknown logger": "logging.getLogger(S).error(S)",
    "the root logger": "logging.error(S)",
    "an exception in a log": """
try: raise ValueError(S)
except ValueError: logging.getLogger('asyncio').exception(S)""",
    "a warning": "warnings.warn(S)",
    "a warning category": "warnings.warn(S, type('W', (UserWarning,), {}))",
    "a thread": "t = threading.Thread(target=boom); t.start(); t.join()",
    "a finalizer": "class D: __del__ = boom\nD()",
    "a task": "asyncio.run(tasks())",
    "the main thread": "boom()",
    "standard loggers": "logging.getLogger('x').critical(S, stack_info=True)",
}
PROGRAM = """
import asyncio, logging, sys, threading, warnings
from pawwork_proxy.logs import guard_stderr
S = sys.argv[1]
def boom(*_): raise ValueError(S)
async def fail(): boom()
async def tasks():
    task = asyncio.get_running_loop().create_task(fail())
    asyncio.get_running_loop().call_soon(boom)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
guard_stderr()
{code}
"""


@pytest.mark.process
@pytest.mark.parametrize("speaker", sorted(SPEAKERS))
def test_what_others_say_is_reduced_to_who_spoke(speaker: str) -> None:
    program = PROGRAM.format(code=SPEAKERS[speaker])
    done = subprocess.run(
        [sys.executable, "-c", program, SECRET], capture_output=True, text=True, check=False
    )
    assert "event=" in done.stderr
    assert SECRET not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.process
@pytest.mark.parametrize("command", [["show", "x"], ["compare", "x"], ["bundle", "create", "x"]])
def test_every_command_is_under_the_rule(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import pawwork_proxy.captures.sources as m\n"
        f"def boom(*a, **k): raise ValueError('{SECRET}')\n"
        "m.capture_sources = boom\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "pawwork_proxy", *command],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), root))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("event=internal_error type=ValueError")
    assert SECRET not in done.stderr


def test_a_chatty_library_is_heard_a_bounded_number_of_times(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_FOREIGN", 3)
    handler = logs._Foreign(logging.WARNING)
    for line in range(9):
        for _ in range(2):
            handler.emit(logging.LogRecord("aiohttp", logging.ERROR, "x", line, SECRET, (), None))
    assert len(capsys.readouterr().err.splitlines()) == 3


class Gone:
    """A stream whose reader has left."""

    def write(self, _: str) -> None:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_what_nobody_would_print_is_not_even_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """mitmproxy's tools let through whatever is logged, and its proxy tells of each connection."""
    root = logging.RootLogger(logging.DEBUG)
    root.addHandler(logging.StreamHandler())
    root.addHandler(logs._Foreign(logging.WARNING))
    monkeypatch.setattr(logging, "getLogger", lambda: root)
    logs.mute_other_handlers()
    assert not root.isEnabledFor(logging.INFO)
    warning = root.makeRecord("x", logging.WARNING, "x", 1, SECRET, (), None)
    assert [bool(one.filter(warning)) for one in root.handlers] == [False, True]


@pytest.mark.parametrize("stream", [Gone(), None])
def test_a_line_that_nobody_reads_is_no_failure(
    stream: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    logs.say("nothing", line=1)
