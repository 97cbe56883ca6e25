"""`demo`: the whole job offline, on the embedded simulator."""

from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli import options


@click.command(epilog=options.after_help("demo"))
@click.option(
    "--preset",
    default="small",
    show_default=True,
    metavar="NAME",
    help="Play this scenario of the simulator; `pawwork-proxy simulate --list` names them.",
)
@click.option(
    "--captures",
    type=click.Path(file_okay=False, path_type=Path),
    default=options.DEFAULT_CAPTURES / "demo",
    show_default=True,
    metavar="FOLDER",
    help="Write captures, report and bundle into this folder.",
)
def demo(**given: Any) -> None:
    """Let three installs on two networks use up a simulated quota, and say what it follows.

    Everything is real but the upstream: two proxy processes, sockets on loopback, capture files.
    The report and a support bundle lie beside the captures.
    """
    options.call("demo.demo", given)
