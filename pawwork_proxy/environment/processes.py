"""Finds the program behind a loopback connection.

Invariant: only a known program name and a version leave this module, never a command line, a
path or an environment. A look-up walks the system's socket table (milliseconds), so it runs on a
worker thread, and at most one at a time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import psutil

from pawwork_proxy.model.context import ClientProcess

KNOWN_PROGRAMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("pawwork", r"pawwork.*"),
        ("opencode", r"\.?opencode.*"),
        ("electron", r"electron.*"),
        ("bun", r"bun"),
        ("deno", r"deno"),
        ("node", r"node(js)?|MainThread"),
        ("python", r"python[0-9.]*|Python"),
        ("curl", r"curl"),
    )
)
"""Program and what its executable is called; what is none of these is `other`."""

BURST = 4
"""Look-ups that may come at once; then one a second, since each walks the whole socket table."""


@dataclass(frozen=True)
class FoundProcess:
    """A client process: its public face, and its number for use within this run only."""

    pid: int
    public: ClientProcess


class ProcessFinder:
    """Looks up client processes by their loopback port, off the event loop."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="process-finder")
        self._monotonic = monotonic
        self._credit = float(BURST)
        self._credited_at = monotonic()

    def find(self, client_port: int, listener_port: int) -> Future[FoundProcess | None] | None:
        """Start a look-up; None when there were too many of late (the fact is then absent)."""
        now = self._monotonic()
        self._credit = min(BURST, self._credit + now - self._credited_at)
        self._credited_at = now
        if self._credit < 1:
            return None
        self._credit -= 1
        return self._worker.submit(find_process, client_port, listener_port)

    def close(self) -> None:
        """Let go of the worker; look-ups still waiting are dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def find_process(client_port: int, listener_port: int) -> FoundProcess | None:
    """The process that holds the connection from `client_port` to our listener, if we may know."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if (
                connection.pid
                and connection.laddr
                and connection.raddr
                and connection.laddr.port == client_port
                and connection.raddr.port == listener_port
            ):
                return FoundProcess(connection.pid, describe(psutil.Process(connection.pid).name()))
    except (psutil.Error, OSError):
        pass  # other users' processes are none of our business, and macOS hides them
    return None


def describe(executable: str) -> ClientProcess:
    """The public face of a program: a name from the table, or `other`."""
    stem = executable.removesuffix(".exe")
    for name, pattern in KNOWN_PROGRAMS:
        if pattern.fullmatch(stem):
            return ClientProcess(name=name)
    return ClientProcess(name="other")
