"""What the demo does, and what its captures show. The explanation is read off the records.

Invariant: nothing said here is known from the scenario; change the scenario and it says so.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from pawwork_proxy.demo.laboratory import CLOCKS_APART_S, HOME, OFFICE, Say, laboratory
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind

INSTALLS = {HOME: ("laptop", "desktop"), OFFICE: ("work",)}


def play(captures: Path, preset: str, say: Say) -> list[Path]:
    """Let the first install use the quota up, each other one try, and the first once more.

    That the first is refused again shows that nothing else changed. Gives paths of the captures.
    The simulated time is noon: midnight in the middle of the demo would reset its quota.
    """
    noon = f"{datetime.now(UTC):%Y-%m-%d}T12:00:00Z"
    random = Random(7)  # noqa: S311  ids of made-up conversations
    with laboratory(captures, preset, noon, INSTALLS, random, say) as lab:
        installs = list(lab.ports)
        before = None
        for network, install in (*installs, installs[0]):
            if before not in {None, network}:
                time.sleep(CLOCKS_APART_S)
            lab.converse(network, install, until_refused=before is None, say=say)
            before = network
        return list(lab.captures)


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
