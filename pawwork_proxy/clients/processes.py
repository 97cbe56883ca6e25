"""Finds the program behind a loopback connection.

Every connection is looked up by itself: one listener may be asked by a client, by what restarted
it, and by curl. A walk through the system's socket table takes milliseconds to tenths of a second,
so it runs on a worker thread, at most one at a time, and answers for all who wait.
Invariant: only a known program name and a version leave this module, never a command line, a
path or an environment.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

import psutil

from pawwork_proxy.clients.linux_sockets import inode_of
from pawwork_proxy.clients.program_versions import version_of
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

REST = 4
"""A walk is followed by a rest of so many times its length: it must not slow down the traffic."""
_LONGEST_REST_S = 0.25
_NOT_LINUX = (OSError, AttributeError)  # no such socket, or no such kind of sockets
_MOST_KNOWN = 16


@dataclass(frozen=True)
class FoundProcess:
    """A client process: its public face; its number and start, for use within this run only."""

    pid: int
    public: ClientProcess
    started: float | None = None
    own: bool | None = None
    """Whether it is this user's; None: the system does not say."""


class Ends(NamedTuple):
    """The two ports of a connection to us."""

    client: int
    listener: int


class ProcessFinder:
    """Looks up client processes by their loopback connections, off the event loop."""

    def __init__(self, find: Callable[[Iterable[Ends]], dict[Ends, FoundProcess]] | None = None):
        self._find = find or ProcessTable().find
        self._lock = threading.Lock()
        self._waiting: dict[Ends, Future[FoundProcess | None]] = {}
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._closed = threading.Event()
        # A daemon: a program's files may be on a disk that hangs, and no exit waits for that. There
        # from the start: quick clients are found, too.
        threading.Thread(target=self._work, name="process-finder", daemon=True).start()

    def look_up(self, client_port: int, listener_port: int) -> Future[FoundProcess | None]:
        """Start to look for the program behind a connection."""
        future: Future[FoundProcess | None] = Future()
        with self._lock:
            begin = not self._waiting
            self._waiting[Ends(client_port, listener_port)] = future
        if begin:
            self._asked.put(True)
        return future

    def close(self) -> None:
        """Let go of the worker; look-ups still waiting are dropped."""
        self._closed.set()
        self._asked.put(False)

    def _work(self) -> None:
        while self._asked.get():
            self._look()

    def _look(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        before = time.monotonic()
        found: dict[Ends, FoundProcess] = {}
        with suppress(Exception):  # whatever a system tells: other connections will be looked up
            found = self._find(waiting)
        for ends, future in waiting.items():
            future.set_result(found.get(ends))
        self._closed.wait(min(REST * (time.monotonic() - before), _LONGEST_REST_S))


class ProcessTable:
    """Who holds which connection, as the system tells; programs are described once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, float], FoundProcess] = {}

    def find(self, wanted: Iterable[Ends]) -> dict[Ends, FoundProcess]:
        """The processes that hold these connections, as far as we may know."""
        left, found = set(wanted), dict[Ends, FoundProcess]()
        by_pid = dict[int, FoundProcess]()
        for pid, ends in self._holders(left):
            if ends in left:
                left.discard(ends)
                with suppress(psutil.Error, OSError):  # at once: it may be gone soon
                    by_pid[pid] = by_pid.get(pid) or self._described(psutil.Process(pid))
                    found[ends] = by_pid[pid]
            if not left:
                break
        return found

    def _holders(self, wanted: set[Ends]) -> Iterator[tuple[int, Ends]]:
        """Processes and connections, most likely ones first."""
        try:
            yield from self._holders_on_linux(wanted)
        except _NOT_LINUX:
            yield from _holders_anywhere()

    def _holders_on_linux(self, wanted: set[Ends]) -> Iterator[tuple[int, Ends]]:
        """Before a client that asks but once is gone: psutil needs a tenth of a second."""
        sockets = {inode_of(*ends): ends for ends in wanted}
        for pid in self._likely_ones() if any(sockets) else ():
            for inode in _open_sockets(pid):
                if inode in sockets:
                    yield pid, sockets[inode]

    def _likely_ones(self) -> Iterator[int]:
        """Programs that asked before, then all others; to list those takes longer than to look."""
        recent = [pid for pid, _ in reversed(self._known)]
        yield from recent
        yield from (pid for pid in reversed(psutil.pids()) if pid not in recent)

    def _described(self, process: psutil.Process) -> FoundProcess:
        key = (process.pid, process.create_time())
        found = self._known.pop(key, None)
        if found is None:
            found = FoundProcess(process.pid, _public(process), key[1], _is_own(process))
        self._known[key] = found
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return found


def _open_sockets(pid: int) -> Iterator[int]:
    with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as handles:
        for handle in handles:
            with suppress(OSError):
                link = os.readlink(handle)  # noqa: PTH115  called for every open file
                if link.startswith("socket:["):
                    yield int(link[8:-1])


def _holders_anywhere() -> Iterator[tuple[int, Ends]]:
    try:
        for one in psutil.net_connections(kind="tcp"):
            yield from _ends(one.pid, one.laddr, one.raddr)
    except psutil.AccessDenied:  # macOS shows the table of all to root alone
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                for held in process.net_connections(kind="tcp"):
                    yield from _ends(process.pid, held.laddr, held.raddr)


def _ends(pid: int | None, *ends: Any) -> Iterator[tuple[int, Ends]]:
    if pid and all(ends):
        yield pid, Ends(*(end.port for end in ends))


def started(pid: int) -> float | None:
    """When a process began, which tells it from a later one with the same number."""
    with suppress(psutil.Error, OSError):
        return psutil.Process(pid).create_time()
    return None


def _public(process: psutil.Process) -> ClientProcess:
    public = describe(process.name())
    with suppress(psutil.Error, OSError):
        return public.model_copy(update={"version": version_of(public.name, Path(process.exe()))})
    return public


def _is_own(process: psutil.Process) -> bool | None:
    with suppress(psutil.Error, OSError):
        return process.username() == psutil.Process().username()
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
