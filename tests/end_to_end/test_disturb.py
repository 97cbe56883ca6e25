"""What `disturb` does when it is not let finish, or cannot begin; no client of it asks anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli

SIGNALS_ITS_PARENT = "import os, signal, time; os.kill(os.getppid(), signal.{}); time.sleep({})"


def disturb(tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        cli("disturb", "--captures", str(tmp_path / "captures"), *arguments),
        env=clean_environment(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals between processes")
@pytest.mark.parametrize(("signal", "lives_s"), [("SIGINT", 0.5), ("SIGTERM", PATIENCE)])
def test_no_further_arm_is_tried_when_the_user_wants_an_end(
    tmp_path: Path, signal: str, lives_s: float
) -> None:
    client = SIGNALS_ITS_PARENT.format(signal, lives_s)
    done = disturb(tmp_path, "--", sys.executable, "-c", client)
    assert (done.returncode, done.stdout) == (130, "")
    assert "1 of 4" in done.stderr
    assert "2 of 4" not in done.stderr
    assert "interrupted" in done.stderr


def test_there_is_no_upstream_to_name_since_the_untouched_client_asks_its_own_server(
    tmp_path: Path,
) -> None:
    done = disturb(tmp_path, "--upstream", "http://127.0.0.1:1", "--", "true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such option" in done.stderr
