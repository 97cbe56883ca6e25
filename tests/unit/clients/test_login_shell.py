"""What a login shell adds: only what is new, within its time, and nothing from one that hangs."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pawwork_proxy.clients.login_shell import shell_variables

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no login shell"),
]
PATH = os.environ["PATH"]


def shell(folder: Path, script: str, name: str = "shell") -> dict[str, str]:
    """The environment of a client whose user has this shell."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)
    return {"SHELL": str(file), "PATH": PATH, "HOME": str(folder)}


def test_a_real_shell_reads_the_users_own_file(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("export OPENCODE_API_KEY='a\nb' PATH=/elsewhere:$PATH\n")
    found = shell_variables({"SHELL": "/bin/sh", "PATH": PATH, "HOME": str(tmp_path)})
    assert found["OPENCODE_API_KEY"] == "a\nb"
    assert not {"PATH", "HOME"} & found.keys(), "the client's own variables win"


def test_it_is_asked_as_the_client_asks_it(tmp_path: Path) -> None:
    env = shell(tmp_path, 'echo "$@" >> "$HOME/asked"; [ "$1" = -l ] && exec env -0 MINE=1')
    assert shell_variables(env)["MINE"] == "1"
    assert (tmp_path / "asked").read_text() == "-il -c env -0\n-l -c env -0\n"


def test_nushell_is_not_asked(tmp_path: Path) -> None:
    assert shell_variables(shell(tmp_path, 'touch "$HOME/asked"', "nu")) == {}
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("script", ["exit 1", "exit 0", "env -0; exit 1"])
def test_one_that_fails_adds_nothing(script: str, tmp_path: Path) -> None:
    assert shell_variables(shell(tmp_path, script)) == {}


def test_none_at_all_adds_nothing(tmp_path: Path) -> None:
    assert shell_variables({"SHELL": str(tmp_path / "none")}) == {}


@pytest.mark.parametrize(
    "script", ["sleep 100000 & sleep 100000", "exec >/dev/null; sleep 100000", "exec yes"]
)
def test_one_that_hangs_or_floods_is_ended_with_its_children(script: str, tmp_path: Path) -> None:
    assert shell_variables(shell(tmp_path, f'echo $$ > "$HOME/pid"; {script}'), 0.5) == {}
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid)
    while _alive(pid):  # the system takes a moment to end them
        pass


def _alive(group: int) -> bool:
    for one in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getpgid(one.pid) == group and one.status() != psutil.STATUS_ZOMBIE:
                return True
    return False
