import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pawwork_proxy.simulator.faults import FAILING, FAULTS, Fault
from pawwork_proxy.simulator.model_call import ModelCall

CALL = ModelCall(headers={"x-fault": "Please Cut"})


def strikes(fault: Fault, call: ModelCall = CALL, calls: int = 6) -> list[int]:
    chance = random.Random(1)
    return [number for number in range(1, calls + 1) if fault.strikes(call, number, chance)]


def test_every_kind_says_what_it_does() -> None:
    assert all(row.effect for row in FAULTS.values())


def test_faults_of_edge_and_provider_are_whole_responses() -> None:
    whole = {kind for kind in FAILING if FAULTS[kind].stage in ("edge", "provider")}
    assert {kind for kind, row in FAULTS.items() if row.body} == whole - {"reset", "big_body"}


def test_a_kind_that_is_not_in_the_table_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValidationError, match="Input should be 'bad_gateway', 'edge_timeout'"):
        Fault(kind="moon")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind="cut"), [1, 2, 3, 4, 5, 6]),
        (Fault(kind="cut", every=3), [3, 6]),
        (Fault(kind="cut", at=(2, 5)), [2, 5]),
        (Fault(kind="cut", every=2, at=(2, 5)), [2]),
        (Fault(kind="cut", model="big-pickle", at=(1,)), [1]),
        (Fault(kind="cut", model="other"), []),
        (Fault(kind="cut", header="X-Fault: CUT", at=(4,)), [4]),
        (Fault(kind="cut", header="x-fault: stall"), []),
        (Fault(kind="cut", header="x-absent:"), []),
        (Fault(kind="cut", chance=1.0), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_all_conditions_given_must_hold(fault: Fault, expected: list[int]) -> None:
    assert strikes(fault) == expected


@given(chance=st.floats(0.05, 0.95), seed=st.integers())
def test_chance_repeats_with_its_seed(chance: float, seed: int) -> None:
    fault = Fault(kind="overload", chance=chance)

    def draw() -> list[bool]:
        source = random.Random(seed)
        return [fault.strikes(CALL, number, source) for number in range(1, 50)]

    assert draw() == draw()


def test_chance_comes_close_to_its_share() -> None:
    assert 350 < len(strikes(Fault(kind="overload", chance=0.4), calls=1000)) < 450


@pytest.mark.parametrize(
    "fields",
    [{"every": 0}, {"chance": 0}, {"chance": 1.1}, {"header": ": cut"}, {"seconds": -1}],
)
def test_impossible_conditions_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate({"kind": "cut", **fields})
