"""The next experiment: the trial whose result removes most of what is still possible.

Each trial is tried out on paper: what would either result say about every hypothesis that is left?
Invariant: a trial is proposed only if one of its results would rule out something, and none asks to
use up a quota on purpose.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal, NamedTuple

from pawwork_proxy.comparison.dimensions import BUCKET, DIMENSIONS, PRESENCE
from pawwork_proxy.comparison.elimination import Assessment, Findings, way_down
from pawwork_proxy.comparison.hypotheses import Hypothesis, parts, smallest, undominated
from pawwork_proxy.comparison.requests import PlacedRequest, differing, placed
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.trials import TRIALS, Trial, Variation, possible_for
from pawwork_proxy.model.observation import ABSENT, PUBLIC, Identities
from pawwork_proxy.model.verdict import Baseline, Experiment, Meaning, Verdict

Result = Literal["admitted", "refused"]
NO_KEY = frozenset({None, ABSENT, PUBLIC})
RESULTS: tuple[Result, Result] = ("admitted", "refused")

LIKELY: Mapping[str, float] = {"address": 3.0, "prefix": 3.0, "key": 2.0, "install": 2.0}
"""Parts that a limit has more often than others; the rest weigh 1."""
FURTHER_PART = 0.03
"""How much less likely an explanation is with each part beyond the first."""
PER_EXCUSE = 0.5
"""How much less likely an explanation is with each row that it explains by other people."""
REPEATED = 4.0
"""A trial done before promises this much less each time."""
IGNORED = frozenset({"request", "network"})
"""What changes with every trial, or is only a label."""
MAY_CHANGE_THRESHOLD = frozenset(row.name for row in DIMENSIONS if row.threshold)
NOTHING = 1e-9
"""Rounding may give so much to a trial that settles nothing."""
PER_REQUEST = 0.005
"""How much more a trial must settle to be worth another request."""


class Outlook(NamedTuple):
    """What a trial promises."""

    trial: Trial
    settles: float
    """Expected share of the open explanations, by weight, that its results remove."""
    worth: float
    """The same, less what it costs and what was done before."""
    left: tuple[tuple[str, tuple[Hypothesis, ...] | None], ...]
    """Per result (the variation that is admitted; empty: all are refused) the hypotheses that it
    leaves possible; None where that is all of them."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two requests of a trial: the refused one, and the one that differs."""

    first: PlacedRequest
    second: PlacedRequest

    def same_pool(self, hypothesis: Hypothesis) -> bool | None:
        """Whether both fall into one pool; None where a hypothesis leaves that open."""
        if any(self.first.value(p) != self.second.value(p) for p in hypothesis if p != BUCKET):
            return False
        alike = self.first.value("model") == self.second.value("model")
        return None if BUCKET in hypothesis and not alike else True

    @property
    def changes(self) -> frozenset[str]:
        """What differs between the two, as far as it matters."""
        return frozenset(differing(self.first, self.second)) - IGNORED

    def expected(self, hypothesis: Hypothesis) -> Result:
        """What comes out if the hypothesis is the truth and others stay away."""
        return "refused" if self.same_pool(hypothesis) else "admitted"

    def leaves(self, hypothesis: Hypothesis, assessment: Assessment, result: Result) -> bool:
        """Whether a hypothesis is still possible after a result."""
        same = self.same_pool(hypothesis)
        first, second = self.first.client_kind, self.second.client_kind
        assert first is not None
        assert second is not None
        if result == "admitted":
            # Where the first is allowed as much as the second or more, both are refused alike.
            return not (same and way_down(assessment.above, first, second) is not None)
        own = any(self.second.private(part) for part in hypothesis - {BUCKET})
        return not (same is False and own and second in assessment.admitted)


def next_experiment(
    limiter: Limiter, findings: Findings, verdicts: Iterable[Verdict]
) -> Experiment | None:
    """The best trial for what is open on one limiter; None when nothing is open or can be tried."""
    if all(verdict.finding != "undetermined" for verdict in verdicts):
        return None
    found = outlooks(limiter, findings)
    return experiment(found[0], limiter) if found else None


def outlooks(limiter: Limiter, findings: Findings) -> tuple[Outlook, ...]:
    """Every trial that can settle something, the most promising first."""
    refused = baseline(limiter)
    if refused is None or not findings.possible:
        return ()
    who = refused.seen.who
    done = _done(limiter, refused)
    partners = limiter.part("admitted")

    def promising(trials: Iterable[Trial]) -> list[Outlook]:
        seen = [_outlook(trial, refused, findings.possible, done, partners) for trial in trials]
        good = [outlook for outlook in seen if outlook.settles > NOTHING]
        return sorted(good, key=lambda outlook: -round(outlook.worth, 9))

    able = [possible_for(one, who.key not in NO_KEY, who.family == "ipv6") for one in TRIALS]
    trials = [trial for trial in able if trial is not None]
    singles = promising(trial for trial in trials if len(trial.variations) == 1)
    telling = [outlook.trial.variations[0] for outlook in singles]
    ordered = [_in_this_order(trial, telling) for trial in trials if trial.is_sweep]
    sweeps = promising(trial for trial in ordered if len(trial.variations) > 1)
    return tuple(sorted([*singles, *sweeps], key=lambda outlook: -round(outlook.worth, 9)))


def _in_this_order(sweep: Trial, telling: Sequence[Variation]) -> Trial:
    """The variations of a sweep that tell something, the most telling first.

    What may have another threshold comes last: it tells nothing by itself, but an admission opens
    the way to the same trial the other way round.
    """
    first = [variation for variation in telling if variation in sweep.variations]
    last = [
        one
        for one in sweep.variations
        if one not in first and MAY_CHANGE_THRESHOLD & set(one.changes)
    ]
    return sweep._replace(variations=(*first, *last))


def baseline(limiter: Limiter) -> PlacedRequest | None:
    """The refusal that trials start from: the latest one of the install that was seen most.

    None if no refusal has a known kind of client.
    """
    times: Counter[Identities] = Counter()
    for row in limiter.rows:
        times[_without_ignored(row)] += row.seen.count
    known = [row for row in limiter.part("refused") if row.client_kind is not None]
    return max(known, key=lambda row: (times[_without_ignored(row)], row.head), default=None)


def _without_ignored(row: PlacedRequest) -> Identities:
    return row.seen.who.model_copy(update=dict.fromkeys(IGNORED))


def _outlook(
    trial: Trial,
    refused: PlacedRequest,
    possible: Mapping[Hypothesis, Assessment],
    done: Mapping[frozenset[str], int],
    partners: Sequence[PlacedRequest],
) -> Outlook:
    pairs = [_pair(refused, variation, partners) for variation in trial.variations]
    expected: dict[tuple[Result, ...], list[Hypothesis]] = {}
    for hypothesis in possible:
        outcome = tuple(pair.expected(hypothesis) for pair in pairs)
        expected.setdefault(outcome, []).append(hypothesis)
    leaves = [
        {
            result: frozenset(k for k in possible if pair.leaves(k, possible[k], result))
            for result in RESULTS
        }
        for pair in pairs
    ]
    weights = {hypothesis: _weight(hypothesis, how) for hypothesis, how in possible.items()}
    total = fsum(weights.values())
    settles = 0.0
    for outcome, hypotheses in expected.items():
        chance = fsum(weights[hypothesis] for hypothesis in hypotheses) / total
        left = _left(leaves, outcome)
        settles += chance * (1 - fsum(weights[hypothesis] for hypothesis in left) / total)
    repeats = [done.get(pair.changes, 0) for pair in pairs]
    fresh = sum(REPEATED**-times for times in repeats) / len(repeats)
    results = [
        (variation.id, left["admitted"])
        for variation, left in zip(trial.variations, leaves, strict=True)
    ]
    results.append(("", _left(leaves, ["refused"] * len(pairs))))
    worth = settles * fresh - PER_REQUEST * len(pairs)
    return Outlook(
        trial,
        settles,
        worth,
        tuple((result, _in_order(possible, left)) for result, left in results),
    )


def _left(
    leaves: Sequence[Mapping[Result, frozenset[Hypothesis]]], results: Sequence[Result]
) -> frozenset[Hypothesis]:
    return frozenset.intersection(
        *(which[result] for which, result in zip(leaves, results, strict=True))
    )


def _in_order(
    possible: Mapping[Hypothesis, Assessment], left: frozenset[Hypothesis]
) -> tuple[Hypothesis, ...] | None:
    """The hypotheses that are left, or None if all are."""
    return None if len(left) == len(possible) else tuple(one for one in possible if one in left)


def _weight(hypothesis: Hypothesis, assessment: Assessment) -> float:
    weight = PER_EXCUSE**assessment.excuses
    for part in hypothesis:
        weight *= LIKELY.get(part, 1.0)
    return weight * FURTHER_PART ** max(0, len(hypothesis) - 1)


def _done(limiter: Limiter, start: PlacedRequest) -> dict[frozenset[str], int]:
    """How often a request followed such a refusal, by the dimensions in which the two differ."""
    found: Counter[frozenset[str]] = Counter()
    refused: dict[str, PlacedRequest] = {}
    tried: set[tuple[str, Identities]] = set()
    for row in limiter.rows:
        earlier = refused.get(row.window)
        who = _without_ignored(row)
        if row.part == "refused" and who == _without_ignored(start):
            refused.setdefault(row.window, row)
            continue
        if earlier is None or row.part == "maybe" or (row.window, who) in tried:
            continue
        if not earlier.surely_before(row):
            continue
        tried.add((row.window, who))
        found[frozenset(differing(earlier, row)) - IGNORED] += 1
    return found


def _pair(refused: PlacedRequest, variation: Variation, admitted: Sequence[PlacedRequest]) -> _Pair:
    """A variation's two requests, as the refused install would send them."""
    first = _filled(refused.seen.who)
    second = _changed(first, variation)
    if variation.reverse:
        second = _partner(refused, variation, admitted) or second
        first, second = second, first
    rows = [
        placed(refused.seen.model_copy(update={"who": who}), "refused", "trial")
        for who in (first, second)
    ]
    return _Pair(*rows)


def _partner(
    refused: PlacedRequest, variation: Variation, admitted: Sequence[PlacedRequest]
) -> Identities | None:
    """Whoever was admitted with only this changed; the reverse trial has them refused first."""
    for row in reversed(admitted):
        changes = frozenset(differing(refused, row)) - IGNORED
        if changes and changes <= set(variation.changes) and row.client_kind != refused.client_kind:
            update: dict[str, str | None] = {
                name: getattr(row.seen.who, name) for name in variation.changes
            }
            return _filled(refused.seen.who).model_copy(update=update)
    return None


def _filled(who: Identities) -> Identities:
    """The identities of the refused install; the egress probe of a trial fills the gaps."""
    unknown = {name: "here" for name, value in who if value is None}
    return who.model_copy(update=unknown)


def _changed(who: Identities, trial: Variation) -> Identities:
    update: dict[str, str] = {
        name: f"trial {name}"
        for name in (*trial.changes, "request")
        if name not in PRESENCE or getattr(who, name) != ABSENT
    }
    if "auth_kind" in trial.changes and who.key not in NO_KEY:
        update |= {"key": ABSENT, "workspace": ABSENT}
    return who.model_copy(update=update)


def experiment(outlook: Outlook, limiter: Limiter) -> Experiment:
    """A trial as values: what is varied, from where, and what each result would leave."""
    refused = baseline(limiter)
    assert refused is not None
    who = refused.seen.who
    return Experiment(
        id=outlook.trial.id,
        variations=tuple(variation.id for variation in outlook.trial.variations),
        baseline=Baseline(
            install=who.install,
            network=who.network,
            model=who.model,
            has_key=who.key not in NO_KEY,
            client=refused.seen.client_era,
            instrument=who.instrument,
            simulated=refused.seen.simulated,
        ),
        meanings=tuple(
            Meaning(
                admitted=result,
                left=None if left is None else parts(smallest(undominated(left))),
            )
            for result, left in outlook.left
        ),
        requests=sum(variation.requests for variation in outlook.trial.variations),
        settles=round(outlook.settles, 3),
    )
