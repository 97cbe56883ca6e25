"""Says where a wire key was found on this machine, by comparing fingerprints.

Files are read at start and again when they change; the fingerprints of what they held before are
remembered, so that a client that still sends an old key after a rotation is understood.
Invariant: keys live inside `_fingerprints` only; what is remembered and returned are pseudonyms,
place ids and flags.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import psutil

from pawwork_proxy.clients.auth_places import (
    Place,
    Surroundings,
    keys_at,
    places,
    stamp_of,
    surroundings,
)
from pawwork_proxy.facts.identifiers import Kept
from pawwork_proxy.model.context import AuthSource
from pawwork_proxy.model.exchange import AuthSourceFinding, Doubt
from pawwork_proxy.model.request import AuthFacts

LOOK_AGAIN_S = 1.0
"""Seconds after which the files are looked at again for a key that was found in one."""
MISSED_S = 0.05
"""The same for a key that was not found: its file may have been written a moment ago. The limit
keeps a stream of unknown keys cheap."""
_MOST_CLIENTS = 64
_MOST_FINDINGS = 256
_ANONYMOUS = AuthSourceFinding(source="anonymous")
_STRENGTH: tuple[Kept, ...] = ("config", "saved", "env")
"""What a client prefers, strongest first (source `client-config`)."""


class AuthSources:
    """Finds the source of wire keys; `fingerprint` is the study's pseudonym of a key."""

    def __init__(
        self,
        fingerprint: Callable[[str], str],
        own: Surroundings | None = None,
        *,
        look: Callable[[int], Surroundings | None] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fingerprint = fingerprint
        self._look = look or client_surroundings
        self._now = now
        self._own = _Watched(fingerprint, own or own_surroundings())
        self._own.refresh(now(), MISSED_S)
        self._watched = lru_cache(maxsize=_MOST_CLIENTS)(self._watch)

    def look_up(self, auth: AuthFacts, pid: int | None = None) -> AuthSourceFinding:
        """Look where the key of a request is kept; `pid` is the client process, if it is known."""
        if auth.kind in ("none", "public"):
            return _ANONYMOUS
        watched = self._own if pid is None else self._watched(pid)
        now, fingerprint = self._now(), auth.pseudonym or ""
        watched.refresh(now, LOOK_AGAIN_S if watched.holds(fingerprint) else MISSED_S)
        return watched.finding(fingerprint)

    def _watch(self, pid: int) -> _Watched:
        around = self._look(pid)
        if around is None:
            return self._own
        watched = _Watched(self._fingerprint, around)
        watched.remember(self._own)  # a client that is found late may still use an older key
        return watched


class _Watched:
    """The places of one client, as fingerprints."""

    def __init__(self, fingerprint: Callable[[str], str], around: Surroundings) -> None:
        self._fingerprint = fingerprint
        self._around = around
        self._places = places(around)
        self._stamps: dict[Place, tuple[int, int, int] | None] = {}
        self._held: dict[Place, frozenset[str]] = {}
        self._formerly: dict[Place, set[str]] = {}
        self._unreadable: set[Place] = set()
        self._looked_at: float | None = None
        # Of the keys that clients send there are few; any change of a place clears it.
        self.finding = lru_cache(maxsize=_MOST_FINDINGS)(self._find)

    def remember(self, other: _Watched) -> None:
        """Take over which keys files held before this watch began."""
        for place, held in other._held.items():
            if place.path is not None:
                formerly = other._formerly.get(place, set())
                self._formerly.setdefault(place, set()).update(held | formerly)

    def holds(self, fingerprint: str) -> bool:
        """Whether a place held the key at the last look."""
        return any(fingerprint in held for held in self._held.values())

    def refresh(self, now: float, patience: float) -> None:
        """Read what has changed since the last look, unless that is more recent than `patience`."""
        if self._looked_at is not None and now - self._looked_at < patience:
            return
        self._looked_at = now
        for place in self._places:
            stamp = stamp_of(place)
            if place in self._held and stamp == self._stamps[place]:
                continue
            self._stamps[place] = stamp
            self.finding.cache_clear()
            held = self._fingerprints(place)
            self._formerly.setdefault(place, set()).update(self._held.get(place, frozenset()))
            self._held[place] = held

    def _find(self, fingerprint: str) -> AuthSourceFinding:
        """The places that hold a key, or held it before."""
        found = [place for place, held in self._held.items() if fingerprint in held]
        flags: list[Doubt] = ["unreadable_place"] if self._unreadable else []
        if not found:
            found = [place for place, held in self._formerly.items() if fingerprint in held]
            if found:
                flags.append("rotated")
        ids = tuple(dict.fromkeys(place.id for place in found))
        if len(ids) > 1:
            flags.insert(0, "several_places")
        sources = {place.source for place in found}
        source: AuthSource = next((name for name in _STRENGTH if name in sources), "unknown")
        return AuthSourceFinding(source=source, places=ids, flags=tuple(flags))

    def _fingerprints(self, place: Place) -> frozenset[str]:
        """The only function in which keys of this machine are seen."""
        self._unreadable.discard(place)
        try:
            return frozenset(map(self._fingerprint, keys_at(place, self._around)))
        except (OSError, ValueError, RecursionError):
            self._unreadable.add(place)
            return frozenset()


def own_surroundings() -> Surroundings:
    """The surroundings of this process: what a client started from the same shell would see."""
    return surroundings(os.environ)


def client_surroundings(pid: int) -> Surroundings | None:
    """The surroundings of a running client, where the system lets us look."""
    try:
        process = psutil.Process(pid)
        return surroundings(process.environ(), Path(process.cwd()))
    except (psutil.Error, OSError):
        return None
