"""Ready-made scenarios by name, and scenarios from files; what a file may say is `Scenario`.

The presets are in `data/presets.toml`, and each kind of failure is one more. Each
kind of outcome that a server can send has a preset of its name.
"""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pawwork_proxy.errors import ScenarioError, reason_of
from pawwork_proxy.simulator.faults import FAILING, FAULTS
from pawwork_proxy.simulator.scenario import Scenario
from pawwork_proxy.simulator.tables import read_table


@cache
def preset_rows() -> dict[str, dict[str, Any]]:
    """Every preset as a file would say it, by name, in the order in which they are listed."""
    faults = {
        f"fault-{kind}".replace("_", "-"): {"summary": row.effect, "faults": [{"kind": kind}]}
        for kind, row in FAULTS.items()
        if kind in FAILING
    }
    return {name: {"name": name, **row} for name, row in (read_table("presets") | faults).items()}


def preset(name: str) -> Scenario:
    """The preset of that name, in which `_` is as good as `-`. Raises ScenarioError."""
    row = preset_rows().get(name.replace("_", "-"))
    if row is None:
        raise ScenarioError("no preset has that name", "`simulate --list` shows them all")
    return scenario_from(row, name)


def read_scenario(path: Path) -> Scenario:
    """A scenario from a `.json` or `.toml` file. Raises ScenarioError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(
            f"the scenario {path} cannot be read: {reason_of(error)}", "name a file in UTF-8"
        ) from None
    try:
        data = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError):
        raise ScenarioError(f"{path} is neither JSON nor TOML", "name it .json or .toml") from None
    return scenario_from(data, str(path))


def scenario_from(data: object, place: str) -> Scenario:
    """A scenario from parsed JSON or TOML; `base` may name the preset it varies.

    Raises ScenarioError that names field and rule, never the value.
    """
    if not isinstance(data, dict):
        raise ScenarioError(f"{place}: a scenario is an object", "see docs/simulator.md")
    base = preset(str(data["base"])).model_dump() if "base" in data else {"name": "custom"}
    fields = _merged(base, {name: value for name, value in data.items() if name != "base"})
    try:
        return Scenario.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ScenarioError(
            f"{place}: {where}: {first['msg']}", "see docs/simulator.md for the fields"
        ) from None
    except (RecursionError, OverflowError):  # of `re`, which names no field
        raise ScenarioError(
            f"{place}: a regular expression is too deep or counts too far",
            "write it with fewer brackets, and repeat less often",
        ) from None


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    nested = {
        name: _merged(base[name], value)
        for name, value in changes.items()
        if isinstance(value, dict) and isinstance(base.get(name), dict)
    }
    return base | changes | nested
