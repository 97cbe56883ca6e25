"""Limiters that break one assumption of the comparison each, as servers in the field do.

Each is keyed on what the rules of its world say; how it counts is what is broken. Invariant: the
key is the truth that verdicts are held against, whatever else the server does.
"""

import random
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from math import inf

from tests.evaluation.servers import DAY, Finish, Rules, Who, midnight

Pool = tuple[str, ...]
HOUR = 3600.0


@dataclass
class Quirk:
    """What a server does besides counting; every default is harmless."""

    raised: tuple[float, int] | None = None
    """From when on so many more are admitted."""
    emptied: float | None = None
    """When all counters begin anew."""
    lags: tuple[float, ...] = (0.0,)
    """Replicas, by how many seconds late each of them knows what was counted."""
    window_s: float = DAY
    offset_s: float = 0.0
    """How late after a whole window the server's windows begin."""
    rolling: bool = False
    """Whether a pool's window begins with its first request."""
    model_weights: dict[str, int] = field(default_factory=dict)
    heaviest: int = 1
    """Each request weighs up to so much, as its tokens do."""
    by_header: tuple[str, int] | None = None
    """A part by whose values thresholds differ, and how much at most."""
    new_addresses: int = 1
    """How many times the usual an address that was never seen before is allowed, on one day."""
    stray: dict[str, float] = field(default_factory=dict)
    """The result that is turned into its opposite once, and from when on."""
    exempt: str = ""
    """Prompts that end so are let through uncounted, as title calls are."""
    forgetful: float = 0.0
    """How often a request is not counted, whatever its end."""
    closed: tuple[str, str, float] | None = None
    """A part, the value that is refused always, and from when on."""
    relayed: tuple[str, int] | None = None
    """A part that a relayed service counts by and how many it admits; refuses as the server does.
    """


class BrokenServer:
    """Counts pools by the rules of its world, and has one quirk."""

    def __init__(self, rules: Rules, quirk: Quirk, rng: random.Random) -> None:
        self.rules = rules
        self.quirk = quirk
        self.rng = rng
        self.counted: defaultdict[Pool, list[tuple[float, int]]] = defaultdict(list)
        """When what was counted, and how heavy it was."""
        self.began: dict[Pool, float] = {}
        self.first_seen: dict[str, float] = {}

    def decide(self, who: Who, at: float) -> tuple[str, Finish | None]:
        """See `Server`."""
        quirk, at = self.quirk, at + 0.3
        self.first_seen.setdefault(who["address"], at)
        if quirk.exempt and who["request"].endswith(quirk.exempt):
            return "success", None
        if quirk.closed is not None:
            part, value, since = quirk.closed
            if who[part] == value and at >= since:
                return "refused", None
        pools = [(self.rules.pool(who), self._threshold(who, at))]
        if quirk.relayed is not None:
            part, limit = quirk.relayed
            pools.append((("relayed", who[part]), limit))
        full = any(self._used(pool, at) >= limit for pool, limit in pools)
        result = "refused" if full else "success"
        if at >= quirk.stray.get(result, inf):
            del quirk.stray[result]
            return ("success" if full else "refused"), None
        if full:
            return "refused", None
        begins = self._window(pools[0][0], at)[0]
        weight = quirk.model_weights.get(who["model"], 1) * self.rng.randint(1, quirk.heaviest)

        def finish(end: float, aborted: bool) -> None:
            skipped = aborted and not self.rules.counts_aborted
            if not skipped and self.rng.random() >= quirk.forgetful:
                for pool, _ in pools:
                    self.counted[pool].append((max(end, begins), weight))

        return "success", finish

    def resets_at(self, who: Who, at: float) -> float:
        """See `Server`."""
        if self.quirk.closed is not None or self._daily:
            return midnight(at)
        return self._window(self.rules.pool(who), at)[1]

    @property
    def _daily(self) -> bool:
        return self.quirk.window_s == DAY and not self.quirk.rolling

    def _threshold(self, who: Who, at: float) -> int:
        quirk = self.quirk
        limit = self.rules.threshold(who, new=False)
        if quirk.raised is not None and at >= quirk.raised[0]:
            limit += quirk.raised[1]
        if quirk.by_header is not None:
            part, most = quirk.by_header
            limit *= 1 + zlib.crc32(who[part].encode()) % most
        if at - self.first_seen[who["address"]] < DAY / 2:
            limit *= quirk.new_addresses
        return limit

    def _window(self, pool: Pool, at: float) -> tuple[float, float]:
        quirk = self.quirk
        if quirk.rolling:
            began = self.began.get(pool)
            if began is None or at >= began + quirk.window_s:
                began = self.began[pool] = at
        else:
            # The first of June 2026 is a Monday; the first of January 1970 was none.
            shift = quirk.offset_s + (4 * DAY if quirk.window_s == 7 * DAY else 0.0)
            began = (at - shift) // quirk.window_s * quirk.window_s + shift
        return began, began + quirk.window_s

    def _used(self, pool: Pool, at: float) -> int:
        began, _ = self._window(pool, at)
        known = at - self.rng.choice(self.quirk.lags)
        emptied = self.quirk.emptied
        if emptied is not None and emptied <= at:
            began = max(began, emptied)
        return sum(weight for when, weight in self.counted[pool] if began <= when <= known)
