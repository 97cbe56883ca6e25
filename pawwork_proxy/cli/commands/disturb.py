"""`disturb`: one client in turn with and without decryption, to see whether measuring disturbs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pawwork_proxy.cli.options import after_help, capturing, clean_home, formats

if TYPE_CHECKING:
    from pawwork_proxy.model.context import Route

ARMS: tuple[Route, ...] = ("inside", "forward", "forward", "inside")
"""The order is swapped in the second half, so that what changes with time harms neither arm."""
STOPPED = "The untouched client was refused, so a limit is used up or a gate is closed to it."


EXITS = {
    0: "all arms are done, whatever was found",
    2: "an option cannot be used, or CMD cannot be started",
    130: "interrupted",
}


@click.command(epilog=after_help("disturb -- opencode run -m opencode/big-pickle hi", EXITS))
@click.option(
    "--install",
    default="main",
    envvar="PAWWORK_PROXY_INSTALL",
    show_envvar=True,
    metavar="NAME",
    help="Record the client by this name.",
)
@clean_home
@formats("text", "json", words="json is for programs.")
@capturing
@click.argument("client", nargs=-1, required=True, metavar="-- CMD [ARGS]...")
def disturb(
    install: str, home: Path | None, output: str, client: Sequence[str], **capturing: Any
) -> None:
    """Start a client in turn with and without decryption, and say whether that makes a difference.

    CMD has to ask one question and exit. It is started four times: observed from inside, twice
    through the decrypting proxy, and from inside again. It is ended when it is refused, and no
    further arm is tried once the untouched client is refused, since then a limit is really used up.
    What the client prints goes to stderr. The captures are kept, and count in 'compare'.
    """
    import asyncio

    from pawwork_proxy.cli.comparing import Wanted, compared
    from pawwork_proxy.cli.launched import base_environment, found_command, run_client
    from pawwork_proxy.cli.plan import forget_expired, make_plan
    from pawwork_proxy.cli.unread import output_never_waits
    from pawwork_proxy.cli.watching import UntilRefused
    from pawwork_proxy.environment.identity import load_identity
    from pawwork_proxy.report.comparison_json import render_json
    from pawwork_proxy.report.sentences import contrast_words, instrument_words
    from pawwork_proxy.report.wrapping import wrapped

    env = base_environment(home)
    command = found_command(client, env)
    identity = load_identity()
    captured: list[Path] = []
    for number, route in enumerate(ARMS, 1):
        plan = make_plan([f"{install}@0"], **capturing)
        click.echo(f"{number} of {len(ARMS)}: route {route}", err=True)
        forget_expired(plan)
        until = UntilRefused()
        with output_never_waits():
            launched = asyncio.run(run_client(plan, identity, route, command, env, until))
        if launched.interrupted:
            raise click.Abort
        captured.append(launched.capture)
        if route == "inside" and until.refused.is_set():
            click.echo(STOPPED, err=True)
            break
    _, inputs, comparison, answer = compared(Wanted(captured))
    if output == "json":
        click.echo(render_json(comparison, answer, inputs.remarks), nl=False)
        return
    found = comparison.instrument
    for words in (instrument_words(found), *map(contrast_words, found.pairs)):
        click.echo("\n".join(wrapped(words)))
