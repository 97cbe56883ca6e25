"""The places of one client, as fingerprints of the keys that they hold, or held before.

Files are read at start and again when they change; the fingerprints of what they held before are
remembered, so that a client that still sends an old key after a rotation is understood.
Invariant: keys live inside `_fingerprints` only; what is remembered and returned are pseudonyms,
place ids and flags.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from pawwork_proxy.clients.auth_places import (
    Eras,
    Place,
    Surroundings,
    in_force,
    keys_at,
    session_databases,
    takes_login_shell,
)
from pawwork_proxy.clients.client_database import rows_of, stamp_of
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.model.context import AuthSource
from pawwork_proxy.model.exchange import AuthSourceFinding, Doubt
from pawwork_proxy.model.request import AuthFacts, Tier

LOOK_AGAIN_S = 1.0
"""Seconds after which the files are looked at again for a key that was found in one."""
MISSED_S = 0.05
"""The same for a key that was not found: its file may have been written a moment ago. The limit
keeps a stream of unknown keys cheap."""
_MOST_FINDINGS = 256
_MOST_SESSIONS = 256
_DIRECTORY = "SELECT directory FROM session WHERE id = ?"
_TIERS = {"zen": ("opencode", "both", "account"), "go": ("opencode-go", "both", "account")}
Stamp = tuple[int, ...] | None
Held = frozenset[tuple[str, str]]
"""Whose key, and its fingerprint."""


@dataclass(frozen=True)
class Asked:
    """A request whose key is looked for, and who sent it, as far as that is known."""

    auth: AuthFacts
    process: FoundProcess | None = None
    tier: Tier = "unknown"
    eras: Eras = ()
    """Release ranges that the client can be of."""
    session: str = field(default="", repr=False)
    """Raw, to find the conversation's folder in the client's database."""

    @property
    def sought(self) -> tuple[str, Tier, str]:
        """The fingerprint of the key, and what decides which keys count."""
        return self.auth.pseudonym or "", self.tier, self.session


@dataclass(frozen=True)
class _Seen:
    """What one look has found; replaced as a whole, since it is made in another thread."""

    held: Mapping[Place, Held] = field(default_factory=dict)
    formerly: Mapping[Place, Held] = field(default_factory=dict)
    stamps: Mapping[Place, Stamp] = field(default_factory=dict)
    unreadable: frozenset[Place] = frozenset()
    folders: Mapping[str, Path] = field(default_factory=dict)
    """By conversation."""


class WatchedPlaces:
    """The places of one client, as fingerprints."""

    def __init__(
        self,
        fingerprint: Callable[[str], str],
        around: Callable[[], Surroundings],
        ask: Callable[[Mapping[str, str]], Mapping[str, str]],
        eras: Eras,
        before: WatchedPlaces | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Asked, Future[AuthSourceFinding]]] = []
        self._busy = False  # whether a thread looks for who waits
        self._fingerprint = fingerprint
        self._look = around
        self._ask = ask
        self._eras = eras
        self._before = before
        self._found: Surroundings | None = None
        self._seen = _Seen()
        self._shell_asked = False
        self._looked_at: float | None = None
        # Of the keys that clients send there are few; any change of a place clears it.
        self.finding = lru_cache(maxsize=_MOST_FINDINGS)(self._find)

    @property
    def around(self) -> Surroundings:
        """Where the client looks; found out at the first look."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def is_fresh(self, asked: Asked, now: float) -> bool:
        """Whether the last look is recent enough; if not, the next one is on the way now."""
        known = any(
            key == asked.auth.pseudonym for held in self._seen.held.values() for _, key in held
        )
        patience = LOOK_AGAIN_S if known else MISSED_S
        if self._looked_at is not None and now - self._looked_at < patience:
            return not self._busy
        self._looked_at = now
        return False

    def joined(self, asked: Asked, future: Future[AuthSourceFinding]) -> bool:
        """Let a request wait for the next look; whether somebody has to begin it."""
        with self._lock:
            self._waiting.append((asked, future))
            begin, self._busy = not self._busy, True
        return begin

    def look(self) -> None:
        """Look for all who wait, and for who joins them meanwhile."""
        while True:
            with self._lock:
                waiting, self._waiting = self._waiting, []
                self._busy = bool(waiting)
            if not waiting:
                return
            try:
                self.refresh({asked.session for asked, _ in waiting})
                if any(self.finding(*asked.sought).source == "unknown" for asked, _ in waiting):
                    self._ask_shell()
                for asked, future in waiting:
                    future.set_result(self.finding(*asked.sought))
            except Exception as error:  # whoever waits has to hear of it
                for _, future in waiting:
                    future.set_exception(error)

    def _ask_shell(self) -> None:
        """Add what the client has taken from the user's login shell, if it has asked it."""
        if not self._shell_asked and takes_login_shell(self.around, self._eras):
            self._shell_asked = True
            self._found = self.around.with_shell(self._ask(self.around.environment))
            self._seen = replace(self._seen, stamps={})
            self.refresh()

    def refresh(self, sessions: Collection[str] = ()) -> None:
        """Read what has changed since the last look."""
        seen, before = self._seen, self._before
        folders = self._folders(seen.folders, sessions)
        opened = tuple(dict.fromkeys(folders.values()))
        here = in_force(replace(self.around, opened=opened), self._eras)
        held: dict[Place, Held] = {}
        stamps: dict[Place, Stamp] = {}
        unreadable = set()
        for place in here:
            stamps[place] = stamp = stamp_of(place.path) if place.path else None
            if place in seen.stamps and stamp == seen.stamps[place]:
                held[place] = seen.held[place]
                unreadable |= {place} & seen.unreadable
                continue
            try:
                held[place] = self._fingerprints(place)
            except (OSError, ValueError, RecursionError):
                held[place] = frozenset()
                unreadable.add(place)
        formerly = dict(seen.formerly)
        for earlier in (before._seen.held, before._seen.formerly) if before else ():
            for place, keys in earlier.items():
                if place.path is not None:
                    formerly[place] = formerly.get(place, frozenset()) | keys
        for place, keys in seen.held.items():
            if keys != held.get(place):
                formerly[place] = formerly.get(place, frozenset()) | keys
        self._before = None
        self._seen = _Seen(held, formerly, stamps, frozenset(unreadable), folders)
        self.finding.cache_clear()

    def _folders(self, known: Mapping[str, Path], sessions: Collection[str]) -> Mapping[str, Path]:
        """The folders of conversations, with those of these ones."""
        new = [session for session in sessions if session and session not in known]
        found: dict[str, Path] = dict(known)
        for database in session_databases(self.around, self._eras) if new else ():
            with suppress(OSError, ValueError):
                for session in new:
                    for (folder,) in rows_of(database, _DIRECTORY, (session,)):
                        found[session] = Path(str(folder))
        return dict([*found.items()][-_MOST_SESSIONS:])

    def _find(self, fingerprint: str, tier: Tier, session: str) -> AuthSourceFinding:
        """The places that hold a key, or held it before."""
        seen, folder = self._seen, self._seen.folders.get(session)
        whose = _TIERS.get(tier)

        def holding(held: Mapping[Place, Held]) -> list[Place]:
            return [
                place
                for place, keys in held.items()
                if place.opened in (None, folder)
                and any(key == fingerprint and (not whose or of in whose) for of, key in keys)
            ]

        found = holding(seen.held)
        flags: list[Doubt] = ["unreadable_place"] if seen.unreadable else []
        if not found:
            found = holding(seen.formerly)
            if found:
                flags.append("rotated")
        ids = tuple(dict.fromkeys(place.id for place in found))
        if len(ids) > 1:
            flags.insert(0, "several_places")
        source: AuthSource = found[0].source if found else "unknown"
        return AuthSourceFinding(source=source, places=ids, flags=tuple(flags))

    def _fingerprints(self, place: Place) -> Held:
        """The only function in which keys of this machine are seen."""
        return frozenset(
            (key.provider, self._fingerprint(key.text)) for key in keys_at(place, self.around)
        )
