"""Finds the program behind a loopback connection.

Invariant: only a known program name and a version leave this module, never a command line, a
path or an environment. A look-up walks the system's socket table (milliseconds), so it runs on a
worker thread, and at most one at a time.
"""

import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import psutil

from pawwork_proxy.model.context import ClientProcess, Program

KNOWN_PROGRAMS: tuple[tuple[Program, re.Pattern[str]], ...] = (
    ("pawwork", re.compile(r"(?i)pawwork.*")),
    ("opencode", re.compile(r"(?i)\.?opencode.*")),
    ("electron", re.compile(r"(?i)electron.*")),
    ("bun", re.compile(r"(?i)bun")),
    ("deno", re.compile(r"(?i)deno")),
    ("node", re.compile(r"(?i)node(js)?|MainThread")),
    ("python", re.compile(r"(?i)python[0-9.]*")),
    ("curl", re.compile(r"(?i)curl")),
)
"""Program and what its executable is called; what is none of these is `other`."""

STANDS_FOR_S = 10.0
"""For so many seconds one finding holds for its whole listener. A look-up walks the whole socket
table, and a listener belongs to one install, whose program does not change within seconds."""


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
        self._latest: dict[int, tuple[float, Future[FoundProcess | None]]] = {}

    def look_up(self, client_port: int, listener_port: int) -> Future[FoundProcess | None]:
        """Start to look for the program behind a connection, unless a recent finding holds."""
        now = self._monotonic()
        latest = self._latest.get(listener_port)
        if latest is not None and now - latest[0] < STANDS_FOR_S and not _in_vain(latest[1]):
            return latest[1]
        future = self._worker.submit(find_process, client_port, listener_port)
        self._latest[listener_port] = (now, future)
        return future

    def close(self) -> None:
        """Let go of the worker; look-ups still waiting are dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def _in_vain(future: Future[FoundProcess | None]) -> bool:
    return future.done() and (future.cancelled() or future.result() is None)


def find_process(client_port: int, listener_port: int) -> FoundProcess | None:
    """The process that holds the connection from `client_port` to our listener, if we may know."""
    with suppress(psutil.Error, OSError):  # other users' processes; macOS hides even the table
        for found in psutil.net_connections(kind="tcp"):
            ports = [end.port for end in (found.laddr, found.raddr) if end]
            if found.pid and ports == [client_port, listener_port]:
                return FoundProcess(found.pid, describe(psutil.Process(found.pid).name()))
    return None


def ancestors(pid: int) -> frozenset[int]:
    """The processes that a process descends from, as far as we may know."""
    with suppress(psutil.Error, OSError):
        return frozenset(parent.pid for parent in psutil.Process(pid).parents())
    return frozenset()


def describe(executable: str) -> ClientProcess:
    """The public face of a program: a name from the table, or `other`."""
    stem = executable.removesuffix(".exe")
    known = (name for name, pattern in KNOWN_PROGRAMS if pattern.fullmatch(stem))
    return ClientProcess(name=next(known, "other"))
