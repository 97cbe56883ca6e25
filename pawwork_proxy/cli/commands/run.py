"""`run`: the proxy, until Ctrl-C."""

from typing import Any

import click

from pawwork_proxy.cli.options import after_help, call, capturing, formats

EXITS = {0: "stopped", 2: "an option, port, folder or proxy cannot be used"}


@click.command(
    epilog=after_help("run --install laptop --install desktop@9700 --network home", EXITS)
)
@click.option(
    "--install",
    "installs",
    multiple=True,
    metavar="NAME[@PORT]",
    help="Open a listener for this install. Repeat the option for several installs; port 0 takes "
    "any free port.  [default: main@9610]",
)
@capturing
@formats(
    "text",
    "json",
    words="json writes one line to stdout when the proxy listens, and one at the end.",
)
def run(**given: Any) -> None:
    """Record what clients ask of opencode.ai, until you press Ctrl-C.

    Each install gets one listener on loopback that serves both routes: as base address in the
    client's configuration, and as its HTTPS proxy. Only opencode.ai is decrypted and recorded;
    everything else passes untouched.
    """
    call("run.run", given)
