"""A run on the route `inside`: the client is observed by a tap in it, and nothing is decrypted.

Handshake, certificates and base stay the client's own; its connections pass the tunnel, whose
lines show that the handshake which reached the server was the client's.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pawwork_proxy.clients.tap import tapped_environment
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.proxy.session import RunPlan, recording
from pawwork_proxy.proxy.tap_listener import listening_for_taps
from pawwork_proxy.proxy.tunnelling import tunnelling
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import RECORDED_HOST
from pawwork_proxy.recording.inside import InsideClients
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.recording.start import settle

PATIENCE_S = 10.0
"""So long after its start a client that has taken no tap is said to be unobserved."""


@dataclass(frozen=True)
class InsideRun:
    """What is needed to start a client with the tap in it."""

    recorder: Recorder
    clients: InsideClients
    address: str
    token: str
    hosts: tuple[str, ...]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base`, with the tap."""
        return tapped_environment(base, self.address, self.token, self.hosts)

    def expect_client(
        self,
        later: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
        unobserved: Callable[[bool], None],
    ) -> None:
        """Now that a client starts: note, and tell, if none has taken the tap after a while.

        `unobserved` is told whether some process has at least loaded the tap.
        """

        def give_up() -> None:
            self.recorder.note("client_not_observed", install=self.clients.install)
            unobserved(self.clients.loaded)

        if not self.clients.pids:
            self.clients.on_client = later(PATIENCE_S, give_up).cancel


@asynccontextmanager
async def observing_inside(
    plan: RunPlan, identity: Identity, watcher: Watcher
) -> AsyncIterator[InsideRun]:
    """A run that listens for taps inside the block; its capture is closed when it is left."""
    token = secrets.token_urlsafe(32)
    # A simulator is asked under its own address: no request of a client is sent elsewhere.
    hosts = (RECORDED_HOST,) if plan.upstream.is_zen else (plan.upstream.authority,)
    async with recording(plan, identity, watcher) as (recorder, watch):
        clients = InsideClients(recorder, plan.listeners[0].label, token)
        async with tunnelling(plan, recorder, watch), listening_for_taps(clients) as address:
            settle()
            yield InsideRun(recorder, clients, address, token, hosts)
