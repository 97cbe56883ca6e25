"""What the demo does, and what its captures show. The explanation is read off the records.

Invariant: nothing said here is known from the scenario; change the scenario and it says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from pawwork_proxy.demo.conversation import DemoClient
from pawwork_proxy.demo.processes import second_address, started
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind

MOST_CONVERSATIONS = 12
CLOCKS_APART_S = 3.5
"""The server's dates are whole seconds, so a capture's clock is known to a second and its middle to
half of one: only a gap longer than three shows which of two captures came first."""
PROMPTS = ("Why is the sky blue?", "Sort a list in Python.", "Name three rivers.")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Network:
    """A network of the demo: its label, the address its traffic leaves from, its installs."""

    label: str
    source: str | None
    upstream: str
    installs: tuple[str, ...]


OFFICE_ADDRESS = "203.0.113.7"
"""Made-up public address (RFC 5737) of the second network where loopback has one address only."""


def networks(simulator: Mapping[str, Any]) -> tuple[Network, ...]:
    """Two networks, as two loopback addresses, or else as two ports of the simulator."""
    url = simulator["url"]
    other = second_address()
    office = url if other else simulator["networks"][OFFICE_ADDRESS]
    return (
        Network("home", None, url, ("laptop", "desktop")),
        Network("office", other, office, ("work",)),
    )


def play(captures: Path, preset: str, say: Say) -> list[Path]:
    """Run the demo; paths of the captures it made."""
    paths: list[Path] = []
    clients: dict[str, tuple[Network, DemoClient]] = {}
    random = Random(7)  # noqa: S311  ids of made-up conversations
    with ExitStack() as stack:
        simulator = stack.enter_context(
            started("simulate", "--preset", preset, "--network", OFFICE_ADDRESS, "--clock", _noon())
        )
        say(f"simulator listens on {simulator['url']}")
        for network in networks(simulator):
            arguments = ["run", "--upstream", network.upstream, "--network", network.label]
            arguments += ["--captures", str(captures)]
            for install in network.installs:
                arguments += ["--install", f"{install}@0"]
            if network.source:
                arguments += ["--source", network.source]
            proxy = stack.enter_context(started(*arguments))
            paths.append(Path(proxy["capture"]))
            for label, url in proxy["installs"].items():
                clients[label] = (network, DemoClient(int(url.rpartition(":")[2]), random))
            say(f"proxy for network '{network.label}': installs {', '.join(network.installs)}")
        before = None
        for label, (network, client) in clients.items():
            if before not in {None, network}:
                time.sleep(CLOCKS_APART_S)
            before = network
            _converse(label, client, say, until_refused=label == next(iter(clients)))
    return paths


def _noon() -> str:
    """Noon of today: midnight in the middle of the demo would reset its quota."""
    return f"{datetime.now(UTC):%Y-%m-%d}T12:00:00Z"


def _converse(label: str, client: DemoClient, say: Say, *, until_refused: bool) -> None:
    for number in range(MOST_CONVERSATIONS if until_refused else 1):
        statuses = client.converse(PROMPTS[number % len(PROMPTS)])
        say(f"{label}: conversation {number + 1}, HTTP {', '.join(map(str, statuses))}")
        if 429 in statuses:
            return


def explanation(exchanges: Sequence[Exchange]) -> list[str]:
    """What the table shows, in sentences: who was refused, after how many requests, until when."""
    lines = []
    installs = dict.fromkeys((one.context.network, one.context.install) for one in exchanges)
    for network, install in installs:
        own = [one for one in exchanges if one.context.install == install]
        refused = [one for one in own if one.outcome.kind is Kind.FREE_USAGE_LIMIT]
        if not refused:
            lines.append(f"{install} on network {network}: {len(own)} requests, none refused")
            continue
        before = sum(1 for one in own if one.seq < refused[0].seq)
        when = refused[0].outcome.reset_at
        until = f"; refused until {when:%Y-%m-%d %H:%M:%S} UTC" if when else ""
        lines.append(
            f"{install} on network {network}: refused after {before} requests of its own{until}"
        )
    return lines
