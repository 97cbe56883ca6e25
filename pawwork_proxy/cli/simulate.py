"""`simulate`: runs the look-alike until interrupted; one line of numbers per request on stderr."""

import asyncio
import ipaddress
import json
import signal
import ssl
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.addresses import default_base
from pawwork_proxy.simulator.plan import Shape
from pawwork_proxy.simulator.presets import preset, preset_rows, read_scenario
from pawwork_proxy.simulator.seen import Seen
from pawwork_proxy.simulator.server import Simulator


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
    tls_cert: Path | None,
    tls_key: Path | None,
    quiet: bool,
    output: Literal["text", "json"],
) -> None:
    """Serve until interrupted, then print how many requests of which kind were answered."""
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

    simulator = Simulator(
        scenario,
        seed=seed,
        port=port,
        networks=[_address(text, "--network") for text in networks],
        addresses=dict(_pair(text) for text in addresses),
        start=clock,
        tls=None if tls_cert is None else _tls(tls_cert, tls_key),
        shape=Shape(stream_events, event_interval, event_size),
        compress=not no_compression,
        on_response=on_response,
    )
    asyncio.run(_serve(simulator, networks, output))
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
    simulator: Simulator, networks: tuple[str, ...], output: Literal["text", "json"]
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(wanted, lambda *_: loop.call_soon_threadsafe(stopped.set))
        else:
            loop.add_signal_handler(wanted, stopped.set)
    async with simulator:
        _announce(simulator, networks, output)
        await stopped.wait()


def _announce(
    simulator: Simulator, networks: tuple[str, ...], output: Literal["text", "json"]
) -> None:
    by_network = dict(zip(networks, simulator.urls[1:], strict=True))
    if output == "json":
        found = {"url": simulator.url, "networks": by_network, "simulated": True}
        click.echo(json.dumps(found))
        sys.stdout.flush()
        return
    click.echo(f"simulator: {simulator.url}")
    for network, url in by_network.items():
        click.echo(f"  as {network}: {url}")
    sys.stdout.flush()
    config = {
        "provider": {"opencode": {"options": {"baseURL": f"{simulator.url}{default_base()}"}}}
    }
    click.echo(
        f"rules: {simulator.scenario.name}, {simulator.scenario.summary}\n"
        "through the proxy:  pawwork-proxy run --upstream " + simulator.url + "\n"
        "without the proxy:  OPENCODE_DISABLE_MODELS_FETCH=1 "
        f"OPENCODE_CONFIG_CONTENT='{json.dumps(config)}' opencode run -m opencode/big-pickle hello",
        err=True,
    )


def _address(text: str, option: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text} is no IP address", f"for example: {option} 203.0.113.7"
        ) from None
    return text


def _pair(text: str) -> tuple[str, str]:
    peer, equals, public = text.partition("=")
    if not equals:
        raise ConfigurationError(
            "--address takes PEER=IP", "for example: --address 127.0.0.2=203.0.113.7"
        )
    return _address(peer, "--address"), _address(public, "--address")


def _tls(cert: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            f"the certificate {cert} cannot be used",
            "give PEM files that hold a certificate and its key",
        ) from None
    return context
