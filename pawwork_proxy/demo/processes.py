"""The demo's child processes: this program itself, as a user would start it.

Invariant: every child ends with the block that started it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pawwork_proxy.errors import PawworkProxyError

_ENDS_WITHIN_S = 15
_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


@contextmanager
def started(*arguments: str) -> Iterator[dict[str, Any]]:
    """Start a command with `--format json`; yields its first line, ends it with the block."""
    command = [sys.executable, "-m", "pawwork_proxy", *arguments, "--format", "json"]
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    child = subprocess.Popen(  # noqa: S603  this program itself
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        creationflags=_OWN_GROUP,
    )
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        if not line:
            _, errors = child.communicate(timeout=_ENDS_WITHIN_S)
            raise PawworkProxyError(f"'{arguments[0]}' did not start", errors.strip()[-500:])
        yield json.loads(line)
    finally:
        _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    """Ask it to finish, as Ctrl-C does; a child that does not is killed."""
    if child.poll() is None:
        if sys.platform == "win32":
            child.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            child.terminate()
    try:
        child.communicate(timeout=_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


def second_address() -> str | None:
    """A second loopback address to leave from, or None (macOS has but one until told otherwise)."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            return None
    return "127.0.0.2"
