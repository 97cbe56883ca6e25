"""The version of a client's program, as its package on this machine names it.

Invariant: a version of the known form leaves this module, nothing else of a package.
"""

import json
import re
from contextlib import suppress
from pathlib import Path

from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.clients.installations import archived_version
from pawwork_proxy.environment.looking import is_file
from pawwork_proxy.model.context import Program
from pawwork_proxy.wire.bounded_json import member

_VERSION = re.compile(r"\d{1,4}(\.\d{1,5}){1,2}")
_PACKAGE_NAMES: dict[Program, re.Pattern[str]] = {
    "opencode": re.compile(r"(@opencode-ai/)?(opencode|cli).*"),
    "bun": re.compile(r"bun|@oven/bun.*"),
    "node": re.compile(r"node(-.+)?"),
}
"""A package above a program may be somebody else's."""


def version_of(program: Program, executable: Path) -> str | None:
    """The version of a program, where the package that it lies in tells it."""
    with suppress(OSError):
        executable = executable.resolve()
    told = _desktop(executable) if program == "pawwork" else _npm(program, executable)
    found = _VERSION.match(told) if isinstance(told, str) else None
    return found.group() if found else None


def _desktop(executable: Path) -> str | None:
    """What the archive of an Electron program says, which lies beside it or, on macOS, above."""
    for folder in (executable.parent / "resources", executable.parent.parent / "Resources"):
        if is_file(folder / "app.asar"):
            return archived_version(folder / "app.asar")
    return None


def _npm(program: Program, executable: Path) -> object:
    for folder in executable.parents[:2] if program in _PACKAGE_NAMES else ():
        with suppress(OSError, ValueError, RecursionError):
            manifest = json.loads(read_regular(folder / "package.json"))
            name = member(manifest, "name")
            if isinstance(name, str) and _PACKAGE_NAMES[program].fullmatch(name):
                return member(manifest, "version")
    return None
