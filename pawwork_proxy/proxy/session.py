"""One run of the proxy: everything wired together, from listeners to capture file.

Invariant: the capture is closed with an end line on every way out that Python sees (finished,
interrupted, failed to start); on none of them is traffic waited for.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.captures.writing import WritingThread
from pawwork_proxy.clients.processes import ProcessFinder
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import LOOPBACK_NAMES, local_addresses, utc_now
from pawwork_proxy.logs import say
from pawwork_proxy.model.context import Egress
from pawwork_proxy.proxy.authority import make_authority
from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.descriptors import Word, raise_limit
from pawwork_proxy.proxy.egress import ProbeRoute, ask_trace, egress_of, source_towards
from pawwork_proxy.proxy.egress_watch import EgressWatch
from pawwork_proxy.proxy.listeners import Listener
from pawwork_proxy.proxy.local_answers import LocalAnswers, answering
from pawwork_proxy.proxy.master import ProxyMaster
from pawwork_proxy.proxy.mitmproxy_internals.connections import break_off
from pawwork_proxy.recording.addon import CaptureAddon
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import RECORDED_HOST, Upstream
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.recording.start import new_header, settle


@dataclass(frozen=True)
class RunPlan:
    """What the user asked for, checked."""

    listeners: tuple[Listener, ...]
    upstream: Upstream
    via: ChainedProxy | None
    network: str | None
    captures: Path
    keep_days: int = 0
    source: str | None = None
    upstream_ca: Path | None = None
    egress_probe: bool = False
    answers: LocalAnswers | None = None

    @property
    def probe_route(self) -> ProbeRoute:
        """The way of this run's traffic, for the egress probe."""
        return ProbeRoute(self.upstream, self.via, self.upstream_ca)


def egress_watch(plan: RunPlan, identity: Identity) -> EgressWatch:
    """What keeps this run's egress; it asks nothing before it is started."""
    route = plan.probe_route

    async def ask(source: str | None) -> Egress | None:
        trace = await ask_trace(route, source)
        if trace is None:
            return None
        return await asyncio.to_thread(egress_of, trace, identity.pseudonymiser, utc_now())

    return EgressWatch(ask, route.first_hop, chained=plan.via is not None)


@asynccontextmanager
async def recording(
    plan: RunPlan, identity: Identity, watcher: Watcher
) -> AsyncIterator[tuple[Recorder, EgressWatch | None]]:
    """A recorder inside the block; its capture is closed when the block is left."""
    watch = egress_watch(plan, identity) if plan.egress_probe else None
    egress = None
    if watch is not None:
        egress = await watch.start(plan.source or await source_towards(plan.probe_route))
    header = new_header(
        identity,
        {listener.label: listener.port for listener in plan.listeners},
        plan.network,
        is_zen=plan.upstream.is_zen,
        chained_proxy=plan.via is not None,
        egress_probe=plan.egress_probe,
        egress=egress,
        answers=plan.answers.state if plan.answers else None,
    )
    loop = asyncio.get_running_loop()
    writing = WritingThread(CaptureWriter(plan.captures, header, utc_now), loop)
    recorder = Recorder(
        writing,
        identity,
        plan.network,
        plan.via.host if plan.via else None,
        watcher,
        loop.call_later,
        egress_of=watch.of if watch else lambda _: None,
        on_projected=watch.recorded if watch else lambda *_: None,
    )
    writing.on_change = recorder.writing_changed
    if watch is not None:
        watch.report_to(recorder.note)
        if egress is None:
            recorder.note("egress_unavailable")
    reason: Literal["finished", "interrupted"] = "interrupted"
    try:
        yield recorder, watch
        reason = "finished"
    finally:
        if watch is not None:
            await watch.close()
        recorder.close(reason)


@asynccontextmanager
async def running_proxy(
    plan: RunPlan, identity: Identity, watcher: Watcher
) -> AsyncIterator[Recorder]:
    """The proxy, listening, inside the block; its capture is closed when the block is left."""
    raise_limit()
    if make_authority(identity):
        say("certificate_authority_renewed", remedy="start_clients_again")
    async with (
        recording(plan, identity, watcher) as (recorder, watch),
        answering(plan.answers) as answers,
    ):
        finder = ProcessFinder()
        addon = CaptureAddon(
            recorder,
            plan.upstream,
            {listener.port: listener.label for listener in plan.listeners},
            finder.look_up,
            source=plan.source,
            on_connected=watch.connected if watch else lambda *_: None,
            break_off=lambda flow: break_off(master.proxyserver, flow),
            on_no_descriptors=Word(asyncio.get_running_loop()).say,
            answering=answers,
        )
        try:
            master = ProxyMaster(
                plan.listeners,
                addon,
                recorded_host=RECORDED_HOST,
                ca_folder=identity.ca_folder,
                via=plan.via,
                upstream_ca=plan.upstream_ca,
            )
            running = asyncio.create_task(master.run())
            try:
                await _until_listening(master, running)
                settle()
                # An address costs 35 ms the first time: paid on a thread, not by an exchange.
                asyncio.get_running_loop().run_in_executor(
                    None, identity.pseudonymiser.warm, _likely_sources(plan)
                )
                yield recorder
            finally:
                master.stop()
                await asyncio.wait([running])
            running.result()
        finally:
            finder.close()


def _likely_sources(plan: RunPlan) -> list[str]:
    """This machine's addresses that connections to the first hop may leave from."""
    host, _ = plan.probe_route.first_hop
    nearby = host in LOOPBACK_NAMES
    return [one for one in local_addresses() if ip_address(one).is_loopback is nearby]


async def _until_listening(master: ProxyMaster, running: asyncio.Task[None]) -> None:
    """Wait for the listeners; an error of the master's start is raised here."""
    ready = asyncio.create_task(master.listening.wait())
    await asyncio.wait([ready, running], return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if running.done():
        running.result()
