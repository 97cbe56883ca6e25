"""Does measuring disturb? What the instrument itself may have caused, among requests of one study.

A server can tell the handshake of an intercepting route from the client's own, and refuse it in
the words of a quota. Invariant: `disturbs` is said only where no quota explains the rows. An
intercepted request was refused, and later in the same window an untouched one was admitted that
differs from it in nothing known but the route, the conversation and the prompt; those of the
refused one were fresh; and nothing like it was admitted through an intercepting route at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from typing import NamedTuple

from pawwork_proxy.comparison.exclusions import FREE_TIERS, is_admission, is_refusal, says_how_long
from pawwork_proxy.comparison.requests import (
    Part,
    PlacedRequest,
    differing,
    evidence_row,
    placed,
    shown_difference,
)
from pawwork_proxy.comparison.windows import Cycle, windows_counting, windows_of
from pawwork_proxy.model.evidence import Contrast
from pawwork_proxy.model.observation import ABSENT, INTERCEPTING, UNTOUCHED, Observation
from pawwork_proxy.model.verdict import InstrumentFinding, InstrumentStatus

REFUSED = frozenset({"free_usage_limit", "client_gate"})
NOT_THEIRS = frozenset({"proxy", "chained_proxy", "client"})
"""Who refuses there has not seen our handshake."""
MAY_DIFFER = frozenset({"instrument", "session", "request", "network"})
"""In what a pair may differ: each start of a client is another conversation, and labels are claims
that count only where addresses are not known."""
OF_ONE_START = ("session", "request")
QUOTA, DAY = "free_usage_limit", "utc_day"
DAILY_WINDOWS = Cycle(DAY)
STRONGEST: tuple[InstrumentStatus, ...] = ("disturbs", "suspected", "no_sign")
CLOSE_S = 900.0
"""So far apart two requests are of one network where neither address nor label says so, and nothing
was lifted or reset between them."""
SHOWN = 5


class Instrument(NamedTuple):
    """What was found, and what it makes worthless."""

    finding: InstrumentFinding
    doubted: tuple[Observation, ...] = ()
    """Refusals that the instrument itself may have caused."""


class _Pair(NamedTuple):
    refused: PlacedRequest
    admitted: PlacedRequest
    again: bool
    """Whether the intercepting route was refused again afterwards."""

    @property
    def by_address(self) -> bool:
        """Whether both addresses are known; they are the same then."""
        return None not in (self.refused.value("address"), self.admitted.value("address"))


_Used = Mapping[tuple[str, str, str | None], Sequence[PlacedRequest]]
"""Requests that the server may have counted, by day, and by their session or user action."""


class _Caller:
    """What one install with one key asked in one window, by route and result, in order of time."""

    def __init__(self, window: str) -> None:
        self.window = window
        self.intercepted: dict[Part, list[Observation]] = {"refused": [], "admitted": []}
        self.untouched: dict[Part, list[Observation]] = {"refused": [], "admitted": []}

    def add(self, seen: Observation) -> None:
        """Take an observation; they come in order."""
        through = self.untouched if seen.who.instrument == UNTOUCHED else self.intercepted
        through["refused" if seen.kind in REFUSED else "admitted"].append(seen)

    def _rows(
        self, through: Mapping[Part, Sequence[Observation]], part: Part
    ) -> list[PlacedRequest]:
        return [placed(seen, part, self.window) for seen in through[part]]

    @property
    def may_be_opposed(self) -> bool:
        """Whether there is anything to hold against each other."""
        return bool(self.intercepted["refused"] and self.untouched["admitted"])

    @property
    def passed(self) -> set[str | None]:
        """The models that were admitted through an intercepting route."""
        return {seen.who.model for seen in self.intercepted["admitted"]}

    def pairs(self, used: _Used) -> Iterator[_Pair]:
        """Independent pairs: each user action is in one at most."""
        if not self.may_be_opposed:
            return
        taken: set[str] = set()
        refusals = self._rows(self.intercepted, "refused")
        admissions = self._rows(self.untouched, "admitted")
        later = self._rows(self.untouched, "refused")
        for refused in refusals:
            if refused.action in taken:
                continue
            for admitted in admissions:
                if admitted.action in taken or not _opposed(refused, admitted, used):
                    continue
                again = any(admitted.surely_before(row) for row in refusals)
                if all(admitted.surely_before(row) for row in later) and (
                    again or _holds_for_the_day(refused.seen)
                ):
                    taken |= {refused.action, admitted.action}
                    yield _Pair(refused, admitted, again)
                    break

    def status(self, pairs: Sequence[_Pair]) -> InstrumentStatus:
        """What these rows say by themselves."""
        if pairs:
            telling = _of_nothing_passed(pairs, self.passed)
            return "disturbs" if self._no_chance(telling) else "suspected"
        refused = self.intercepted["refused"]
        if any(self.untouched.values()) and (
            self.passed or (refused and self.untouched["refused"])
        ):
            return "no_sign"
        odd = any(seen.kind != QUOTA or seen.cadence != DAY for seen in refused)
        return "suspected" if odd and not self.passed else "not_tried"

    def _no_chance(self, pairs: Sequence[_Pair]) -> bool:
        """Whether a limit that was reset, or a gate that was lifted, cannot explain the pairs.

        It can explain one pair. It cannot where the intercepting route is refused again afterwards,
        where it would have to happen twice, or between two untouched admissions minutes apart.
        """
        return len(pairs) > 1 or any(pair.again or self._is_framed(pair) for pair in pairs)

    def _is_framed(self, pair: _Pair) -> bool:
        refused = pair.refused
        before = (
            row
            for row in self._rows(self.untouched, "admitted")
            if row.seen.who.model == refused.seen.who.model and row.surely_before(refused)
        )
        near = any(refused.start - row.start <= CLOSE_S for row in before)
        return near and pair.admitted.start - refused.start <= CLOSE_S

    def examples(self) -> Iterator[PlacedRequest]:
        """The first of each route and result."""
        for through in (self.intercepted, self.untouched):
            for part, some in through.items():
                yield from (placed(seen, part, self.window) for seen in some[:1])


def judge_instrument(observations: Sequence[Observation]) -> Instrument:
    """Hold the routes against each other; the observations are of one study, in order of time."""
    days = _by_day(observations)
    asked = {who.window for some in days.values() for who in some.values() if who.may_be_opposed}
    used = _used(observations, asked) if asked else {}
    found: dict[InstrumentStatus, list[tuple[_Caller, list[_Pair]]]] = defaultdict(list)
    for callers in days.values():
        for caller in callers.values():
            pairs = list(caller.pairs(used))
            found[caller.status(pairs)].append((caller, pairs))
    status: InstrumentStatus = next((one for one in STRONGEST if one in found), "not_tried")
    told = found[status] if status != "not_tried" else []
    pairs = [pair for _, some in told for pair in some]
    if status == "disturbs":
        pairs = [pair for one, some in told for pair in _of_nothing_passed(some, one.passed)]
    rows = [] if pairs else [row for caller, _ in told for row in caller.examples()]
    windows = {caller.window for caller, _ in told}
    finding = InstrumentFinding(
        status=status,
        windows=tuple(sorted(windows)),
        pairs=tuple(_contrast(pair) for pair in sorted(pairs, key=_rank)[:SHOWN]),
        rows=tuple(evidence_row(row, "instrument") for row in rows[:SHOWN]),
        independent=len(pairs),
        by_label=bool(pairs) and not any(pair.by_address for pair in pairs),
    )
    doubted = _doubted(observations, windows, days) if status == "disturbs" else ()
    return Instrument(finding, tuple(doubted))


def _doubted(
    observations: Sequence[Observation],
    windows: Set[str],
    days: Mapping[str, Mapping[object, _Caller]],
) -> Iterator[Observation]:
    """The refusals of windows in which the instrument disturbs or nothing passed through it."""
    passed = {day for day, callers in days.items() if any(one.passed for one in callers.values())}
    for seen in observations:
        if is_refusal(seen) and seen.who.instrument == INTERCEPTING:
            own = {window.id for window in windows_of(seen, DAILY_WINDOWS)}
            if own & windows or not own <= passed:
                yield seen


def _of_nothing_passed(pairs: Iterable[_Pair], passed: Set[str | None]) -> list[_Pair]:
    return [pair for pair in pairs if pair.refused.seen.who.model not in passed]


def _by_day(observations: Iterable[Observation]) -> dict[str, dict[object, _Caller]]:
    """Callers by the days in which the server may have judged them."""
    days: dict[str, dict[object, _Caller]] = defaultdict(dict)
    for seen in observations:
        if _is_usable(seen):
            who = (seen.who.install, seen.who.device, seen.who.key)
            for window in windows_of(seen, DAILY_WINDOWS):
                days[window.id].setdefault(who, _Caller(window.id)).add(seen)
    return days


def _is_usable(seen: Observation) -> bool:
    """Whether it says something about how the free tier took a request."""
    who = seen.who
    known = None not in (who.instrument, who.install, who.key, who.model, seen.answered_at)
    asked = seen.tier in FREE_TIERS and seen.model_call and not seen.in_part
    refused = seen.kind in REFUSED and seen.origin not in NOT_THEIRS
    return known and asked and (refused or is_admission(seen))


def _used(observations: Iterable[Observation], days: Set[str]) -> _Used:
    """What was asked on these days."""
    found: dict[tuple[str, str, str | None], list[PlacedRequest]] = defaultdict(list)
    for seen in observations:
        for window in windows_counting(seen, DAILY_WINDOWS) if seen.kind not in REFUSED else ():
            if window.id not in days:
                continue
            row = placed(seen, "maybe", window.id)
            for name in OF_ONE_START:
                found[window.id, name, row.value(name)].append(row)
    return found


def _opposed(refused: PlacedRequest, admitted: PlacedRequest, used: _Used) -> bool:
    """Whether no quota explains that one was refused and the other one admitted."""
    one, other = refused.seen.who, admitted.seen.who
    by_address = None not in (one.address, other.address)  # `differing` compares known ones
    return (
        refused.surely_before(admitted)
        and (by_address or _claimed_one_network(refused, admitted))
        and MAY_DIFFER.issuperset(differing(refused, admitted))
        and all(_fresh(name, refused, admitted, used) for name in OF_ONE_START)
        and _still_held(refused, admitted)
    )


def _claimed_one_network(refused: PlacedRequest, admitted: PlacedRequest) -> bool:
    """Whether the user says so by a label; who says nothing moves seldom within minutes."""
    one, other = refused.seen.who.network, admitted.seen.who.network
    return one == other and (one is not None or admitted.start - refused.start <= CLOSE_S)


def _fresh(name: str, refused: PlacedRequest, admitted: PlacedRequest, used: _Used) -> bool:
    """Whether a pool per conversation or prompt does not explain it: none was used before."""
    own, other = refused.value(name), admitted.value(name)
    if own is None or (own == ABSENT) != (other == ABSENT):
        return False
    before = used.get((refused.window, name, own), ())
    return own == other or all(refused.surely_before(row) for row in before)


def _still_held(refused: PlacedRequest, admitted: PlacedRequest) -> bool:
    """Whether the refusal had not run out, by its own word, when the other one was admitted."""
    seen = refused.seen
    if any(len(windows_of(one, DAILY_WINDOWS)) > 1 for one in (seen, admitted.seen)):
        return False
    if seen.reset_at is None and seen.retry_after_s is None:
        return True
    until = seen.reset_at or seen.started_at + timedelta(seconds=seen.retry_after_s or 0.0)
    return admitted.head + admitted.error + refused.error < until.timestamp()


def _holds_for_the_day(seen: Observation) -> bool:
    """Whether a refusal cannot have been lifted before the day or its own wait is over.

    A quota that says nothing may have any rhythm: its route has to be refused again.
    """
    return not is_refusal(seen) or says_how_long(seen)


def _rank(pair: _Pair) -> tuple[bool, bool, int, float]:
    """The strongest first."""
    differs = len(differing(pair.refused, pair.admitted))
    return not pair.by_address, not pair.again, differs, pair.refused.start


def _contrast(pair: _Pair) -> Contrast:
    return Contrast(
        shows="separate",
        rows=tuple(evidence_row(row, "instrument") for row in pair[:2]),
        differs_in=shown_difference(pair.refused, pair.admitted),
    )
