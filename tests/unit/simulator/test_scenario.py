import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pawwork_proxy.simulator.model_call import QUOTA_DIMENSIONS
from pawwork_proxy.simulator.scenario import FreeLimit, Scenario


@given(
    keyed_by=st.lists(st.sampled_from(sorted(QUOTA_DIMENSIONS)), unique=True).map(tuple),
    limit=st.integers(0, 10_000),
)
def test_a_scenario_survives_json(keyed_by: tuple[str, ...], limit: int) -> None:
    scenario = Scenario(free=FreeLimit.model_validate({"keyed_by": keyed_by, "limit": limit}))
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario


@pytest.mark.parametrize(
    "fields",
    [
        {"free": {"keyed_by": ["moon"]}},
        {"free": {"limit": -1}},
        {"locale": "tlh"},
        {"models": [{"id": "a"}, {"id": "a"}]},
        {"accounts": [{"key": "sk-a", "workspace": "w"}, {"key": "sk-a", "workspace": "v"}]},
        {"client_gate": {"user_agent": "("}},
        {"no_such_field": 1},
    ],
)
def test_contradictions_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate(fields)


def test_a_validation_error_does_not_repeat_a_key() -> None:
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate({"accounts": [{"key": "sk-secret-made-up", "workspace": 5}]})
    assert "sk-secret" not in str(caught.value)
