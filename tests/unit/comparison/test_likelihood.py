"""Confidence in numbers: how likely the rows are under what says otherwise."""

from datetime import timedelta

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.likelihood import LEAST_ERROR, MOST_ERROR, error_rate, ranked
from pawwork_proxy.comparison.withstand import withstand
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Verdict
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary, limiter

BY_OTHERS = frozenset({"address"})


def days(number: int) -> list[Observation]:
    """On so many days another install is refused as well, and neither is elsewhere."""
    seen: list[Observation] = []
    for day in range(number):
        diary = Diary(start=MORNING + timedelta(days=day), seq=100 * day)
        own, other = {"session": f"ses:{day}"}, {**TWO, "session": f"ses:two:{day}"}
        diary.admitted(5, **own).refused(**own).refused(**other)
        diary.admitted(**own, **OFFICE).admitted(**other, **OFFICE)
        seen += diary.refused(**own).seen
    return seen


def verdict(seen: list[Observation], dimension: str) -> Verdict:
    (found,) = compare(seen, plan=False).limits
    return next(one for one in found.verdicts if one.dimension == dimension)


@pytest.mark.parametrize("number", [2, 3, 5])
@pytest.mark.parametrize("dimension", ["address", "install"])
def test_each_independent_observation_makes_the_rival_as_much_less_likely(
    dimension: str, number: int
) -> None:
    found = verdict(days(number), dimension)
    assert found.finding != "undetermined"
    assert found.rival_odds == pytest.approx(LEAST_ERROR**number)


def test_the_rival_says_the_opposite_and_has_no_more_parts_than_a_server() -> None:
    seen = days(2)
    assert verdict(seen, "address").rival == ()
    shared = verdict(seen, "install").rival
    assert "install" in shared
    assert len(shared) <= 2


def test_two_kinds_of_client_in_opposite_order_are_one_contradiction() -> None:
    other = {"user_agent": "other/1"}
    diary = Diary().admitted(5).refused().admitted(**other).later(days=1)
    found = verdict(diary.admitted(5, **other).refused(**other).admitted().seen, "user_agent")
    assert found.finding == "follows"
    assert found.rival_odds == pytest.approx(LEAST_ERROR**2)


def test_what_is_not_decided_has_no_rival() -> None:
    found = verdict(days(2), "model")
    assert (found.finding, found.rival, found.rival_odds) == ("undetermined", (), None)


def test_errors_are_as_frequent_as_in_pairs_that_a_server_cannot_tell_apart() -> None:
    seen = Diary().admitted(9).refused().admitted().refused().admitted().seen
    assert error_rate(limiter(seen), BY_OTHERS) == pytest.approx(2 / 12)
    noisy = Diary()
    for _ in range(9):
        noisy.refused().admitted()
    assert error_rate(limiter(noisy.seen), BY_OTHERS) == MOST_ERROR


def test_pairs_that_the_explanation_tells_apart_are_no_errors() -> None:
    rows = limiter(Diary().admitted(2).refused().admitted(**TWO).seen)
    assert error_rate(rows, frozenset({"install"})) == LEAST_ERROR
    assert error_rate(rows, BY_OTHERS) == pytest.approx(1 / 3)
    apart = limiter(Diary().admitted().later(hours=1).refused().seen)
    assert error_rate(apart, BY_OTHERS) == LEAST_ERROR, "no pair at all"


def test_what_needs_others_or_a_slip_ranks_below_what_needs_neither() -> None:
    rows = limiter(Diary().admitted(20).refused().refused(**TWO, **OFFICE).admitted().seen)
    withstood = withstand(rows)
    exact = withstood.exact.possible
    slip = next(one for one in withstood.findings.possible if one not in exact)
    plain = min(exact, key=lambda one: exact[one].excuses)
    found = ranked([slip, plain], withstood, LEAST_ERROR)
    assert [one.likelihood for one in found] == [1.0, pytest.approx(found[1].likelihood)]
    assert found[0].parts == tuple(sorted(plain))
    assert found[1].likelihood < 1
    assert ranked([], withstood, LEAST_ERROR) == ()
