"""The processes that a client has started, also when it hands its work over and ends itself.

While the client lives, they stand below it in the system's tree. Once it has ended, the system no
longer says whose they were: then they are known from before, or by the environment that they have
inherited. Invariant: nothing of an environment but one address of ours is looked at, and nothing
of it leaves this module. Looking walks all processes (milliseconds), so a thread should do it.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil

from pawwork_proxy.clients.processes import describe

INHERITED = "HTTPS_PROXY"
"""Every client that we start has our listener in it, on a port that no other run has."""
APPLICATIONS = frozenset({"pawwork", "opencode", "electron"})
"""What a client may hand its work over to."""


class Descendants:
    """All processes of one client that have been seen so far, itself among them."""

    def __init__(self, pid: int, listener_url: str) -> None:
        self.client: psutil.Process | None = None
        self._listener_url = listener_url
        self._known: set[psutil.Process] = set()
        self._since = 0.0
        with suppress(psutil.Error):
            self.client = psutil.Process(pid)
            self._since = self.client.create_time()
            self._known.add(self.client)

    def look(self) -> list[psutil.Process]:
        """Those that live now; the client itself comes last."""
        self._known = set(filter(_lives, self._known))
        everybody = list(psutil.process_iter(["ppid"]))
        above = {process.pid for process in self._known}
        while above:
            children = {process for process in everybody if process.info["ppid"] in above}
            above = {process.pid for process in children - self._known if _lives(process)}
            self._known.update(process for process in children if process.pid in above)
        return sorted(self._known, key=lambda process: process == self.client)

    def left_behind(self) -> list[psutil.Process]:
        """Those that live on, now that the client has ended."""
        self._known.update(filter(self._inherited, psutil.process_iter()))
        return self.look()

    def _inherited(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error, OSError):  # other users' processes
            return (
                process.create_time() >= self._since
                and process.environ().get(INHERITED) == self._listener_url
            )
        return False


def end(processes: Iterable[psutil.Process], *, kill: bool = False) -> None:
    """Ask processes to end, or `kill` them."""
    for process in processes:
        with suppress(psutil.Error):
            process.kill() if kill else process.terminate()


def named(processes: Iterable[psutil.Process]) -> str:
    """Programs with their numbers, such as `pawwork 4711`; those that have ended are left out."""
    found = []
    for process in processes:
        with suppress(psutil.Error):
            program = describe(process.name()).name
            found.append(f"{'process' if program == 'other' else program} {process.pid}")
    return ", ".join(found)


def applications() -> Iterator[psutil.Process]:
    """The clients that run on this machine, whoever has started them."""
    for process in psutil.process_iter(["name"]):
        if describe(process.info["name"] or "").name in APPLICATIONS:
            yield process


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
