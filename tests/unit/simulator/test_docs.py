"""docs/simulator.md names what there is, and its examples work."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.cli.commands.simulate import simulate
from pawwork_proxy.simulator.faults import FAULTS, Fault
from pawwork_proxy.simulator.gates import (
    ClientGate,
    HelloGate,
    KeylessGate,
    UserAgentLimit,
    VersionFloor,
)
from pawwork_proxy.simulator.model_call import QUOTA_DIMENSIONS
from pawwork_proxy.simulator.presets import scenario_from
from pawwork_proxy.simulator.scenario import (
    Account,
    FreeLimit,
    GoPlan,
    HeaderGate,
    ModelOffer,
    RelayedLimit,
    Scenario,
)

RULES = (
    FreeLimit, HeaderGate, RelayedLimit, KeylessGate, VersionFloor, UserAgentLimit, ClientGate,
    HelloGate, GoPlan, Account, ModelOffer,
)  # fmt: skip

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


@pytest.mark.parametrize(
    "names",
    [
        set(FAULTS),
        set(QUOTA_DIMENSIONS),
        set(Scenario.model_fields),
        set(Fault.model_fields) - {"kind"},
        *(set(rule.model_fields) for rule in RULES),
    ],
    ids=["faults", "dimensions", "scenario", "fault", *(rule.__name__ for rule in RULES)],
)
def test_the_page_names_every_word_of_a_scenario(names: set[str]) -> None:
    assert names - NAMED == set()


def test_the_page_names_every_option() -> None:
    options = {name for parameter in simulate.params for name in parameter.opts if name[1] == "-"}
    assert {name for name in options if name not in PAGE} == set()


def test_the_example_files_are_scenarios() -> None:
    quota, gate = (
        scenario_from(tomllib.loads(example), "example")
        for example in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    )
    assert quota.free is not None
    assert quota.free.keyed_by == ("ip", "session")
    assert gate.client_gate is not None
    assert gate.client_gate.hello is not None
    assert gate.client_gate.hello.number_of_suites == 28


def test_the_example_of_a_world_runs() -> None:
    example = next(
        block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "World(" in block
    )
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["response"].decision == "admitted"
