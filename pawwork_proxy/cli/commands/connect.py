"""`connect`: point an installed client at the proxy, and take that back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.options import after_help, formats

if TYPE_CHECKING:
    from pawwork_proxy.clients.auth_places import Surroundings
    from pawwork_proxy.clients.connection import Connected
    from pawwork_proxy.clients.installations import Installation
    from pawwork_proxy.environment.identity import Identity

EXITS = {
    0: "done; also if nothing had to be changed",
    2: "no client was found, or several, or its configuration cannot be used",
}


@click.command(epilog=after_help("connect --client pawwork", EXITS))
@click.option(
    "--client",
    metavar="NAME",
    help="Connect this client: pawwork, pawwork-beta, pawwork-dev, opencode or opencode-2. "
    "Without it, the only one that is installed.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Lead it to the listener on this port. Without it, that of the run that is going on, or "
    "9610.",
    metavar="PORT",
)
@click.option("--undo", is_flag=True, help="Take back what is still ours, and nothing else.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@formats("text", "json", words="json is for programs.")
def connect(client: str | None, port: int | None, undo: bool, dry_run: bool, output: str) -> None:
    """Point an installed PawWork or OpenCode at the proxy.

    Prints a command that starts it so, which works for every release but those of OpenCode 2. Where
    the release takes the server's address from its configuration, the file that it really loads is
    changed, too: only this address, with comments and form kept. --undo takes it back.
    """
    from pawwork_proxy.report.connect_text import connected_lines, undone_lines

    result = _undone(client, dry_run=dry_run) if undo else _connected(client, port, dry_run=dry_run)
    if output == "json":
        click.echo(json.dumps(result))
        return
    for line in (undone_lines if undo else connected_lines)(result, dry_run=dry_run):
        tell(line)


def _connected(name: str | None, port: int | None, *, dry_run: bool) -> dict[str, Any]:
    from pawwork_proxy.clients.auth_places import surroundings
    from pawwork_proxy.clients.installations import installations
    from pawwork_proxy.clients.start_command import program_of, start_command, start_variables
    from pawwork_proxy.environment.identity import load_identity
    from pawwork_proxy.environment.running import noted_runs
    from pawwork_proxy.proxy.authority import make_authority
    from pawwork_proxy.proxy.listeners import LOOPBACK

    around = surroundings(os.environ, Path.cwd())
    client = _chosen(installations(around), name)
    identity = load_identity()
    running = {
        port: name for run in noted_runs(identity.home) for name, port in run.installs.items()
    }
    port = port or _port_in_use(running)
    url = f"http://{LOOPBACK}:{port}"
    make_authority(identity)
    result: dict[str, Any] = {
        "client": client.row.id,
        "name": client.name,
        "release": client.release,
        "built_on": client.built_on,
        "listener": url,
        "listens": port in running,
    }
    if not client.row.ignores_proxy:
        bundle = identity.ca_bundle(around.environment.get("NODE_EXTRA_CA_CERTS"))
        variables = start_variables(around.environment, url, bundle)
        program = program_of(client, around)
        windows = around.system == "windows"
        result["start"] = {
            "variables": variables,
            "program": str(program),
            "found": bool(client.programs),
            "command": start_command(program, variables, powershell=windows),
            "shell": "PowerShell" if windows else "bash",
        }
    if client.built_on == "OpenCode":
        result |= _changed(client, around, url, identity, dry_run=dry_run)
    return result


def _changed(
    client: Installation, around: Surroundings, url: str, identity: Identity, *, dry_run: bool
) -> dict[str, Any]:
    """Change the client's configuration; earlier connections that it ends are taken back first.

    Clients that share a file are connected together: the last one that was named remembers it.
    """
    from pawwork_proxy.clients.configuration import target
    from pawwork_proxy.clients.connection import (
        connecting,
        forget,
        make,
        remember,
        remembered,
        shown,
        undone,
    )

    wanted = target(client, around, url)
    known = remembered(identity.home)
    file = str(wanted.path)
    same = next((one for one in known.values() if one.file == file), None)
    change, connected = connecting(wanted.path, wanted.settings, same)
    changes = [(change, connected.folders)]
    other = known.get(client.row.id)
    if other and other.file != file:
        changes.insert(0, (undone(other).change, other.folders))
    if not dry_run:
        remember(identity.home, client.row.id, connected)
        for name, one in known.items():
            if one.file == file and name != client.row.id:
                forget(identity.home, name, one)
        for made, folders in changes:
            make(made, folders)
    return {
        "file": str(wanted.path),
        "settings": {".".join(path): value for path, value in wanted.settings[1:]},
        "changed": any(one.before != one.after for one, _ in changes),
        "overruled_by": list(wanted.overruled_by),
        "diff": [line for one, _ in changes for line in shown(one)],
    }


def _undone(name: str | None, *, dry_run: bool) -> dict[str, Any]:
    from pawwork_proxy.clients.connection import forget, make, remembered, shown, undone
    from pawwork_proxy.environment.private_files import private_home

    home = private_home()
    chosen: dict[str, Connected] = {
        client: one for client, one in remembered(home).items() if name in (None, client)
    }
    results = []
    for client, one in chosen.items():
        found = undone(one)
        if not dry_run:
            make(found.change, one.folders)
            forget(home, client, one)
        results.append(
            {
                "client": client,
                "file": one.file,
                "gone": found.change.before is None,
                "removed": one.made and found.change.after is None,
                "kept": list(found.kept),
                "diff": list(shown(found.change)),
            }
        )
    return {"undone": results}


def _chosen(found: tuple[Installation, ...], name: str | None) -> Installation:
    """The one client that is meant; ConfigurationError where there are several, or none."""
    from pawwork_proxy.errors import ConfigurationError

    listed = ", ".join(f"{one.row.id} ({one.name})" for one in found)
    if not found:
        raise ConfigurationError(
            "no PawWork and no OpenCode was found on this machine",
            "start the client once, or put its command on the PATH",
        )
    if name is None and len(found) > 1:
        raise ConfigurationError(
            f"several clients are installed: {listed}", "say which one with --client NAME"
        )
    for one in found:
        if name in (None, one.row.id):
            return one
    raise ConfigurationError(f"there is no client {name} here", f"what was found: {listed}")


def _port_in_use(running: dict[int, str]) -> int:
    """The port of the only listener that runs; the usual one if none does."""
    from pawwork_proxy.errors import ConfigurationError
    from pawwork_proxy.proxy.listeners import DEFAULT_PORT

    if len(running) > 1:
        listed = ", ".join(f"{port} (install {name})" for port, name in running.items())
        raise ConfigurationError(
            f"several listeners run: {listed}", "say which one with --port PORT"
        )
    return next(iter(running), DEFAULT_PORT)
