"""The picture of who shares a quota with whom: pools, and in each the installs that use it.

Invariant: a pool is drawn as one only where the verdicts say by what the quota is counted; else the
picture shows the networks, and says that nobody knows yet who shares. What is not drawn is summed
up beside what is, and nobody is missing in the pools.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from pawwork_proxy.comparison.windows import FIXED_CADENCES, Cycle, window_at
from pawwork_proxy.model.observation import ABSENT, PUBLIC, SEVERAL, DimensionName, Observation
from pawwork_proxy.model.verdict import LimiterFindings
from pawwork_proxy.report.answer_words import one
from pawwork_proxy.report.language import Language

MOST_POOLS, MOST_LINES, MOST_RUNS = 4, 9, 6
"""Boxes, lines in all boxes together, and runs in a line that are drawn: a phone shows the picture
at once. Whatever is more is summed up."""
LEAST_LINES = 3
"""A box that has room for less shows none of many: it says what all of them did."""
Identity = tuple[str | None, ...]


class Run(NamedTuple):
    """Requests in a row that fared alike."""

    refused: bool
    requests: int
    words: str
    new_window: bool
    """Whether a reset lies before it."""


class Party(NamedTuple):
    """One install on one network with one key; what the title says is not said again."""

    name: str
    network: str
    key: str
    model: str
    runs: tuple[Run, ...]
    """The latest ones."""
    cut: bool
    """Whether there are earlier ones."""
    answered: int
    refused: int


class Rest(NamedTuple):
    """What is summed up."""

    words: str
    runs: tuple[Run, ...]


class Pool(NamedTuple):
    """Those who use up one quota together, or a network where that is not known."""

    title: str
    parties: Sequence[Party]
    """All of them, with those who used it most first."""
    drawn: Sequence[Party]
    rest: Rest | None


class Picture(NamedTuple):
    """All pools of one limit."""

    known: bool
    """Whether the pools are what the server counts by."""
    caption: str
    pools: tuple[Pool, ...]
    drawn: tuple[Pool, ...]
    rest: Rest | None

    @property
    def resets(self) -> bool:
        """Whether a reset is drawn."""
        each = (party for pool in self.drawn for party in pool.drawn)
        return any(run.new_window for party in each for run in party.runs)


def sharing(
    limit: LimiterFindings,
    observations: Iterable[Observation],
    names: Mapping[str, str],
    language: Language,
) -> Picture:
    """The picture of a limit; `names` is what people call the installs."""
    seen = [each for each in observations if _counts(each, limit)]
    seen.sort(key=lambda each: (each.started_at, each.capture, each.seq))
    cut = tuple(v.dimension for v in limit.verdicts if v.finding == "follows")
    cut = tuple(name for name in cut if name not in {"network", "global"}) or cut
    everybody = cut == ("global",)
    by: tuple[DimensionName, ...] = () if everybody else cut or ("network",)
    pools: dict[Identity, list[Observation]] = defaultdict(list)
    for each in seen:
        pools[tuple(_own(getattr(each.who, name)) for name in by)].append(each)
    used = {identity: sum(each.count for each in rows) for identity, rows in pools.items()}
    busiest = sorted(used, key=lambda identity: -used[identity])
    most = {*busiest[:MOST_POOLS]}
    teller = _Teller(seen, names, limit, language, MOST_LINES // max(len(most), 1))
    told = {identity: teller.pool(by, identity, rows) for identity, rows in pools.items()}
    others = [pool for identity, pool in told.items() if identity not in most]
    return Picture(
        known=bool(cut),
        caption=language.text("Each box is one quota: what is in it is used up together.")
        if cut
        else language.text("Each box is a network. By what the quota is counted is not known yet."),
        pools=tuple(told.values()),
        drawn=tuple(pool for identity, pool in told.items() if identity in most),
        rest=teller.rest(
            language.say("and {number} more", number=len(others)),
            [party for pool in others for party in pool.parties],
        ),
    )


def _own(value: str | None) -> str | None:
    """A value that is somebody's own; a key that everybody has is none, as for the server."""
    return ABSENT if value == PUBLIC else value


def _counts(each: Observation, limit: LimiterFindings) -> bool:
    """Whether it was answered by the free tier, or refused by this limit."""
    if each.answered_here or not each.model_call or each.free is False:
        return False
    return each.family == "ok" or (each.family == "quota" and each.origin == limit.origin)


class _Teller:
    """Says who is in a pool; keys and addresses are numbered as they come."""

    def __init__(
        self,
        seen: Sequence[Observation],
        names: Mapping[str, str],
        limit: LimiterFindings,
        language: Language,
        room: int,
    ) -> None:
        self.names, self.limit, self.language, self.room = names, limit, language, room
        self._numbers: dict[tuple[DimensionName, str], int] = {}
        self._places: dict[tuple[DimensionName, str], set[str]] = defaultdict(set)
        self._several_groups = len({each.who.model_group for each in seen}) > 1
        self._keyed = any(_own(each.who.key) != ABSENT for each in seen)
        taken: dict[DimensionName, int] = defaultdict(int)
        for each in seen:
            for name in ("key", "address", "prefix", "workspace", "device", "session", "project"):
                value = getattr(each.who, name)
                if value is None or value in {ABSENT, PUBLIC, SEVERAL}:
                    continue
                if each.who.network:
                    self._places[name, value].add(each.who.network)
                if (name, value) not in self._numbers:
                    taken[name] += 1
                    self._numbers[name, value] = taken[name]

    def pool(
        self, by: Sequence[DimensionName], identity: Identity, rows: Sequence[Observation]
    ) -> Pool:
        """One pool, with those who are drawn and what the others did in all."""
        title = " · ".join(map(self._value, by, identity)) or self.language.text("Everybody")
        parties: dict[Identity, list[Observation]] = defaultdict(list)
        for each in rows:
            who = each.who
            parties[who.install, who.network, _own(who.key), self._model(by, each)].append(each)
        told = [self._party(by, who, some) for who, some in parties.items()]
        told.sort(key=lambda party: -(party.answered + party.refused))
        if len(told) <= self.room:
            return Pool(title, told, told, None)
        if self.room < LEAST_LINES:
            installs = len({party.name for party in told})
            words = self.language.count("{number} install", "{number} installs", installs)
            return Pool(title, told, [], self.rest(words, told))
        drawn, others = told[: self.room - 1], told[self.room - 1 :]
        more = self.language.say("and {number} more", number=len(others))
        return Pool(title, told, drawn, self.rest(more, others))

    def rest(self, words: str, parties: Sequence[Party]) -> Rest | None:
        """What all of them together were answered and refused."""
        if not parties:
            return None
        answered = sum(party.answered for party in parties)
        refused = sum(party.refused for party in parties)
        totals = ((False, answered), (True, refused))
        return Rest(words, tuple(self._run(*total) for total in totals if total[1]))

    def _model(self, by: Sequence[DimensionName], each: Observation) -> str | None:
        """The model where it matters, or may, and does not stand in the title."""
        matters = "model_group" in by or (self._several_groups and by == ("network",))
        return each.who.model if matters else None

    def _party(
        self, by: Sequence[DimensionName], who: Identity, rows: Sequence[Observation]
    ) -> Party:
        install, network, key, model = who
        runs = tuple(self._runs(rows))
        return Party(
            name=self.names.get(install or "", install or self.language.text("somebody")),
            network="" if {"network", "address", "prefix"} & {*by} else network or "",
            key=self._value("key", key) if self._keyed and "key" not in by else "",
            model=model or "",
            runs=runs[-MOST_RUNS:],
            cut=len(runs) > MOST_RUNS,
            answered=sum(run.requests for run in runs if not run.refused),
            refused=sum(run.requests for run in runs if run.refused),
        )

    def _runs(self, rows: Iterable[Observation]) -> Iterator[Run]:
        before = None
        for (window, refused), group in groupby(
            rows, lambda each: (self._window(each.started_at), each.family == "quota")
        ):
            requests = sum(each.count for each in group)
            yield self._run(refused, requests, new_window=before not in {None, window})
            before = window

    def _run(self, refused: bool, requests: int, *, new_window: bool = False) -> Run:
        words = (
            self.language.say("{number} refused", number=requests)
            if refused
            else self.language.say("{number} answered", number=requests)
        )
        return Run(refused, requests, words, new_window)

    def _window(self, at: datetime) -> str:
        cadence = self.limit.cadence
        return window_at(at, Cycle(cadence)).id if cadence in FIXED_CADENCES else ""

    def _value(self, name: DimensionName, value: str | None) -> str:
        """A value as people say it: never a pseudonym."""
        say = self.language
        if value is None:
            return say.say("{dimension} not known", dimension=one(name, say))
        if value == ABSENT:
            return say.say("no {dimension}", dimension=one(name, say))
        if name == "install":
            return self.names.get(value, value)
        if (name, value) not in self._numbers:
            return value
        words = say.say(
            "{dimension} {number}", dimension=one(name, say), number=self._numbers[name, value]
        )
        places = sorted(self._places[name, value])
        if name in {"address", "prefix"} and places:
            return say.say("{what} ({places})", what=words, places=", ".join(places))
        return words
