"""Trials tried out on paper: what each of their results would say.

Invariant: a result leaves every hypothesis possible that could bring it about in some way.
"""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Literal, NamedTuple

from pawwork_proxy.comparison.dimensions import BUCKET, CALLER, PRESENCE
from pawwork_proxy.comparison.elimination import Assessment
from pawwork_proxy.comparison.hypotheses import FURTHER_PART, PER_EXCUSE, Hypothesis
from pawwork_proxy.comparison.means import NO_KEY
from pawwork_proxy.comparison.orders import way_down
from pawwork_proxy.comparison.requests import NAMES, PlacedRequest, differing, placed
from pawwork_proxy.comparison.trials import Trial, Variation
from pawwork_proxy.model.observation import ABSENT, Identities

Partners = Mapping[frozenset[str], PlacedRequest]
"""By what they differ in, the latest of each kind first."""
Result = Literal["admitted", "refused"]
RESULTS: tuple[Result, Result] = ("admitted", "refused")

LIKELY: Mapping[str, float] = {"address": 3.0, "prefix": 3.0, "key": 2.0, "install": 2.0}
"""Parts that a limit has more often than others; the rest weigh 1."""
IGNORED = frozenset({"request", "network"})
"""What changes with every trial, or is only a label."""
PARTS = (*NAMES, CALLER)
"""What a hypothesis may consist of, beside BUCKET."""
PER_REQUEST = 0.005
"""How much more a trial must settle to be worth another request."""


class Outlook(NamedTuple):
    """What a trial promises."""

    trial: Trial
    settles: float
    """Expected share of the open explanations, by weight, that its results remove."""
    worth: float
    """The same, less what it costs."""
    left: tuple[tuple[str, tuple[Hypothesis, ...] | None], ...]
    """Per result (the variation that is admitted; empty: all are refused) the hypotheses that it
    leaves possible; None where that is all of them."""


class _Pair(NamedTuple):
    """The two requests of a trial, the refused one and the one that differs, part by part."""

    differs: frozenset[str]
    """The parts in which they differ."""
    alike: bool
    """Whether they name one model."""
    own: frozenset[str]
    """The parts whose value the second one shares with nobody."""
    kinds: tuple[tuple[str, ...], tuple[str, ...]]
    """What a threshold of either may depend on."""

    def same_pool(self, hypothesis: Hypothesis) -> bool | None:
        """Whether both fall into one pool; None where a hypothesis leaves that open."""
        if not self.differs.isdisjoint(hypothesis):
            return False
        return None if BUCKET in hypothesis and not self.alike else True

    def expected(self, hypothesis: Hypothesis) -> Result:
        """What comes out if the hypothesis is the truth and others stay away."""
        return "refused" if self.same_pool(hypothesis) else "admitted"

    def leaves(self, hypothesis: Hypothesis, assessment: Assessment, result: Result) -> bool:
        """Whether a hypothesis is still possible after a result."""
        same = self.same_pool(hypothesis)
        first, second = self.kinds
        if result == "admitted":
            # Where the first is allowed as much as the second or more, both are refused alike.
            return not (same and way_down(assessment.above, first, second) is not None)
        own = not self.own.isdisjoint(hypothesis)
        return not (same is False and own and second in assessment.admitted)


def outlook(
    trial: Trial,
    refused: PlacedRequest,
    possible: Mapping[Hypothesis, Assessment],
    partners: Partners,
) -> Outlook:
    """Try a trial out: what would each result say about every hypothesis that is left?"""
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
    results = [
        (variation.id, left["admitted"])
        for variation, left in zip(trial.variations, leaves, strict=True)
    ]
    results.append(("", _left(leaves, ["refused"] * len(pairs))))
    worth = settles - PER_REQUEST * len(pairs)
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


def _pair(refused: PlacedRequest, variation: Variation, partners: Partners) -> _Pair:
    """A variation's two requests, as the refused install would send them."""
    first = _filled(refused.seen.who)
    second = _changed(first, variation)
    if variation.reverse:
        second = _partner(refused, variation, partners) or second
        first, second = second, first
    one, other = (
        placed(refused.seen.model_copy(update={"who": who}), "refused", "trial")
        for who in (first, second)
    )
    assert one.client_kind is not None
    assert other.client_kind is not None
    return _Pair(
        differs=frozenset(part for part in PARTS if one.value(part) != other.value(part)),
        alike=one.value("model") == other.value("model"),
        own=frozenset(part for part in PARTS if other.private(part)),
        kinds=(one.client_kind, other.client_kind),
    )


def partners(refused: PlacedRequest, admitted: Sequence[PlacedRequest]) -> Partners:
    """Whoever was admitted with a known change of what a threshold may depend on."""
    found: dict[frozenset[str], PlacedRequest] = {}
    for row in reversed(admitted):
        if row.client_kind != refused.client_kind:
            found.setdefault(frozenset(differing(refused, row)) - IGNORED, row)
    return found


def _partner(refused: PlacedRequest, variation: Variation, partners: Partners) -> Identities | None:
    """Whoever was admitted with only this changed; the reverse trial has them refused first."""
    for changes, row in partners.items():
        if changes and changes <= set(variation.changes):
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
