import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts._environment import ROOT
from scripts._exclusive import exclusive

HOLD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scripts._exclusive import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
    Path(sys.argv[1]).with_suffix(".done").touch()
"""


def holder(lock: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock), str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_waits_until_the_first_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "py3.13.lock"
    with holder(lock) as process:
        assert process.stdin is not None
        stdin = process.stdin

        def let_go(_: float) -> None:
            stdin.write("\n")
            stdin.close()
            process.wait(timeout=30)

        monkeypatch.setattr("scripts._exclusive.time", SimpleNamespace(sleep=let_go))
        with exclusive(lock):
            assert lock.with_suffix(".done").exists()
    assert "waiting for another" in capsys.readouterr().err


def test_a_killed_holder_holds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "py3.13.lock"
    with holder(lock) as process:
        process.kill()
        process.wait(timeout=30)
        with exclusive(lock):
            pass
    assert capsys.readouterr().err == ""
