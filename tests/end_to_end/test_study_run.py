"""`study run` beside real proxies: it waits, sees each step come, says what is wrong, answers."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from random import Random

import pytest

from pawwork_proxy.demo.laboratory import HOME, laboratory
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli

pytestmark = pytest.mark.slow


class Walk:
    """A running `study run`, and what it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: Queue[str | None] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def until(self, words: str) -> str:
        """What it prints up to these words."""
        printed = ""
        while words not in re.sub(r"\s+", " ", printed):
            line = self._lines.get(timeout=PATIENCE)
            assert line is not None, printed
            printed += line
        return printed

    def rest(self) -> str:
        """What it prints until it ends."""
        return "".join(iter(lambda: self._lines.get(timeout=PATIENCE), None))


@contextmanager
def walking(folder: Path, captures: Path) -> Iterator[Walk]:
    with subprocess.Popen(
        cli("study", "run", "one-network", "--captures", str(captures)),
        env=clean_environment(folder) | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Walk(process)
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal of POSIX")
def test_a_study_is_walked_through_left_and_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "home"))
    captures = tmp_path / "captures"
    installs = {HOME: ("laptop", "fresh")}
    with laboratory(captures, "small", "2026-11-20T12:00:00Z", installs, Random(3)) as lab:
        with walking(tmp_path, captures) as walk:
            walk.until("Step 1 of 4: Work as usual")
            lab.converse(HOME, "laptop", until_refused=True)
            walk.until("Step 2 of 4: Ask once more as laptop")
            lab.converse(HOME, "laptop")
            printed = walk.until("Step 3 of 4: Ask once with a clean install")
            assert "laptop was refused" in re.sub(r"\s+", " ", printed)
            lab.converse(HOME, "laptop")
            walk.until("the install is still the same")
            walk.process.send_signal(signal.SIGINT)
            walk.rest()
            assert walk.process.stderr is not None
            assert "To go on where you are" in walk.process.stderr.read()
            assert walk.process.wait(PATIENCE) == 130
        with walking(tmp_path, captures) as walk:
            walk.until("Step 3 of 4: Ask once with a clean install")
            lab.converse(HOME, "fresh")
            walk.until("Step 4 of 4: Ask once more as laptop on home")
            lab.converse(HOME, "laptop")
            answer = walk.rest()
            assert "SIMULATED" in answer
            assert walk.process.wait(PATIENCE) == 0
    assert max(map(len, answer.splitlines())) > 0
