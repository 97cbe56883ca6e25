"""`launch`: start a client with everything set, capture until it exits."""

from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli.options import after_help, call, capturing


@click.command(epilog=after_help("launch --network home -- opencode run -m opencode/big-pickle hi"))
@click.option(
    "--install",
    default="main",
    metavar="NAME[@PORT]",
    show_default=True,
    help="Record the client under this name. Without a port, any free one is taken.",
)
@click.option(
    "--route",
    type=click.Choice(["reverse", "forward"]),
    default="reverse",
    show_default=True,
    help="reverse sets the base address in the client's configuration; forward makes us the "
    "client's HTTPS proxy, with our certificate authority.",
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
def launch(**given: Any) -> int:
    """Start a client that talks through the proxy, and capture until it exits.

    The exit code is the client's own; 2 if an option cannot be used or CMD cannot be started.
    """
    code: int = call("launch.launch", given)
    return code
