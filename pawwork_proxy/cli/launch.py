"""`launch`: start a client with everything set, capture until it exits, pass its exit code on."""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli.live import counter_line
from pawwork_proxy.cli.plan import forget_expired, home_relative, make_plan
from pawwork_proxy.clients.environment import (
    CLEARED_FOR_A_CLEAN_HOME,
    clean_home,
    client_environment,
    has_go_key,
)
from pawwork_proxy.environment.identity import Identity, load_identity
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.context import Route
from pawwork_proxy.proxy.session import RunPlan, running_proxy, stop_signals
from pawwork_proxy.recording.recorder import Watcher

NOTHING_SEEN = """\
No exchange was seen: the client asked nothing, or it went around the proxy.
hint: try the other route, with --route forward or --route reverse"""


def launch(
    install: str,
    route: Route,
    home: Path | None,
    client: Sequence[str],
    **capturing: Any,
) -> int:
    """Run a client through the proxy; the result is the client's exit code."""
    # Any free port, unless one is named: `run` may hold the usual one, and nobody has to know ours.
    plan = make_plan([install if "@" in install else f"{install}@0"], **capturing)
    env = _base_environment(home)
    program = shutil.which(client[0], path=env.get("PATH"))
    if program is None:
        raise ConfigurationError(
            f"the client's command {client[0]} is not found", "give its full path after --"
        )
    forget_expired(plan)
    return asyncio.run(_launch(plan, load_identity(), route, [program, *client[1:]], env))


def _base_environment(home: Path | None) -> dict[str, str]:
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


async def _launch(
    plan: RunPlan, identity: Identity, route: Route, command: list[str], base: Mapping[str, str]
) -> int:
    async with (
        stop_signals(interrupt=False) as stop,
        # Nobody watches: the screen belongs to the client.
        running_proxy(plan, identity, Watcher()) as recorder,
    ):
        env = client_environment(
            base,
            route,
            plan.listeners[0].url,
            identity.ca_bundle(base.get("NODE_EXTRA_CA_CERTS")),
            go=has_go_key(base),
        )
        try:
            client = await asyncio.create_subprocess_exec(*command, env=env)
        except OSError as error:
            raise ConfigurationError(
                f"the client cannot be started: {type(error).__name__}",
                "check that the command after -- is a program of this system",
            ) from None
        code = await _wait(client, stop)
    click.echo(counter_line(recorder.counts, recorder.lost), err=True)
    if not recorder.counts.opened:
        click.echo(NOTHING_SEEN, err=True)
    click.echo(f"capture: {home_relative(recorder.path)}", err=True)
    return code


async def _wait(client: asyncio.subprocess.Process, stop: asyncio.Event) -> int:
    """The client's exit code; a termination request to us is passed on to it."""
    ended = asyncio.create_task(client.wait())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        client.terminate()
    code = await ended
    stopping.cancel()
    return code if code >= 0 else 128 - code
