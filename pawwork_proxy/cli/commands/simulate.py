"""`simulate`: an OpenCode Zen look-alike on loopback."""

from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli import options

EXITS = {0: "stopped", 2: "an option, port, file or scenario cannot be used"}


@click.command(
    epilog=options.after_help("simulate --preset small --network 203.0.113.7 --port 8100", EXITS)
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="Listen on this port of loopback. By default a free port is taken and printed.",
)
@click.option(
    "--preset",
    "preset_name",
    default="zen",
    show_default=True,
    metavar="NAME",
    help="Play by the rules of this preset.",
)
@click.option(
    "--scenario",
    "scenario_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Play by the rules in this JSON or TOML file, which docs/simulator.md explains.",
)
@click.option("--list", "list_presets", is_flag=True, help="List the presets and stop.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="IP",
    help="Open one more port whose clients all come from this public address. Repeat the option "
    "for several.",
)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="PEER=IP",
    help="Let clients from the loopback address PEER come from the public address IP. Repeat the "
    "option for several.",
)
@click.option(
    "--clock",
    type=options.moment,
    metavar="TIME",
    help="Start the simulated clock at this time (ISO 8601; without a zone it is UTC).",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Seed for the faults that happen by chance.",
)
@click.option(
    "--stream-events",
    type=click.IntRange(0, 1_000_000),
    default=6,
    show_default=True,
    metavar="N",
    help="Send this many content events in a stream.",
)
@click.option(
    "--event-interval",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Wait so long between two events of a stream.",
)
@click.option(
    "--event-size",
    type=click.IntRange(0, 10_000_000),
    default=0,
    show_default=True,
    metavar="BYTES",
    help="Fill each content event up to this size.",
)
@click.option(
    "--no-compression", is_flag=True, help="Never compress, whatever a client says it accepts."
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Serve HTTPS with the certificate in this PEM file.",
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the certificate's key from this PEM file, if it is another one.",
)
@click.option("--quiet", is_flag=True, help="Print no line per request.")
@options.formats("text", "json", words="json writes one line with the URLs to stdout.")
def simulate(**given: Any) -> None:
    """Serve an OpenCode Zen look-alike on loopback: limits, gates and faults on demand.

    Serves until you press Ctrl-C, then prints a summary. Nothing leaves this machine.
    """
    options.call("simulate.simulate", given)
