"""Which explanations are out for good: also if one thing went wrong that no row shows.

Elimination takes every row and everything in between for granted. Life does not: an odd row (a
stray admission, a server that lags) or one change at one moment (a limit raised, a counter reset, a
router with a new address) makes a true explanation look false. Each is a *slip*. An explanation
withstands as long as it needs at most one slip more than the one that needs fewest.

Invariant: what fits without a slip is always left; more doubt leaves more, never less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.crowds import without_crowds
from pawwork_proxy.comparison.elimination import Conflict, Findings, assess, eliminate
from pawwork_proxy.comparison.groupings import groupings
from pawwork_proxy.comparison.hypotheses import FURTHER_PART, Hypothesis
from pawwork_proxy.comparison.many_slips import least_slips
from pawwork_proxy.comparison.requests import PlacedRequest
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.transitions import Transition, directed, transitions

MOST_ODD = 3
ODD_SHARE = 0.02
"""At most so many rows, or this part of all of them, are taken for odd."""
LARGE = 1000
"""In so many rows some are always odd."""
RIVALS = 3
"""In large sets with odd rows, what needs up to so many times as many slips as the best explanation
stays in question, and with one more: that the best one fits so well may be chance."""
NEVER_ALONE = frozenset({"request", "session"})
"""What changes with every prompt explains everything, so that it explains nothing by itself."""

Interval = tuple[float, float]
Numbers = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What a hypothesis cannot explain."""

    rows: Numbers
    """Without any one of them it may be none; rows by their id."""
    when: tuple[Interval, ...] = ()
    """A change at a moment in one of these explains it; empty: none does."""

    def meets(self, other: _Trouble) -> bool:
        """Whether one slip may explain both."""
        return not self.rows.isdisjoint(other.rows) or any(
            max(one[0], two[0]) < min(one[1], two[1]) for one in self.when for two in other.when
        )


@dataclass(frozen=True, slots=True, eq=False)
class Withstood:
    """What is left once slips are allowed for."""

    findings: Findings
    """`possible` is all that withstands; with odd rows, of what is left without them."""
    exact: Findings
    """As without any slip, but without the odd rows."""
    columns: Columns
    """The rows, the odd ones as unclear."""
    odd: tuple[PlacedRequest, ...] = ()
    """The fewest rows without which an explanation fits."""
    changed: bool = False
    """Nothing fits unless something unrecorded changed."""


class Slips(NamedTuple):
    """What has to have gone wrong if a hypothesis is the truth."""

    odd: Numbers = frozenset()
    """Rows by their number."""
    moments: tuple[float, ...] = ()
    """When something unrecorded changed."""

    @property
    def number(self) -> int:
        """How many they are."""
        return len(self.odd) + len(self.moments)


NONE = Slips()


class _Search:
    """Looks for the fewest slips with which a hypothesis fits the rows of a limiter.

    `moved`: something unrecorded may have changed any number of times.
    """

    def __init__(self, columns: Columns, *, moved: bool = False) -> None:
        self.columns = columns
        self._moved = moved
        self._numbers = {id(row): number for number, row in enumerate(columns.rows)}
        self._without: dict[Numbers, Columns] = {frozenset(): columns}

    def without(self, odd: Numbers) -> Columns:
        """The rows with those as unclear ones, which may have been counted or not."""
        if odd not in self._without:
            self._without[odd] = self.columns.unclear(odd)
        return self._without[odd]

    def fewest(
        self, hypothesis: Hypothesis, conflicts: Sequence[Conflict], budget: int
    ) -> list[Slips]:
        """Every way to explain the rows with the fewest slips; none if that takes too many."""
        for most in range(budget + 1):
            if found := set(self._ways(hypothesis, conflicts, NONE, most)):
                return sorted(found, key=lambda one: (len(one.moments), sorted(one.odd)))
        return []

    def _ways(
        self, hypothesis: Hypothesis, conflicts: Sequence[Conflict], slips: Slips, most: int
    ) -> Iterator[Slips]:
        trouble: list[_Trouble] = []
        apart: list[_Trouble] = []
        for one in self._trouble(hypothesis, conflicts, slips.odd):
            if any(_holds(when, moment) for when in one.when for moment in slips.moments):
                continue
            trouble.append(one)
            if not any(one.meets(other) for other in apart):
                apart.append(one)
                if len(apart) > most - slips.number:
                    return  # no slip explains two that have nothing in common
        if not trouble:
            yield slips
            return
        first = min(trouble, key=lambda one: len(one.when))
        for number in sorted(first.rows):
            odd = slips.odd | {number}
            known = assess(hypothesis, self.without(odd)).conflicts
            yield from self._ways(hypothesis, known, slips._replace(odd=odd), most)
        for when in first.when:
            moment = _best_moment(when, trouble)
            moments = (*slips.moments, moment)
            yield from self._ways(hypothesis, conflicts, slips._replace(moments=moments), most)

    def _trouble(
        self, hypothesis: Hypothesis, conflicts: Sequence[Conflict], odd: Numbers
    ) -> Iterator[_Trouble]:
        columns = self.without(odd)
        if any(one.shows == "separate" for one in conflicts):
            yield from self._pairs(transitions(hypothesis, columns))
        for one in conflicts:
            if one.shows == "opposed":
                pairs = zip(one.rows[::2], one.rows[1::2], strict=True)
                ways = [(row.client_kind, refused.client_kind) for refused, row in pairs]
                several = [
                    list(self._pairs(directed(hypothesis, columns, high, low), opposed=True))
                    for high, low in ways
                    if high is not None and low is not None
                ]
                # Whoever takes one of two opposite orders for a mistake has to explain all of it.
                yield from min(several, key=len)
            elif one.shows == "shared":
                most, refused = one.rows
                raised = one.own > 0 and refused.head < most.start
                when = ((refused.head, most.start),) if raised else ()
                yield _Trouble(self._named(most, refused), when)

    def _pairs(self, found: Iterable[Transition], *, opposed: bool = False) -> Iterator[_Trouble]:
        """Those that are evidence: close together, and not to be explained by any change."""
        for one in found:
            held = one.held is not None and not opposed
            if held or not self._moved:
                when = () if held else ((one.refused.head, one.admitted.start),)
                yield _Trouble(self._named(one.refused, one.admitted), when)

    def _named(self, *rows: PlacedRequest) -> Numbers:
        return frozenset(self._numbers[id(row)] for row in rows)


def _holds(when: Interval, moment: float) -> bool:
    return when[0] < moment <= when[1]


def _best_moment(when: Interval, trouble: Sequence[_Trouble]) -> float:
    """The moment in an interval at which a change explains most."""
    every = [one for some in trouble for one in some.when]
    ends = [end for _, end in every if _holds(when, end)]
    return max(ends, key=lambda end: sum(_holds(one, end) for one in every))


def withstand(limiter: Limiter) -> Withstood:
    """What is left of the hypotheses about a limiter once slips are allowed for."""
    columns = Columns(limiter.rows)
    findings = eliminate(limiter, columns)
    search = _Search(columns)
    most = min(MOST_ODD, max(1, int(ODD_SHARE * len(limiter.rows))))
    least = 0
    ways: Ways = {hypothesis: [NONE] for hypothesis in findings.possible}
    while not _explains(ways) and least < most:
        least += 1
        ways |= _within(search, findings, least)
    if not ways:
        return Withstood(findings, findings, columns)
    if not _explains(ways):
        least = 0
    exact, odd, changed = findings, frozenset[int](), False
    if least:
        best = _likeliest(ways)
        odd, changed = best.odd, bool(best.moments)
        exact = eliminate(limiter, search.without(odd)) if odd else findings
    ways |= _within(search, findings, least + 1)
    if not any(NEVER_ALONE.isdisjoint(one) for one in ways):
        ways |= _within(_Search(columns, moved=True), findings, least + 1)
    clear = search.without(odd)
    left, exact = (
        without_crowds(one, limiter, clear) for one in (_left(search, exact, ways), exact)
    )
    if least and len(limiter.rows) >= LARGE:
        left = _left(search, left, _rivals(columns, left, ways, RIVALS * least + 1))
    left, exact = (_with_groupings(one, clear) for one in (left, exact))
    return Withstood(
        findings=left,
        exact=exact,
        columns=clear,
        odd=tuple(limiter.rows[number] for number in sorted(odd)),
        changed=changed,
    )


Ways = dict[Hypothesis, list[Slips]]


def _explains(ways: Ways) -> bool:
    """Whether some explanation is more than that each prompt is another matter."""
    return any("request" not in hypothesis for hypothesis in ways)


def _within(search: _Search, findings: Findings, budget: int) -> Ways:
    """The hypotheses that the rows rule out and so few slips would save."""
    known: dict[int, list[Slips]] = {}
    found: Ways = {}
    for hypothesis, conflicts in findings.ruled_out.items():
        # Hypotheses that divide the rows alike share their conflicts.
        if id(conflicts) not in known:
            known[id(conflicts)] = search.fewest(hypothesis, conflicts, budget)
        if known[id(conflicts)]:
            found[hypothesis] = known[id(conflicts)]
    return found


def _rivals(columns: Columns, left: Findings, ways: Ways, most: int) -> Ways:
    """What the rows rule out otherwise, but not by more than so many slips."""
    known: dict[int, bool] = {}
    found: Ways = {}
    for hypothesis, conflicts in left.ruled_out.items():
        if conflicts and hypothesis not in ways:
            if id(conflicts) not in known:
                known[id(conflicts)] = least_slips(hypothesis, columns, most) <= most
            if known[id(conflicts)]:
                found[hypothesis] = [NONE]
    return found


def _likeliest(ways: Ways) -> Slips:
    """The slips that most of the simplest explanations agree in, odd rows before changes."""
    votes: dict[Slips, float] = defaultdict(float)
    for hypothesis, several in ways.items():
        for slips in several:
            votes[slips] += FURTHER_PART ** len(hypothesis)
    return max(
        votes, key=lambda one: (-len(one.moments), votes[one], [-n for n in sorted(one.odd)])
    )


def _with_groupings(findings: Findings, columns: Columns) -> Findings:
    return replace(findings, groupings=groupings(findings.possible, columns))


def _left(search: _Search, exact: Findings, ways: Ways) -> Findings:
    """Findings in which all that slips would save is possible."""
    possible = dict(exact.possible)
    for hypothesis, (slips, *_) in ways.items():
        if hypothesis not in possible:
            how = assess(hypothesis, search.without(slips.odd), in_full=True)
            excuses = how.excuses + max(1, slips.number)
            possible[hypothesis] = replace(how, conflicts=(), excuses=excuses)
    ruled_out = {one: why for one, why in exact.ruled_out.items() if one not in possible}
    return Findings(possible, ruled_out)
