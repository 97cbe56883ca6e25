"""Whether a verdict contradicts the rules of its world."""

from collections.abc import Sequence

from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Verdict
from tests.evaluation.decidability import follows
from tests.evaluation.servers import Rules


def truth(rules: Rules, ipv6: bool, dimension: str) -> str:
    """What the world's rules say about a dimension; `partly` for a mixture of models."""
    if dimension in {"model", "model_group"} and "bucket" in rules.key:
        return "partly"
    return "follows" if follows(frozenset(rules.key), dimension, ipv6) else "does_not_follow"


def is_wrong(verdict: Verdict, rules: Rules, seen: Sequence[Observation], ipv6: bool) -> bool:
    """Whether a verdict contradicts the world; for mixtures, on the models of its evidence."""
    if verdict.finding == "undetermined":
        return False
    expected = truth(rules, ipv6, verdict.dimension)
    if expected != "partly":
        return verdict.finding != expected
    rows = {(row.capture, row.seq) for one in verdict.evidence for row in one.rows}
    who = [one.who for one in seen if (one.capture, one.seq) in rows]
    buckets = {one.model_group if one.model in rules.own_buckets else "default" for one in who}
    values = {getattr(one, verdict.dimension) for one in who}
    return (len(buckets) == len(values)) != (verdict.finding == "follows")
