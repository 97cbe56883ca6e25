"""How likely the rows are under an explanation, by a simple model, in numbers.

An explanation predicts each row: admitted before a refusal in its pool, refused afterwards. What
contradicts it is an error, each with the same chance, as often as contradictions are *independent*:
neither a row nor a moment in common. What only other people or thresholds that differ would explain
costs a factor. Invariant: numbers order what is left and go with verdicts; they make none.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.elimination import Conflict
from pawwork_proxy.comparison.hypotheses import MAX_PARTS, PER_EXCUSE, Hypothesis, parts
from pawwork_proxy.comparison.patterns import noise_floor
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.transitions import transitions
from pawwork_proxy.comparison.verdicts import contains
from pawwork_proxy.comparison.withstand import Interval, Withstood
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import Ranked, Verdict

LEAST_ERROR = 1 / 30
"""The chance of an error where the noise floor shows none: few pairs prove no more."""
MOST_ERROR = 0.5
RULED_OUT_BY = 2
"""So many slips more than the best explanation needs whatever does not withstand."""


def error_rate(limiter: Limiter, best: Hypothesis) -> float:
    """The chance that a row contradicts a true explanation, taken from the noise floor.

    Pairs that the explanation itself tells apart are no noise.
    """
    floor = noise_floor([limiter], told_apart=best)
    found = floor.differing / floor.pairs if floor.pairs else 0.0
    return min(MOST_ERROR, max(LEAST_ERROR, found))


def ranked(
    explanations: Sequence[Hypothesis], withstood: Withstood, error: float
) -> tuple[Ranked, ...]:
    """The explanations that are left, the likeliest first."""
    exact, left = withstood.exact.possible, withstood.findings.possible
    weights = {
        one: PER_EXCUSE ** exact[one].excuses
        if one in exact
        else error * PER_EXCUSE ** (left[one].excuses - 1)  # a slip is one of its excuses
        for one in explanations
    }
    most = max(weights.values(), default=0.0) or 1.0
    order = sorted(explanations, key=lambda one: -weights[one])
    return tuple(
        Ranked(parts=named, likelihood=weights[one] / most)
        for one, named in zip(order, parts(order), strict=True)
    )


def rated(verdicts: Sequence[Verdict], withstood: Withstood, error: float) -> tuple[Verdict, ...]:
    """The verdicts, those that are decided with the best explanation that says otherwise."""
    rivals = _Rivals(withstood)
    return tuple(
        one if one.finding == "undetermined" else _rated(one, rivals, error) for one in verdicts
    )


def _rated(verdict: Verdict, rivals: _Rivals, error: float) -> Verdict:
    best, errors = rivals.best(verdict.dimension, says=verdict.finding != "follows")
    odds = {"rival": parts([best])[0], "rival_odds": error**errors}
    return verdict.model_copy(update=odds)


class _Rivals:
    """Explanations that are out, smallest first, and how many errors each would need.

    Those of so many parts as no server has say nothing of their own.
    """

    def __init__(self, withstood: Withstood) -> None:
        ruled_out = withstood.findings.ruled_out.items()
        self._columns = withstood.columns
        self._conflicts = {one: why for one, why in ruled_out if len(one) < MAX_PARTS}
        self._known: dict[int, tuple[int, float]] = {}
        """How many errors were counted, and at how many counting would have ended."""

    def best(self, dimension: DimensionName, *, says: bool) -> tuple[Hypothesis, int]:
        """The first of those with the fewest errors that say so of a dimension."""
        found: list[tuple[Hypothesis, int]] = []
        fewest = inf
        for one in self._conflicts:
            if contains(one, dimension) == says and (errors := self._errors(one, fewest)) < fewest:
                found, fewest = [(one, errors)], errors
        return found[0]

    def _errors(self, hypothesis: Hypothesis, enough: float) -> int:
        conflicts = self._conflicts[hypothesis]
        # Hypotheses that divide the rows alike share their conflicts.
        errors, end = self._known.get(id(conflicts), (0, 0.0))
        if end <= errors < enough:
            errors = _errors(hypothesis, conflicts, self._columns, enough)
            self._known[id(conflicts)] = errors, enough
        return errors


def _errors(
    hypothesis: Hypothesis, conflicts: Sequence[Conflict], columns: Columns, enough: float
) -> int:
    """How many independent observations contradict a hypothesis that does not withstand.

    Counting ends where they are `enough` or more.
    """
    refused = {one.deciding.action for one in conflicts if one.shows == "shared"}
    beside = len(refused) + any(one.shows == "opposed" for one in conflicts)
    changes: list[Interval] = []
    look_at = 1
    for one in transitions(hypothesis, columns):
        changes.append((one.refused.head, one.admitted.start))
        if len(changes) == look_at:
            look_at *= 2
            if _apart(changes) + beside >= enough:
                break
    return max(RULED_OUT_BY, _apart(changes) + beside)


def _apart(changes: Sequence[Interval]) -> int:
    """How many of these lie one after the other."""
    found, until = 0, float("-inf")
    for start, end in sorted(changes, key=lambda one: one[1]):
        if start >= until:
            found, until = found + 1, end
    return found
