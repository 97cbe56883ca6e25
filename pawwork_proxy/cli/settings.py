"""What a user does not want to type every time: a small file in the private folder.

Invariant: the command line comes first, then the environment, then this file.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pawwork_proxy.environment.private_files import private_place, read_private
from pawwork_proxy.errors import ConfigurationError

FILE = "config.toml"
EXAMPLE = 'for example: network = "home", install = "laptop", egress-probe = true'


def settings_file() -> Path:
    """Where the file is, whether there is one or not."""
    return private_place() / FILE


def defaults(commands: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the file says, as the options of these commands. Raises ConfigurationError."""
    path = settings_file()
    data = read_private(path)
    if data is None:
        return {}
    try:
        found = tomllib.loads(data.decode())
    except ValueError:
        raise ConfigurationError(f"{path} is no TOML file", EXAMPLE) from None
    for name, value in found.items():
        if name not in _KINDS:
            raise ConfigurationError(f"{path} has no setting {name!r}", EXAMPLE)
        if not isinstance(value, _KINDS[name]):
            raise ConfigurationError(f"{path}: {name} cannot be {value!r}", EXAMPLE)
    return {command: dict(_options(found, command)) for command in commands}


_KINDS = {"network": str, "install": str, "egress-probe": bool}


def _options(found: dict[str, Any], command: str) -> Iterable[tuple[str, Any]]:
    for name, value in found.items():
        if name == "install":
            yield ("installs", [value]) if command == "run" else ("install", value)
        else:
            yield name.replace("-", "_"), value
