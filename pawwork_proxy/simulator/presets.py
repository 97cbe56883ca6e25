"""Ready-made scenarios by name, and scenarios from files; what a file may say is `Scenario`.

Invariant: a preset is a variation of Zen as zen-facts describes it, named after what it shows.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pawwork_proxy.errors import ScenarioError
from pawwork_proxy.simulator.facts import QuotaDimension
from pawwork_proxy.simulator.faults import FAULT_ROWS, Fault
from pawwork_proxy.simulator.scenario import (
    ClientGate,
    FreeLimit,
    GoPlan,
    HeaderGate,
    ModelOffer,
    RelayedLimit,
    Scenario,
    UserAgentLimit,
)


def _free(name: str, summary: str, **rule: Any) -> Scenario:
    return Scenario(name=name, summary=summary, free=FreeLimit(**rule))


def _keyed_by(*dimensions: QuotaDimension) -> Scenario:
    words = " and ".join(dimensions).replace("_", " ")
    return _free(
        "by-" + "-".join(dimensions).replace("_", "-"),
        f"free quota of 5 a day per {words}",
        keyed_by=dimensions,
        limit=5,
        double_new=False,
    )


PRESET_ROWS: tuple[Scenario, ...] = (
    Scenario(name="zen", summary="era V3: 200 a day per address, doubled for new addresses"),
    _free("small", "as `zen`, but 5 a day and no doubling", limit=5, double_new=False),
    _free("exhausted", "the free quota is used up already", limit=0, double_new=False),
    _free("shared", "other people have used 3 of 5", limit=5, double_new=False, already_used=3),
    *[
        _keyed_by(dimension)
        for dimension in (
            "key",
            "auth_kind",
            "workspace",
            "session",
            "install",
            "project",
            "user_agent",
            "client",
            "model",
            "model_group",
            "region",
            "global",
        )
    ],
    _keyed_by("ip", "key"),
    _keyed_by("ip", "user_agent"),
    _free(
        "header-gate",
        "5 a day with OpenCode's headers, 2 without; one counter",
        limit=5,
        double_new=False,
        header_gate=HeaderGate(headers={"x-opencode-session": "ses_"}, otherwise=2),
    ),
    Scenario(
        name="model-groups",
        summary="two models with a figure of their own share a pool by their first two letters",
        free=FreeLimit(limit=5, double_new=False),
        models=(
            ModelOffer(id="big-pickle", free=True),
            ModelOffer(id="mimo-v2.5-free", free=True, limit=3),
            ModelOffer(id="minimax-m2.5-free", free=True, limit=3),
        ),
    ),
    Scenario(
        name="console",
        summary="era V4: the closed service refuses user agents that are not opencode/...",
        user_agent_limit=UserAgentLimit(),
    ),
    Scenario(
        name="console-limit",
        summary="the closed service has a limit of its own: 5 a day per address, no retry-after",
        relayed=RelayedLimit(limit=5),
    ),
    Scenario(
        name="client-gate",
        summary="era V5: 403 FreeTierError unless the request looks like OpenCode",
        client_gate=ClientGate(),
    ),
    Scenario(
        name="go",
        summary="Go with one request left of the five hours",
        go=GoPlan(five_hours=0.05),
    ),
    Scenario(name="busy", summary="every model call finds the relay overloaded").model_copy(
        update={"faults": (Fault(kind="overload"),)}
    ),
    *[
        Scenario(name=f"fault-{row.kind}".replace("_", "-"), summary=row.effect).model_copy(
            update={"faults": (Fault(kind=row.kind),)}
        )
        for row in FAULT_ROWS
    ],
)
PRESETS: dict[str, Scenario] = {row.name: row for row in PRESET_ROWS}


def preset(name: str) -> Scenario:
    """The preset of that name. Raises ScenarioError."""
    found = PRESETS.get(name)
    if found is None:
        raise ScenarioError("no preset has that name", "`simulate --list` shows them all")
    return found


def read_scenario(path: Path) -> Scenario:
    """A scenario from a `.json` or `.toml` file. Raises ScenarioError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ScenarioError(
            f"cannot read the scenario {path}", "a UTF-8 file is expected"
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


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        before = merged.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[name] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return merged
