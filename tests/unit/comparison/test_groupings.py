"""Models that count apart: each for itself, or in groups that no dimension names."""

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Verdict
from tests.unit.comparison.builders import MORNING, Diary, repeated

OF_ONE_GROUP: tuple[dict[str, Any], ...] = (
    {"model": "big-pickle", "model_group": "bi"},
    {"model": "bigger-free", "model_group": "bi"},
    {"model": "biggest-free", "model_group": "bi"},
)
OF_GROUPS: tuple[dict[str, Any], ...] = (
    {"model": "big-pickle", "model_group": "bi"},
    {"model": "north-free", "model_group": "no"},
    {"model": "mimo-free", "model_group": "mi"},
)


def told_apart(*pairs: tuple[dict[str, Any], dict[str, Any]]) -> list[Observation]:
    """Day by day one of a pair is used up, the other one admitted, and the first refused again."""
    diary = Diary()
    for pair in pairs:
        for first, other in (pair, pair[::-1]):
            diary.admitted(9, **first).refused(2, **first)
            diary.admitted(2, **other).refused(**first).later(days=1)
    return repeated(diary.seen) if len(pairs) == 1 else diary.seen


def on(dimension: str, seen: list[Observation]) -> Verdict:
    (limit,) = compare(seen, plan=False).limits
    return next(one for one in limit.verdicts if one.dimension == dimension)


def test_two_models_that_count_apart_are_two_pools() -> None:
    one, two, _ = OF_ONE_GROUP
    assert on("model", told_apart((one, two))).finding == "follows"


@pytest.mark.parametrize("models", [OF_ONE_GROUP, OF_GROUPS])
def test_two_that_were_each_compared_with_a_third_may_share_a_pool(
    models: tuple[dict[str, Any], ...],
) -> None:
    one, two, three = models
    seen = told_apart((one, two), (one, three))
    verdict = on("model", seen)
    assert verdict.finding == "undetermined"
    assert verdict.ground in {"models_in_part", "confounded"}
    assert on("model_group", seen).finding == "undetermined"


def test_three_that_were_compared_two_by_two_are_three_pools() -> None:
    verdict = on("model", told_apart(*combinations(OF_ONE_GROUP, 2)))
    assert verdict.finding == "follows"
    assert on("model_group", told_apart(*combinations(OF_ONE_GROUP, 2))).ground == "narrower_pools"


def test_the_verdict_shows_which_models_were_compared() -> None:
    one, two, three = OF_ONE_GROUP
    verdict = on("model", told_apart((one, two), (one, three)))
    models = {row.model for contrast in verdict.evidence for row in contrast.rows}
    assert models == {"big-pickle", "bigger-free", "biggest-free"}
    assert not verdict.assumptions, "nothing is claimed"


def test_that_groups_are_cut_by_models_is_shown_by_two_models_of_one_group() -> None:
    """Not by an admission elsewhere, though fewer things are known to differ there."""
    elsewhere = {"address": None, "prefix": None, "network": None, "region": "AMS"}
    before = Diary("c0", MORNING - timedelta(days=1), seq=900)
    before.admitted(9).refused(2).admitted(2, **elsewhere).refused()
    group = on("model_group", [*before.seen, *told_apart(*combinations(OF_ONE_GROUP, 2))])
    assert group.ground == "narrower_pools"
    assert all(len({row.model for row in one.rows[-2:]}) == 2 for one in group.evidence)


def test_a_model_that_was_never_compared_takes_nothing_away() -> None:
    one, two, three = OF_ONE_GROUP
    seen = told_apart((one, two))
    more = Diary("c2", seq=500).admitted(**three).seen
    assert on("model", [*seen, *more]).finding == "follows"
