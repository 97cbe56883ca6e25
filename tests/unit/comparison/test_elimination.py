"""A hypothesis is ruled out only by rows that cannot all be true under it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.comparison.elimination import eliminate, way_down
from pawwork_proxy.comparison.hypotheses import GLOBAL, hypotheses, smallest, undominated
from pawwork_proxy.comparison.hypotheses import Columns as KeyColumns
from pawwork_proxy.model.observation import SEVERAL, Observation
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limiter


def possible(seen: list[Observation]) -> set[frozenset[str]]:
    return set(eliminate(limiter(seen)).possible)


def agent(name: str) -> dict[str, str]:
    return {"user_agent": name}


def test_three_clients_whose_thresholds_bite_their_tail() -> None:
    """a below b on one day, b below c on the next, c below a on the third."""
    diary = Diary()
    for low, high in (("a", "b"), ("b", "c"), ("c", "a")):
        diary.admitted(3, **agent(low)).refused(**agent(low)).admitted(**agent(high))
        diary.later(days=1)
    findings = eliminate(limiter(diary.seen))
    assert GLOBAL in findings.ruled_out
    assert findings.ruled_out[GLOBAL][0].shows == "opposed"
    assert frozenset({"user_agent"}) in findings.possible


def test_two_days_of_the_chain_are_only_an_order() -> None:
    diary = Diary()
    for low, high in (("a", "b"), ("b", "c")):
        diary.admitted(3, **agent(low)).refused(**agent(low)).admitted(**agent(high))
        diary.later(days=1)
    assert GLOBAL in possible(diary.seen)


def test_a_way_down_that_is_not_there() -> None:
    a, b, c, d = (("a",), ("b",), ("c",), ("d",))
    above = [(a, b), (a, c), (b, d), (c, d)]
    assert way_down(above, a, d) == [a, b, d]
    assert way_down(above, b, c) is None


def test_the_earliest_refusal_of_several_counts() -> None:
    """Two clocks and two refusals each: one certain order is enough."""
    first = Diary("c1").admitted(3).refused(2)
    second = Diary("c2", first.clock).admitted(**OFFICE).refused(2, **OFFICE)
    third = Diary("c3", second.clock).admitted(**OFFICE)
    found = possible([*first.seen, *second.seen, *third.seen])
    assert frozenset({"address"}) not in found


def test_refusals_recorded_out_of_order() -> None:
    """A retry that was answered before the request that came first."""
    diary = Diary().admitted(3)
    start = diary.clock
    diary.refused(answered_at=diary.clock.replace(minute=30), ended_at=start.replace(minute=31))
    diary.refused().refused(answered_at=start.replace(minute=40), ended_at=start.replace(minute=41))
    diary.admitted(**OFFICE)
    assert GLOBAL not in possible(diary.seen)


def test_a_row_of_several_requests_lies_in_no_single_request_pool() -> None:
    """Counting it as one would say that a prompt may have so many requests."""
    run = {"count": 50, "request": SEVERAL}
    seen = Diary().admitted(**run).admitted(request="msg:a").refused(request="msg:a").seen
    assert frozenset({"request"}) in possible(seen)


def test_several_classes_of_admissions_raise_bounds_by_capture() -> None:
    first = Diary("c1").admitted(12).refused()
    second = Diary("c2", first.clock).admitted(7, **TWO).refused(**TWO)
    assert frozenset({"install"}) in possible([*first.seen[::-1], *second.seen])


def test_smallest_and_undominated() -> None:
    plain, vague = frozenset({"address"}), frozenset({"address", "bucket"})
    assert undominated([vague, plain]) == (plain,)
    assert undominated([vague]) == (vague,)
    assert smallest([plain, frozenset({"address", "key"})]) == (plain,)


def test_hypotheses_are_in_minimal_form() -> None:
    found = hypotheses(KeyColumns(limiter(Diary().refused().seen).rows))
    assert GLOBAL in found
    assert frozenset({"session"}) in found
    assert frozenset({"session", "install"}) not in found
    assert frozenset({"model", "bucket"}) not in found
    assert not any("prefix" in hypothesis for hypothesis in found)


WHO = st.fixed_dictionaries(
    {
        "address": st.sampled_from(["ip:a", "ip:b", None]),
        "install": st.sampled_from(["one", "two"]),
        "key": st.sampled_from(["key:a", "key:b"]),
        "model": st.sampled_from(["big-pickle", "north-free"]),
    }
)
POOLS = st.sampled_from([(), ("address",), ("install",), ("key",), ("install", "model")])


@settings(max_examples=60)
@given(st.lists(WHO, min_size=1, max_size=25), POOLS, st.integers(1, 4))
def test_the_truth_is_never_ruled_out(
    asks: list[dict[str, Any]], key: tuple[str, ...], limit: int
) -> None:
    """Whatever is asked of a limiter, its own key stays possible."""
    diary = Diary()
    used: dict[tuple[str, ...], int] = {}
    for ask in asks:
        real = {name: value or "ip:hidden" for name, value in ask.items()}
        pool = tuple(real[name] for name in key)
        if used.get(pool, 0) >= limit:
            diary.refused(prefix=ask["address"], **ask)
        else:
            diary.admitted(prefix=ask["address"], **ask)
            used[pool] = used.get(pool, 0) + 1
    if any(seen.kind == "free_usage_limit" for seen in diary.seen):
        assert frozenset(key) in possible(diary.seen)
