"""What the user's login shell adds to the environment of a client that asks it, as PawWork does.

A desktop program starts without what the user's shell files set, so PawWork runs the shell once and
takes over its variables; the process table never shows them. We do the same, with the client's
own environment: only for a client that does it, only when its key was found nowhere else, never in
the thread of the traffic, and no longer than the client itself would wait.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import PurePath
from typing import IO

PATIENCE_S = 5.0
"""As long as PawWork waits (source `client-shell`)."""
_LARGEST = 1024 * 1024
_NOT_ASKED = ("nu", "nu.exe")


def shell_variables(environment: Mapping[str, str], patience: float = PATIENCE_S) -> dict[str, str]:
    """The variables that the login shell of this environment has and the environment has not.

    None where the shell fails, takes too long, or is one that the client does not ask.
    """
    shell = environment.get("SHELL") or "/bin/sh"
    if PurePath(shell).name.lower() in _NOT_ASKED:
        return {}
    for mode in ("-il", "-l"):
        said = _said([shell, mode, "-c", "env -0"], environment, patience)
        if said is None:
            return {}
        found = dict(
            entry.split("=", 1) for entry in said.decode("utf-8", "replace").split("\0")
            if entry.find("=") > 0
        )  # fmt: skip
        if found:
            return {name: value for name, value in found.items() if name not in environment}
    return {}


def _said(command: list[str], environment: Mapping[str, str], patience: float) -> bytes | None:
    """What the shell prints; nothing where it fails, None where it takes too long."""
    try:
        process = subprocess.Popen(  # noqa: S603  the user's own shell, as the client runs it
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # no terminal to wait for, and one group to end
        )
    except (OSError, ValueError):
        return b""
    with process:
        assert process.stdout is not None
        until = time.monotonic() + patience
        said = _read(process.stdout, until)
        try:
            if said is not None:
                return said if process.wait(max(0.0, until - time.monotonic())) == 0 else b""
        except subprocess.TimeoutExpired:
            pass
        os.killpg(process.pid, signal.SIGKILL)
        return None


def _read(pipe: IO[bytes], until: float) -> bytes | None:
    """All that comes, or None when that takes too long or is too much."""
    said = bytearray()
    while len(said) <= _LARGEST and (left := until - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            piece = os.read(pipe.fileno(), 65536)
            if not piece:
                return bytes(said)
            said += piece
    return None
