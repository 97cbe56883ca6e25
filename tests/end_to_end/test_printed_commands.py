"""Commands that we print are typed into a shell as they stand, with the real client behind them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.clients.clean_install import clean_environment as clean_install
from pawwork_proxy.model.exchange import Exchange
from tests.end_to_end.main_calls import main_calls
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment
from tests.end_to_end.simulator_process import SimulatorProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.client,
    pytest.mark.skipif(sys.platform == "win32", reason="commands for a POSIX shell"),
]
SAMPLE = ROOT / "captures" / "samples" / "two-networks"
ANOTHER_MODEL = "nemotron-3-ultra-free"
"""Free, and known to the client that is tested."""
ASK = "opencode run -m opencode/big-pickle hello"


class Desk:
    """A user's place: both programs on the path, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        programs = folder / "bin"
        for place in (self.work, programs):
            place.mkdir()
        (programs / "pawwork-proxy").write_text(
            f'#!/bin/sh\nexec {quote(sys.executable)} -m pawwork_proxy "$@"\n'
        )
        (programs / "pawwork-proxy").chmod(0o700)
        (programs / "opencode").symlink_to(os.environ["PAWWORK_TEST_CLIENT"])
        self.environment = clean_install(clean_environment(folder), folder / "install") | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }

    def type(self, *lines: str) -> str:
        """Type lines into a new shell; what they printed."""
        done = subprocess.run(
            ["sh", "-ec", "\n".join(lines)],
            env=self.environment,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def started(self, command: str, last: str) -> Iterator[list[str]]:
        """A command that goes on until Ctrl-C; what it printed up to the line with `last`."""
        with subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            env=self.environment,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line.rstrip("\n"))
                if last in line:
                    break
            try:
                yield lines
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=PATIENCE)

    def asked(self) -> list[Exchange]:
        """The calls of conversations that all captures hold."""
        paths = sorted((self.work / "captures").glob("capture-*.jsonl"))
        return [one for path in paths for one in main_calls(read_capture(path))]


def after(words: str, lines: list[str]) -> str:
    """The line after the one with these words."""
    return next(lines[at + 1] for at, line in enumerate(lines) if words in line)


def test_each_command_that_simulate_prints_does_what_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.started("pawwork-proxy simulate --quiet", "OPENCODE_CONFIG_CONTENT") as printed:
        assert "simulated model" in desk.type(after("without the proxy", printed))
        assert not (desk.work / "captures").exists()
        assert "simulated model" in desk.type(after("a client through the proxy", printed))
        assert {one.context.route for one in desk.asked()} == {"reverse"}
        command = after("the proxy alone", printed)
        with desk.started(f"{command} --install one@0 --install two@0", "stop with") as told:
            settings = [line for line in told if line.startswith("export ")]
            own = settings[: len(settings) // 2]
            assert "simulated model" in desk.type(*own, ASK)
            whole, _ = json.JSONDecoder().raw_decode("\n".join(told[told.index("{") :]))
            (desk.work / "opencode.json").write_text(json.dumps(whole))
            assert "simulated model" in desk.type(ASK)
    assert [one.context.route for one in desk.asked()][-2:] == ["forward", "reverse"]
    assert {one.outcome.kind for one in desk.asked()} == {"success"}


def test_the_next_experiment_can_be_typed_as_it_is_printed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    advised = desk.type(f"pawwork-proxy compare {SAMPLE}").splitlines()
    commands = [line.strip() for line in advised if "pawwork-proxy launch" in line]
    assert len(commands) == 5
    with SimulatorProcess() as simulator:
        for command in commands:
            to_type = re.sub("(SAME|OTHER)_LETTERS_MODEL", ANOTHER_MODEL, command)
            printed = desk.type(to_type.replace("SIMULATOR_URL", simulator.url))
            assert "simulated model" in printed, command
    asked = desk.asked()
    assert [one.context.install for one in asked] == ["laptop", "other"] + ["laptop"] * 3
    assert len({one.request.session for one in asked}) == 2, "the last three went on"
    assert {one.context.network for one in asked} == {"home"}
    compared = next(line for line in advised if "pawwork-proxy compare" in line)
    assert desk.type(compared.strip()).startswith("SIMULATED")
