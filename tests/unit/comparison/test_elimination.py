"""A hypothesis is ruled out only by rows that cannot all be true under it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.comparison.columns import Columns as KeyColumns
from pawwork_proxy.comparison.elimination import Assessment, Conflict, assess, eliminate
from pawwork_proxy.comparison.hypotheses import GLOBAL, hypotheses, smallest, undominated
from pawwork_proxy.comparison.orders import way_down
from pawwork_proxy.model.observation import SEVERAL, Observation
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary, limiter


def possible(seen: list[Observation]) -> set[frozenset[str]]:
    return set(eliminate(limiter(seen)).possible)


def assessed(seen: list[Observation], *parts: str) -> Assessment:
    """How the hypothesis of these parts stands."""
    return assess(frozenset(parts), KeyColumns(limiter(seen).rows))


def shared(seen: list[Observation], *parts: str) -> list[tuple[int, int]]:
    """Of each conflict about a pool of somebody's own: counted in it, and elsewhere."""
    found = assessed(seen, *parts).conflicts
    return [(one.own, one.elsewhere) for one in found if one.shows == "shared"]


def numbers(conflict: Conflict) -> list[int]:
    return [row.seen.seq for row in conflict.rows]


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


def test_the_last_row_of_a_conflict_decides() -> None:
    diary = Diary()
    for low, high in (("a", "b"), ("b", "a")):
        diary.refused(**agent(low)).admitted(**agent(high)).later(days=1)
    (one, other) = assessed(diary.seen).conflicts
    assert [numbers(one), numbers(other)] == [[3, 4, 1, 2], [1, 2, 3, 4]]
    assert [one.deciding.seen.seq, other.deciding.seen.seq] == [2, 4]


def test_forty_conflicts_are_enough() -> None:
    assert len(assessed(Diary().refused().admitted(50).seen).conflicts) == 40


def test_two_kinds_that_were_refused_before_are_looked_at_both() -> None:
    """One of them has had its answer late, or by a clock that may be an hour off."""
    diary = Diary().refused(answered_at=MORNING.replace(hour=12), **agent("slow"))
    diary.refused().admitted()
    assert [numbers(one) for one in assessed(diary.seen).conflicts] == [[2, 3]]
    vague = Diary("c0").refused(clock_error_s=3600, **agent("vague"))
    assert [numbers(one) for one in assessed([*vague.seen, *diary.seen[1:]]).conflicts] == [[2, 3]]


def test_an_admission_of_a_client_that_is_not_known_contradicts_nothing() -> None:
    """Its threshold may be another one, and so may that of an unknown one that was refused."""
    unknown = {"user_agent": None}
    for first, second in (({}, unknown), (unknown, {}), (unknown, unknown)):
        found = assessed(Diary().refused(**first).admitted(**second).seen)
        assert (found.conflicts, found.above) == ((), frozenset())


def test_hypotheses_that_divide_the_rows_alike_are_assessed_once() -> None:
    """Thousands of hypotheses divide the rows in a few dozen ways only."""
    found = eliminate(limiter(Diary().admitted(3).refused().admitted(**OFFICE).seen)).possible
    assert found[frozenset({"address"})] is found[frozenset({"address", "key"})]
    seen = Diary().admitted(3, region="A").admitted(project="p", region="A").refused().seen
    found = eliminate(limiter(seen)).possible
    assert found[frozenset({"region"})] is not found[frozenset({"project"})]
    seen = Diary().admitted(3).refused(region="B", ip_family="ipv6").seen
    found = eliminate(limiter(seen)).possible
    assert found[frozenset({"region"})] is found[frozenset({"family"})]


def test_values_that_are_not_known_divide_nothing() -> None:
    """Of two regions the second refused and admitted; where its address was, nobody knows."""
    hidden = {"address": None, "prefix": None, "region": "AMS"}
    findings = eliminate(limiter(Diary().refused().refused(**hidden).admitted(**hidden).seen))
    assert frozenset({"region"}) in findings.ruled_out
    assert frozenset({"address"}) in findings.possible


def test_a_pool_of_ones_own_counts_only_its_own() -> None:
    """The first install had one answer, the second nine, and the first was refused."""
    assert shared(Diary().admitted().admitted(9, **TWO).refused().seen, "install") == [(1, 8)]
    hidden = {"install": None, "session": None, "request": None}
    nobody = Diary().admitted().admitted(9, **TWO).admitted(9, **hidden).refused()
    assert shared(nobody.seen, "install") == []


def test_one_pool_may_take_three_times_as_much_as_another() -> None:
    """Requests weigh differently: by their tokens, or by their model."""
    assert shared(Diary().admitted(4).admitted(**TWO).refused(**TWO).seen, "install") == [(1, 3)]
    assert shared(Diary().admitted(3).admitted(**TWO).refused(**TWO).seen, "install") == []
    assert shared(Diary().admitted(1).refused(**TWO).seen, "install") == [(0, 0)]
    alone, there = {"exclusive": True}, {**OFFICE, "exclusive": True}
    seen = Diary().admitted(4, **alone).admitted(**there).refused(**there).seen
    assert shared(seen, "address") == [(1, 3)]


def test_the_fewest_of_ones_own_come_first() -> None:
    diary = Diary().admitted(20).admitted(2, **TWO).refused(**TWO).refused(install="three")
    assert shared(diary.seen, "install") == [(0, 19), (2, 19)]


def test_who_is_allowed_something_was_admitted() -> None:
    refused, admitted = agent("a"), agent("b")
    found = assessed(Diary().admitted(**admitted).refused(**refused).seen)
    assert [kind for kind in found.admitted if "a" in kind] == []
    assert [kind for kind in found.admitted if "b" in kind] != []
    assert assessed(Diary().refused().seen, "install").admitted == frozenset()


def test_rows_that_only_others_or_other_thresholds_explain_are_counted() -> None:
    """A browser is refused after five, and everybody in the office at once."""
    seen = Diary().admitted(5).refused(**agent("curl")).admitted().refused(**OFFICE).seen
    found = assessed(seen, "address")
    assert (found.conflicts, found.excuses) == ((), 2)


def test_what_may_not_have_been_counted_is_counted_for_no_bound() -> None:
    """Aborted requests, refusals, and runs of which nobody knows how they divide."""
    seen = Diary().admitted(3).admitted(5, ending="aborted").admitted().refused(2).refused(**TWO)
    assert shared(seen.seen, "install") == [(0, 3)]
    alone = Diary().admitted(ending="aborted").refused(**TWO)
    assert shared(alone.seen, "install") == [(0, 0)]
    runs = Diary().admitted(count=50).admitted().refused(**TWO)
    assert shared(runs.seen, "install") == [(0, 50)]
    prompt = {"request": "msg:a"}
    several = Diary().admitted(3, **prompt).admitted(count=2, **prompt).admitted(**prompt)
    assert shared(several.refused(request="msg:b").seen, "request") == [(0, 3)]


def test_the_latest_admission_of_a_known_client_bounds_its_threshold() -> None:
    seen = Diary().admitted(3).admitted(2, user_agent=None).refused(**TWO).seen
    assert shared(seen, "install") == [(0, 2)]


def test_two_clocks_agree_within_their_errors_only() -> None:
    """By the other clock five of nine had surely ended; by its own all that came before."""
    wrong = {"clock_error_s": 20}
    first = Diary("c1").admitted(9, **wrong)
    second = Diary("c2", first.clock).admitted(**wrong).later(hours=1).refused(**wrong, **TWO)
    assert shared([*first.seen, *second.seen], "install") == [(0, 8)]
    unknown = Diary("c2", first.clock).admitted(**wrong, **agent("else"))
    unknown.later(hours=1).refused(**wrong, **TWO, **agent("else"))
    assert shared([*first.seen, *unknown.seen], "install") == [(0, 5)]
    aborted = Diary("c2", first.clock).admitted(ending="aborted", **wrong, **agent("else"))
    aborted.later(hours=1).refused(**wrong, **TWO, **agent("else"))
    assert shared([*first.seen, *aborted.seen], "install") == [(0, 5)]


def test_a_clock_that_was_set_is_as_good_as_another_clock() -> None:
    seen = Diary().admitted(10, clock_error_s=20).later(hours=1).refused(**TWO).seen
    assert shared(seen, "install") == [(0, 9)]
    stepped = Diary().admitted(10, clock_error_s=20, steady=False).later(hours=1).refused(**TWO)
    assert shared(stepped.seen, "install") == [(0, 5)]


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
    second = Diary("c2", first.clock).admitted(12, **TWO).refused(**TWO)
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


@settings(max_examples=3 * settings().max_examples // 5)
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
