"""`launch`: start a client with everything set, capture until it and its children end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pawwork_proxy.cli.options import after_help, answering, capturing, clean_home, to_server

if TYPE_CHECKING:
    from pawwork_proxy.model.context import Route


EXITS = {2: "an option cannot be used, or CMD cannot be started"}


@click.command(
    epilog=after_help("launch --network home -- opencode run -m opencode/big-pickle hi", EXITS)
)
@click.option(
    "--install",
    default="main",
    envvar="PAWWORK_PROXY_INSTALL",
    show_envvar=True,
    metavar="NAME[@PORT]",
    help="Record the client under this name. Without a port, any free one is taken.",
)
@click.option(
    "--route",
    type=click.Choice(["reverse", "forward", "inside", "tunnel"]),
    help="inside loads a small observer into the client and passes its connections untouched; "
    "tunnel passes them untouched, too, and shows handshake, sizes, times and ends of connections "
    "only; forward makes us the client's HTTPS proxy, with our certificate authority, and changes "
    "nothing in its configuration; reverse does that and moves the client's base address to us as "
    "well, for requests that follow only one of the two. Without it: inside, or reverse if "
    "--upstream or --answer is named.",
)
@clean_home
@to_server
@capturing
@answering
@click.argument("client", nargs=-1, required=True, metavar="-- CMD [ARGS]...")
def launch(
    install: str,
    route: Route | None,
    home: Path | None,
    answer: str | None,
    model: str | None,
    every: int | None,
    times: int | None,
    client: Sequence[str],
    **capturing: Any,
) -> int:
    """Start a client with everything set to observe it, and capture until it exits.

    The capture goes on until everything has ended that the client has started.
    The exit code is the client's own.
    """
    import asyncio

    from pawwork_proxy.cli import launched
    from pawwork_proxy.cli.answers import announcement, check_route
    from pawwork_proxy.cli.plan import forget_expired, make_plan, with_answers
    from pawwork_proxy.cli.unread import output_never_waits
    from pawwork_proxy.environment.identity import load_identity

    # Any free port, unless one is named: `run` may hold the usual one, and nobody has to know ours.
    plan = make_plan([install if "@" in install else f"{install}@0"], **capturing)
    plan = with_answers(plan, answer, model, every, times)
    env = launched.base_environment(home)
    command = launched.found_command(client, env)
    forget_expired(plan)
    route = route or ("inside" if plan.upstream.is_zen and not plan.answers else "reverse")
    if plan.answers:
        check_route(route)
        click.echo(announcement(plan.answers), err=True)
    with output_never_waits():
        return asyncio.run(launched.run_client(plan, load_identity(), route, command, env)).code
