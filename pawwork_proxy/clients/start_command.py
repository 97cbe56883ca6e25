"""The command that starts a client so that all it asks comes through the proxy, ready to paste.

It works for every release, also for those whose configuration cannot lead to the proxy.
Invariant: pure; nothing but the environment of the started client changes.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from pawwork_proxy.clients.auth_places import Surroundings, root_folder
from pawwork_proxy.clients.environment import client_environment
from pawwork_proxy.clients.installations import Installation
from pawwork_proxy.facts.identifiers import INSTALLED
from pawwork_proxy.facts.server import HOST


def start_variables(base: Mapping[str, str], listener_url: str, ca_bundle: Path) -> dict[str, str]:
    """What has to be set; entries of the user's NO_PROXY that name the server are left out."""
    set_now = client_environment(base, "forward", listener_url, ca_bundle)
    found = {name: value for name, value in set_now.items() if base.get(name) != value}
    for name in ("NO_PROXY", "no_proxy"):
        entries = set_now[name].split(",")
        found[name] = ",".join(entry for entry in entries if not _covers(entry.strip()))
    return dict(sorted(found.items()))


def _covers(entry: str) -> bool:
    """Whether an entry of NO_PROXY keeps the server's traffic away from the proxy."""
    name = re.sub(r":\d+$", "", entry).removeprefix("*").lstrip(".").lower()
    return entry == "*" or (bool(name) and f".{HOST}".endswith(f".{name}"))


def program_of(client: Installation, around: Surroundings) -> Path:
    """The client's program; where none was found, the place in which it is usually installed."""
    if client.programs:
        return client.programs[0]
    if client.row.commands:
        return Path(client.row.commands[0])
    rows = (row for row in INSTALLED if client.row.id in row.clients)
    return next(
        root / row.file.format(called=client.row.called)
        for row in rows
        for root in root_folder(row.root, around)
    )


def start_command(program: Path, variables: Mapping[str, str], *, powershell: bool) -> str:
    """The whole command; in PowerShell the variables stay set in the window."""
    if powershell:
        return "\n".join([*settings(variables, powershell=True), f"& {_quoted(str(program))}"])
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    return " \\\n".join([*lines, shlex.quote(str(program))])


def settings(variables: Mapping[str, str], *, powershell: bool) -> list[str]:
    """Lines that set variables in a shell, for every program that it starts afterwards."""
    if powershell:
        # Names of variables have no case there.
        upper = {name.upper(): value for name, value in variables.items()}
        return [f"$env:{name} = {_quoted(value)}" for name, value in upper.items()]
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def _quoted(text: str) -> str:
    """A literal text of PowerShell, which takes typographic apostrophes for ends, too."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"
