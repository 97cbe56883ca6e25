"""`launch`: start a client with everything set, capture until it exits."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pawwork_proxy.cli.options import after_help, capturing
from pawwork_proxy.errors import ConfigurationError

if TYPE_CHECKING:
    from pawwork_proxy.model.context import Route


@click.command(epilog=after_help("launch --network home -- opencode run -m opencode/big-pickle hi"))
@click.option(
    "--install",
    default="main",
    metavar="NAME[@PORT]",
    help="Record the client under this name. Without a port, any free one is taken.",
)
@click.option(
    "--route",
    type=click.Choice(["reverse", "forward", "inside", "tunnel"]),
    help="inside loads a small observer into the client and passes its connections untouched; "
    "tunnel passes them untouched, too, and shows handshake, sizes, times and ends of connections "
    "only; forward makes us the client's HTTPS proxy, with our certificate authority; reverse "
    "moves the client's base address to us. Without it: inside, or reverse if --upstream is named.",
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Run the client as a clean install that lives in this folder, with its own HOME, XDG and "
    "APPDATA folders.",
)
@capturing
@click.argument("client", nargs=-1, required=True, metavar="-- CMD [ARGS]...")
def launch(
    install: str, route: Route | None, home: Path | None, client: Sequence[str], **capturing: Any
) -> int:
    """Start a client that talks through the proxy, and capture until it exits.

    The exit code is the client's own; 2 if an option cannot be used or CMD cannot be started.
    """
    from pawwork_proxy.cli import launched
    from pawwork_proxy.cli.plan import forget_expired, make_plan
    from pawwork_proxy.environment.identity import load_identity

    # Any free port, unless one is named: `run` may hold the usual one, and nobody has to know ours.
    plan = make_plan([install if "@" in install else f"{install}@0"], **capturing)
    env = base_environment(home)
    command = found_command(client, env)
    forget_expired(plan)
    route = route or ("inside" if plan.upstream.is_zen else "reverse")
    return asyncio.run(launched.run_client(plan, load_identity(), route, command, env)).code


def found_command(client: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The client's command with its program's path. Raises ConfigurationError without one."""
    program = shutil.which(client[0], path=env.get("PATH"))
    if program is None:
        raise ConfigurationError(
            f"the client's command {client[0]} is not found", "give its full path after --"
        )
    return [program, *client[1:]]


def base_environment(home: Path | None) -> dict[str, str]:
    """The environment that a client starts from; in `home`, that of a clean install."""
    from pawwork_proxy.clients.environment import CLEARED_FOR_A_CLEAN_HOME, clean_home

    env = dict(os.environ)
    if home is not None:
        for name in CLEARED_FOR_A_CLEAN_HOME:
            env.pop(name, None)
        env |= clean_home(home.expanduser().absolute())
        try:
            for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA"):
                Path(env[name]).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"--home {home} cannot be used: {type(error).__name__}",
                "name a folder you may write to",
            ) from None
    return env
