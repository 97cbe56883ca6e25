"""The sentences of `assets/sentences.toml`, by section and id.

Invariant: whoever may ask for an id finds it; a test compares the ids with what can be found.
"""

import tomllib
from importlib.resources import files
from typing import Any

_SECTIONS: dict[str, Any] = tomllib.loads(
    (files("pawwork_proxy.report") / "assets" / "sentences.toml").read_text(encoding="utf-8")
)

GROUNDS: dict[str, str] = _SECTIONS["grounds"]
ASSUMPTIONS: dict[str, str] = _SECTIONS["assumptions"]
EXCLUSIONS: dict[str, str] = _SECTIONS["exclusions"]
SHARED: dict[str, str] = _SECTIONS["shared"]
RESETS: dict[str, str] = _SECTIONS["resets"]
OPTION_NAMES: dict[str, str] = _SECTIONS["option_names"]
OPTIONS: dict[str, dict[str, dict[str, str]]] = _SECTIONS["options"]
NOTES: dict[str, str] = _SECTIONS["notes"]
SWEEPS: dict[str, str] = _SECTIONS["sweeps"]
VARIATIONS: dict[str, dict[str, str]] = _SECTIONS["variations"]
WAIT_FOR_REFUSAL: dict[str, Any] = _SECTIONS["wait_for_refusal"]
