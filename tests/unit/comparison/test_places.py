"""Rows that may lie in one pool are found by an index; it finds what trying every pair finds."""

from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.comparison.places import Place, Places

VALUES = st.sampled_from([None, 0, 1])
PLACES = st.lists(st.tuples(st.sampled_from(["w1", "w2"]), VALUES, VALUES, VALUES), max_size=30)


def may_meet(one: Place, other: Place) -> bool:
    return all(None in pair or pair[0] == pair[1] for pair in zip(one, other, strict=True))


@given(PLACES)
def test_it_finds_what_trying_every_pair_finds(places: list[Place]) -> None:
    found = Places(places)
    for place in places:
        meeting = [number for number, other in enumerate(places) if may_meet(place, other)]
        assert sorted(found.meeting(place)) == meeting


def test_a_place_that_nobody_has_been_to() -> None:
    assert list(Places([("w1", 1)]).meeting(("w2", 1))) == []


def test_places_are_looked_up_and_not_tried_one_by_one() -> None:
    class Value(str):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Value.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    places: list[Place] = [("w1", Value(number), None) for number in range(500)]
    found = Places(places)
    assert all(list(found.meeting(place)) == [n] for n, place in enumerate(places))
    assert Value.compared < 10 * len(places)
