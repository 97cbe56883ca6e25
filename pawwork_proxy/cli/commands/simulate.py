"""`simulate`: an OpenCode Zen look-alike on loopback."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import tell
from pawwork_proxy.errors import ConfigurationError

if TYPE_CHECKING:
    from ssl import SSLContext

    from pawwork_proxy.simulator.server import Simulator
    from pawwork_proxy.simulator.state import Seen

EXITS = {0: "stopped", 2: "an option, port, file or scenario cannot be used"}


@click.command(
    epilog=options.after_help("simulate --preset small --network 203.0.113.7 --port 8100", EXITS)
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=False,
    metavar="PORT",
    help="Listen on this port of loopback. By default a free port is taken and printed.",
)
@click.option(
    "--preset",
    "preset_name",
    default="zen",
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
@options.several(
    "--network",
    "networks",
    "IP",
    "Open one more port whose clients all come from this public address.",
)
@options.several(
    "--address",
    "addresses",
    "PEER=IP",
    "Let clients from the loopback address PEER come from the public address IP.",
)
@click.option(
    "--clock",
    type=options.moment,
    metavar="TIME",
    help="Start the simulated clock at this time (ISO 8601; without a zone it is UTC).",
)
@click.option(
    "--seed", type=int, default=0, metavar="N", help="Seed for the faults that happen by chance."
)
@click.option(
    "--stream-events",
    type=click.IntRange(0, 1_000_000),
    default=6,
    metavar="N",
    help="Send this many content events in a stream.",
)
@click.option(
    "--event-interval",
    type=click.FloatRange(0, 3600),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long between two events of a stream.",
)
@click.option(
    "--event-size",
    type=click.IntRange(0, 10_000_000),
    default=0,
    metavar="BYTES",
    help="Fill each content event up to this size.",
)
@click.option(
    "--no-compression", is_flag=True, help="Never compress, whatever a client says it accepts."
)
@click.option(
    "--tls",
    is_flag=True,
    help="Serve HTTPS under the real server's name and on loopback, with a certificate made for "
    "this run. The file of its authority is printed, for clients to trust (NODE_EXTRA_CA_CERTS).",
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
def simulate(
    port: int,
    preset_name: str,
    scenario_file: Path | None,
    list_presets: bool,
    networks: tuple[str, ...],
    addresses: tuple[str, ...],
    clock: datetime | None,
    seed: int,
    stream_events: int,
    event_interval: float,
    event_size: int,
    no_compression: bool,
    tls: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    quiet: bool,
    output: str,
) -> None:
    """Serve an OpenCode Zen look-alike on loopback: limits, gates and faults on demand.

    Serves until you press Ctrl-C, then prints a summary. Nothing leaves this machine.
    """
    import asyncio

    from pawwork_proxy.cli.unread import output_never_waits
    from pawwork_proxy.simulator.plan import Shape
    from pawwork_proxy.simulator.presets import preset, preset_rows, read_scenario
    from pawwork_proxy.simulator.server import Simulator
    from pawwork_proxy.simulator.tls import own_certificate

    if list_presets:
        for name, row in preset_rows().items():
            click.echo(f"{name:24} {row['summary']}")
        return
    scenario = preset(preset_name) if scenario_file is None else read_scenario(scenario_file)
    counts: Counter[str] = Counter()

    def on_response(seen: Seen) -> None:
        counts[seen.kind or seen.route] += 1
        if not quiet:
            click.echo(line_of(seen), err=True)

    if tls and tls_cert is not None:
        raise ConfigurationError(
            "--tls and --tls-cert exclude each other", "give --tls for a certificate of our making"
        )
    context = None if tls_cert is None else _tls(tls_cert, tls_key)
    authority = None
    with output_never_waits(), ExitStack() as stack:
        if tls:
            folder = stack.enter_context(TemporaryDirectory(prefix="pawwork-simulator-"))
            context, authority = own_certificate(Path(folder))
        simulator = Simulator(
            scenario,
            seed=seed,
            port=port,
            networks=[_address(text, "--network") for text in networks],
            addresses=dict(_pair(text) for text in addresses),
            start=clock,
            tls=context,
            shape=Shape(stream_events, event_interval, event_size),
            compress=not no_compression,
            on_response=on_response,
        )
        asyncio.run(_serve(simulator, networks, authority, output))
        total = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        click.echo(f"{simulator.seen.total} requests: {total or 'none'}", err=True)


def line_of(seen: Seen) -> str:
    """One request in numbers and our own words; nothing of what the client sent."""
    status = "---" if seen.status is None else seen.status
    pool = "" if seen.pool_used is None else f" {seen.pool_used}/{seen.pool_threshold}"
    return (
        f"{seen.number:6} {seen.received_at[11:19]} {seen.route:9} {status} "
        f"{seen.kind or '-'}{pool} {seen.body_length}B>{seen.sent_bytes}B "
        f"{seen.duration_ms:.1f}ms {seen.ending}"
    )


async def _serve(
    simulator: Simulator, networks: tuple[str, ...], authority: Path | None, output: str
) -> None:
    from pawwork_proxy.cli.stopping import stop_signals

    async with stop_signals() as stop, simulator:
        _announce(simulator, networks, authority, output)
        await stop.wait()


def _announce(
    simulator: Simulator, networks: tuple[str, ...], authority: Path | None, output: str
) -> None:
    rules, base = simulator.scenario, simulator.scenario.base_of("chat")
    by_network = dict(zip(networks, simulator.urls[1:], strict=True))
    if output == "json":
        found = {"url": simulator.url, "base": base, "networks": by_network, "simulated": True}
        if authority is not None:
            found["ca_certificate"] = str(authority)
        click.echo(json.dumps(found))
        return
    click.echo(f"simulator: {simulator.url}")
    for network, url in by_network.items():
        click.echo(f"  as {network}: {url}")
    trust = ""
    if authority is not None:
        click.echo(f"trust its authority: {authority}")
        trust = f" --upstream-ca {authority}"
    handshake = ""
    if rules.client_gate and rules.client_gate.hello and not simulator.url.startswith("https:"):
        handshake = "these rules look at the TLS handshake and refuse all without one: add --tls\n"
    config = {"provider": {"opencode": {"options": {"baseURL": f"{simulator.url}{base}"}}}}
    ask = "opencode run -m opencode/big-pickle hello"
    tell(
        f"rules: {rules.name}, {rules.summary}\n{handshake}"
        "a client through the proxy:\n"
        f"OPENCODE_DISABLE_MODELS_FETCH=1 pawwork-proxy launch --upstream {simulator.url}{trust} "
        f"-- {ask}\n"
        "the proxy alone, for clients of yours:\n"
        f"pawwork-proxy run --upstream {simulator.url}{trust}\n"
        "a client without the proxy:\n"
        f"OPENCODE_DISABLE_MODELS_FETCH=1 OPENCODE_CONFIG_CONTENT='{json.dumps(config)}' {ask}",
        err=True,
    )


_EXAMPLES = {"--network": "203.0.113.7", "--address": "127.0.0.2=203.0.113.7"}


def _address(text: str, option: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text} is no IP address", f"for example: {option} {_EXAMPLES[option]}"
        ) from None
    return text


def _pair(text: str) -> tuple[str, str]:
    peer, equals, public = text.partition("=")
    if not equals:
        raise ConfigurationError(
            "--address takes PEER=IP", f"for example: --address {_EXAMPLES['--address']}"
        )
    return _address(peer, "--address"), _address(public, "--address")


def _tls(cert: Path, key: Path | None) -> SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            f"the certificate {cert} cannot be used",
            "give PEM files that hold a certificate and its key",
        ) from None
    return context
