"""A client that we start, by kind of route."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from pawwork_proxy.cli.client import Client, Ended, handed_over
from pawwork_proxy.cli.live import counter_line
from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.plan import home_relative
from pawwork_proxy.cli.stopping import stop_signals
from pawwork_proxy.cli.watching import UntilRefused
from pawwork_proxy.clients.auth_places import has_go_key, surroundings
from pawwork_proxy.clients.clean_install import clean_environment, not_isolated
from pawwork_proxy.clients.environment import client_environment
from pawwork_proxy.clients.installations import client_of
from pawwork_proxy.clients.own_addresses import asks, moved_addresses
from pawwork_proxy.clients.own_errors import errors_passed_on
from pawwork_proxy.clients.tap import takes_no_plugin
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.context import Route
from pawwork_proxy.model.numbers import HIGHEST_EXIT
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.proxy.inside import observing_inside
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.proxy.tunnelling import running_tunnel
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.report.wrapping import wrapped

NOTHING_SEEN = """\
No exchange was seen: the client asked nothing, or it went around the proxy.
hint: leave --route and --upstream out to observe it from inside, or ask 'pawwork-proxy doctor'"""
NO_CONNECTION = f"""\
No connection to {HOST} was seen: the client asked nothing, or it went around the proxy.
hint: try --route reverse, which leads it to the proxy in both ways"""
ERRORS_NOT_READ = (
    "The client's error lines went to the terminal and were not noted; add 2>client.log to have "
    "their kinds in the capture."
)
NOTHING_SEEN_INSIDE = """\
No exchange was seen: the client asked nothing, or it could not be observed from inside.
hint: try --route reverse, which leads it to the proxy in both ways"""
TAKES_NO_PLUGIN = """\
pawwork-proxy: OpenCode loads no plugin with --pure or OPENCODE_PURE, and cannot be observed from
inside; leave that out, or use another --route"""
NOT_OBSERVED = """\
pawwork-proxy: this client is not observed: in ten seconds it has not loaded our tap.
Use another route: --route reverse leads it to the proxy in both ways"""
NOTHING_ASKED = """\
pawwork-proxy: no client is observed yet: our tap is loaded, and nothing was asked so far"""
MOST_ERRORS = 100
"""Errors of the client's own that a capture notes; one that retries for hours says the same."""


def found_command(client: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The client's command with its program's path. Raises ConfigurationError without one."""
    program = shutil.which(client[0], path=env.get("PATH"))
    if program is None:
        raise ConfigurationError(
            f"the client's command {client[0]} is not found", "give its full path after --"
        )
    return [program, *client[1:]]


def base_environment(home: Path | None) -> dict[str, str]:
    """The environment that a client starts from; in `home`, that of a clean install.

    What a clean install cannot be kept from is said.
    """
    if home is None:
        return dict(os.environ)
    folder = home.expanduser().absolute()
    env = clean_environment(os.environ, folder)
    click.echo(f"clean install in {home_relative(folder)}; it still shares with yours:", err=True)
    for what in not_isolated(env, folder, Path.cwd()):
        click.echo("\n".join(wrapped(what, "  - ", "    ")), err=True)
    return env


class Launched(NamedTuple):
    """What became of a client."""

    code: int
    """Its exit code."""
    capture: Path
    interrupted: bool
    """Whether the user, or a termination request, ended it."""


async def run_client(
    plan: RunPlan,
    identity: Identity,
    route: Route,
    command: Sequence[str],
    base: Mapping[str, str],
    until: UntilRefused | None = None,
) -> Launched:
    """Run a client on a route, until it exits or, with `until`, is refused."""
    # Nobody else watches: the screen belongs to the client.
    client = Client(command, until)
    client.watcher.chained = plan.via.address if plan.via else ""
    if route == "inside":
        return await _observed_inside(plan, identity, client, base)
    if route == "tunnel":
        return await _tunnelled(plan, identity, client, base)
    return await _intercepted(plan, identity, route, client, base)


async def _intercepted(
    plan: RunPlan, identity: Identity, route: Route, client: Client, base: Mapping[str, str]
) -> Launched:
    """Run a client that comes through the proxy: on `forward` one way, on `reverse` both ways."""
    with TemporaryDirectory(prefix="pawwork-proxy-") as folder:
        async with (
            stop_signals(interrupt=False) as stop,
            running_proxy(plan, identity, client.watcher) as recorder,
        ):
            url = plan.listeners[0].url
            moved = None
            if route == "reverse":
                around = surroundings(base, Path.cwd())
                moved = moved_addresses(
                    around,
                    url,
                    Path(folder),
                    go=has_go_key(around),
                    client=client_of(Path(client.command[0]), around),
                )
            ca_bundle = identity.ca_bundle(base.get("NODE_EXTRA_CA_CERTS"))
            env = client_environment(base, route, url, ca_bundle, moved)
            ended = await client.run(env, stop)
            _note_exit(recorder, plan.listeners[0].label, ended.code)
    _summary(recorder, client, ended, None if recorder.counts.opened else NOTHING_SEEN)
    return Launched(ended.code, recorder.path, stop.asked)


async def _tunnelled(
    plan: RunPlan, identity: Identity, client: Client, base: Mapping[str, str]
) -> Launched:
    """Run a client whose bytes pass untouched; note what it says of errors, and how it ends."""
    if not plan.upstream.is_zen:
        raise ConfigurationError(
            "--upstream and --route tunnel exclude each other: the tunnel sends nothing elsewhere",
            "leave --upstream out, or use another --route",
        )
    listener = plan.listeners[0]
    shown = sys.stderr.isatty()  # a pipe in its place would change what the client shows
    loop = asyncio.get_running_loop()
    left = iter(range(MOST_ERRORS))
    async with (
        stop_signals(interrupt=False) as stop,
        running_tunnel(plan, identity, client.watcher) as recorder,
    ):

        def note(kind: Kind) -> None:
            recorder.note("client_error", install=listener.label, outcome=kind)

        def tell(kind: Kind) -> None:
            if next(left, None) is not None:
                loop.call_soon_threadsafe(note, kind)

        env = client_environment(base, "tunnel", listener.url, identity.ca_certificate)
        async with nullcontext(None) if shown else errors_passed_on(tell) as errors:
            ended = await client.run(env, stop, errors)
        _note_exit(recorder, listener.label, ended.code)
    _summary(recorder, client, ended, None if recorder.counts.connections else NO_CONNECTION)
    if shown:
        click.echo(ERRORS_NOT_READ, err=True)
    return Launched(ended.code, recorder.path, stop.asked)


async def _observed_inside(
    plan: RunPlan, identity: Identity, client: Client, base: Mapping[str, str]
) -> Launched:
    """Run a client with the tap in it; its connections pass untouched."""
    if not (plan.upstream.is_zen or asks(surroundings(base, Path.cwd()), plan.upstream.authority)):
        raise ConfigurationError(
            "--upstream leads nobody there on --route inside: the client asks its own addresses",
            "name that server as baseURL in the client's configuration, or use --route reverse",
        )
    if takes_no_plugin(base, client.command):
        tell(TAKES_NO_PLUGIN, err=True)
    listener = plan.listeners[0]
    async with (
        stop_signals(interrupt=False) as stop,
        observing_inside(plan, identity, client.watcher) as inside,
    ):
        env = client_environment(
            inside.environment(base), "inside", listener.url, identity.ca_certificate
        )
        inside.expect_client(
            asyncio.get_running_loop().call_later,
            lambda loaded: tell(NOTHING_ASKED if loaded else NOT_OBSERVED, err=True),
        )
        ended = await client.run(env, stop)
        _note_exit(inside.recorder, listener.label, ended.code)
    recorder = inside.recorder
    _summary(recorder, client, ended, None if recorder.counts.opened else NOTHING_SEEN_INSIDE)
    return Launched(ended.code, recorder.path, stop.asked)


def _note_exit(recorder: Recorder, install: str, code: int) -> None:
    known = code if 0 <= code <= HIGHEST_EXIT else None
    recorder.note("client_exit", install=install, exit_code=known)


def _summary(recorder: Recorder, client: Client, ended: Ended, nothing_seen: str | None) -> None:
    click.echo(counter_line(recorder.counts, recorder.lost), err=True)
    if nothing_seen:
        tell(nothing_seen, err=True)
        if told := handed_over(ended):
            tell(told, err=True)
    if client.watcher.routes:
        came = (f"{number} {route}" for route, number in client.watcher.routes.most_common())
        click.echo(f"routes used: {', '.join(came)}", err=True)
    click.echo(f"capture: {home_relative(recorder.path)}", err=True)
