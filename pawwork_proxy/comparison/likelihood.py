"""How likely the rows are under an explanation, by a simple model, in numbers.

An explanation predicts each row: admitted before a refusal in its pool, refused afterwards. What
contradicts it is an error, each with the same chance, as often as contradictions are *independent*:
neither a row nor a moment in common. What only other people or thresholds that differ would explain
costs a factor. Invariant: numbers order what is left and go with verdicts; they make none.
"""

from collections.abc import Iterator, Sequence

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.elimination import Conflict
from pawwork_proxy.comparison.hypotheses import MAX_PARTS, Hypothesis, parts
from pawwork_proxy.comparison.patterns import noise_floor
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.transitions import transitions
from pawwork_proxy.comparison.verdicts import contains
from pawwork_proxy.comparison.withstand import Interval, Withstood
from pawwork_proxy.model.verdict import Ranked, Verdict

LEAST_ERROR = 1 / 30
"""The chance of an error where the noise floor shows none: few pairs prove no more."""
MOST_ERROR = 0.5
EXCUSE = 0.5
"""What each row weighs that only others or a threshold of its own would explain."""
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
        one: EXCUSE ** exact[one].excuses
        if one in exact
        else error * EXCUSE ** (left[one].excuses - 1)  # a slip is one of its excuses
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
    rivals = dict(_rivals(withstood)) if any(map(_is_decided, verdicts)) else {}
    return tuple(_rated(one, rivals, error) if _is_decided(one) else one for one in verdicts)


def _is_decided(verdict: Verdict) -> bool:
    return verdict.finding != "undetermined"


def _rated(verdict: Verdict, rivals: dict[Hypothesis, int], error: float) -> Verdict:
    follows = verdict.finding == "follows"
    otherwise = [one for one in rivals if contains(one, verdict.dimension) != follows]
    best = min(otherwise, key=rivals.__getitem__)
    odds = {"rival": parts([best])[0], "rival_odds": error ** rivals[best]}
    return verdict.model_copy(update=odds)


def _rivals(withstood: Withstood) -> Iterator[tuple[Hypothesis, int]]:
    """Explanations that are out, smallest first, and how many errors each would need.

    Those of so many parts as no server has say nothing of their own.
    """
    known: dict[int, int] = {}
    for hypothesis, conflicts in withstood.findings.ruled_out.items():
        if len(hypothesis) < MAX_PARTS:
            # Hypotheses that divide the rows alike share their conflicts.
            if id(conflicts) not in known:
                known[id(conflicts)] = _errors(hypothesis, conflicts, withstood.columns)
            yield hypothesis, known[id(conflicts)]


def _errors(hypothesis: Hypothesis, conflicts: Sequence[Conflict], columns: Columns) -> int:
    """How many independent observations contradict a hypothesis that does not withstand."""
    found = transitions(hypothesis, columns)
    changes = [(one.refused.head, one.admitted.start) for one in found]
    refused = {one.deciding.action for one in conflicts if one.shows == "shared"}
    opposed = any(one.shows == "opposed" for one in conflicts)
    return max(RULED_OUT_BY, _apart(changes) + len(refused) + opposed)


def _apart(changes: Sequence[Interval]) -> int:
    """How many of these lie one after the other."""
    found, until = 0, float("-inf")
    for start, end in sorted(changes, key=lambda one: one[1]):
        if start >= until:
            found, until = found + 1, end
    return found
