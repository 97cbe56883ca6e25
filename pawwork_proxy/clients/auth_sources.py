"""Says where a wire key was found on this machine, by comparing fingerprints, client by client.

Invariant: files, databases and shells are looked at in threads that nobody waits for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path

import psutil

from pawwork_proxy.clients.auth_places import Eras, Surroundings, surroundings
from pawwork_proxy.clients.login_shell import shell_variables
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.clients.watched_places import Asked, WatchedPlaces
from pawwork_proxy.model.exchange import AuthSourceFinding

_MOST_CLIENTS = 64
_ANONYMOUS: Future[AuthSourceFinding] = Future()
_ANONYMOUS.set_result(AuthSourceFinding(source="anonymous"))


class AuthSources:
    """Finds the source of wire keys; `fingerprint` is the study's pseudonym of a key.

    `look` finds the surroundings of a client's process, `ask` what its login shell adds to them;
    `apart` runs a job where nobody waits for it.
    """

    def __init__(
        self,
        fingerprint: Callable[[str], str],
        own: Surroundings | None = None,
        *,
        look: Callable[[FoundProcess], Surroundings | None] | None = None,
        ask: Callable[[Mapping[str, str]], Mapping[str, str]] = shell_variables,
        apart: Callable[[Callable[[], None]], None] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fingerprint = fingerprint
        self._around = lru_cache(maxsize=_MOST_CLIENTS)(look or client_surroundings)
        self._ask = ask
        self._apart = apart or _in_a_thread
        self._now = now
        self._own = WatchedPlaces(fingerprint, lambda: own or own_surroundings(), ask, ())
        self._apart(self._own.refresh)  # what files hold now may be a client's key later
        self._watched = lru_cache(maxsize=_MOST_CLIENTS)(self._watch)

    def meet(self, process: FoundProcess | None) -> None:
        """See what surrounds a client while it lives: it may end as soon as it has its answer."""
        if process is not None:
            self._around(process)

    def search(self, asked: Asked) -> Future[AuthSourceFinding]:
        """Look where the key of a request is kept; nothing is waited for here."""
        if asked.auth.kind in ("none", "public"):
            return _ANONYMOUS
        future: Future[AuthSourceFinding] = Future()
        watched = self._watched(asked.process, asked.eras)
        if watched.is_fresh(asked, self._now()):
            future.set_result(watched.finding(*asked.sought))
            return future
        if watched.joined(asked, future):
            self._apart(watched.look)
        return future

    def _watch(self, process: FoundProcess | None, eras: Eras) -> WatchedPlaces:
        def around() -> Surroundings:
            found = self._around(process) if process is not None else None
            return found or self._own.around

        # A client that is found late may still use a key from before.
        return WatchedPlaces(self._fingerprint, around, self._ask, eras, self._own)


def _in_a_thread(job: Callable[[], None]) -> None:
    """Run a job that may hang: the process ends without waiting for it."""
    threading.Thread(target=job, name="auth-source", daemon=True).start()


def own_surroundings() -> Surroundings:
    """The surroundings of this process: what a client started from the same shell would see."""
    return surroundings(os.environ, own=True)


def client_surroundings(found: FoundProcess) -> Surroundings | None:
    """The surroundings of a running client, where the system lets us look."""
    try:
        process = psutil.Process(found.pid)
        if found.started is not None and process.create_time() != found.started:
            return None  # another process with the same number
        return surroundings(process.environ(), Path(process.cwd()))
    except (psutil.Error, OSError):
        return None
