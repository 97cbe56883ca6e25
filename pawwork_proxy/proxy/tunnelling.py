"""A run on the route `tunnel`: the bytes pass untouched, and each connection leaves a line.

The same tunnel can stand beside the tap of the route `inside`: then it proves that the handshake
which reached the server was the client's own.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager

from pawwork_proxy.clients.peers import peer_of
from pawwork_proxy.clients.processes import FoundProcess, ProcessFinder
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.model.handshake import Connection
from pawwork_proxy.model.numbers import bounded_count, bounded_ms
from pawwork_proxy.proxy.egress_watch import EgressWatch
from pawwork_proxy.proxy.listeners import Listener, loopback_addresses
from pawwork_proxy.proxy.session import RunPlan, recording
from pawwork_proxy.proxy.tunnel import Passing, Streams, Tunnel
from pawwork_proxy.proxy.way_out import way_out
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import is_recorded_host
from pawwork_proxy.recording.ongoing import LOOK_UP_PATIENCE_MS
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.recording.start import settle


@asynccontextmanager
async def running_tunnel(
    plan: RunPlan, identity: Identity, watcher: Watcher
) -> AsyncIterator[Recorder]:
    """The tunnel, listening, inside the block; its capture is closed when the block is left."""
    async with (
        recording(plan, identity, watcher) as (recorder, watch),
        tunnelling(plan, recorder, watch),
    ):
        settle()
        yield recorder


@asynccontextmanager
async def tunnelling(
    plan: RunPlan, recorder: Recorder, watch: EgressWatch | None
) -> AsyncIterator[None]:
    """The tunnel on the plan's listeners inside the block, for a recorder that is there already.

    When the block is left, connections that still stand are ended and recorded.
    """
    finder = ProcessFinder()
    tasks: set[asyncio.Task[None]] = set()
    lines: set[asyncio.Task[None]] = set()
    servers: list[asyncio.Server] = []
    try:
        for listener in plan.listeners:
            tunnel = _tunnel(plan, listener, recorder, watch, finder, lines)

            async def serve(
                reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter,
                tunnel: Tunnel = tunnel,
            ) -> None:
                if not _is_ours(writer):
                    recorder.refused_another_user()
                    return
                task = asyncio.current_task()
                assert task is not None
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                await tunnel.serve(reader, writer)

            servers.append(await asyncio.start_server(serve, sock=listener.taken()))
            for address in loopback_addresses(listener.port)[1:]:
                servers.append(await asyncio.start_server(serve, address, listener.port))
        yield
    finally:
        for server in servers:
            server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*lines)
        finder.close()


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """Whether a connection may be served; one of another user is closed at once."""
    client, listener = map(writer.get_extra_info, ("peername", "sockname"))
    if client and peer_of(client[:2], listener[:2]) == "another_user":
        writer.close()
        return False
    return True


def _tunnel(
    plan: RunPlan,
    listener: Listener,
    recorder: Recorder,
    watch: EgressWatch | None,
    finder: ProcessFinder,
    lines: set[asyncio.Task[None]],
) -> Tunnel:
    connect = way_out(plan.via, plan.source, plan.upstream_ca)
    programs: dict[Passing, Future[FoundProcess | None]] = {}

    async def connected(host: str, port: int) -> Streams:
        streams = await connect(host, port)
        if watch is not None:
            hop = (plan.via.host, plan.via.port) if plan.via else (host, port)
            local, remote = map(streams[1].get_extra_info, ("sockname", "peername"))
            watch.connected(hop, local[0], remote[0])
        return streams

    def begun(passing: Passing) -> None:
        programs[passing] = finder.look_up(passing.client_port, listener.port)

    def ended(passing: Passing) -> None:
        line = asyncio.create_task(recorded(passing, programs.pop(passing)))
        lines.add(line)
        line.add_done_callback(lines.discard)

    async def recorded(passing: Passing, program: Future[FoundProcess | None]) -> None:
        known = asyncio.wrap_future(program)
        await asyncio.wait({known}, timeout=LOOK_UP_PATIENCE_MS / 1000)
        found = known.result() if known.done() and not known.cancelled() else None
        recorder.connection(
            Connection(
                at=passing.at,
                install=listener.label,
                client=found.public if found else None,
                client_hello=recorder.hello("client", passing.hello),
                connect_ms=bounded_ms(passing.connect_ms),
                first_byte_ms=bounded_ms(passing.first_byte_ms),
                total_ms=bounded_ms(passing.total_ms) or 0.0,
                sent_bytes=bounded_count(passing.sent_bytes),
                received_bytes=bounded_count(passing.received_bytes),
                ended_by=passing.ended_by,
                reset=passing.reset,
            )
        )

    return Tunnel(
        connected,
        lambda host, port: is_recorded_host(host) and port == 443,
        begun,
        ended,
        recorder.passed_by,
        utc_now,
    )
