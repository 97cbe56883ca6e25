"""The simulator as a real HTTP/1.1 server on loopback: parses, asks the world, writes the plan.

Invariant: every request whose head arrives is in `seen` before a response begins, and a model call
is counted by the world when its response is over - whole, broken, or left by the client.
"""

import asyncio
import hashlib
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.logs import place_of, say
from pawwork_proxy.simulator.endpoints import endpoint_plan
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.plan import Shape, fault_plan, plan_of
from pawwork_proxy.simulator.routes import call_of, route_of
from pawwork_proxy.simulator.scenario import Scenario
from pawwork_proxy.simulator.state import KEPT, Seen, State
from pawwork_proxy.simulator.tls import HelloWatch
from pawwork_proxy.simulator.writing import write_plan
from pawwork_proxy.wire.client_hello import read_client_hello

LOOPBACK = "127.0.0.1"
LONGEST_HEADER = 256 * 1024


class Simulator:
    """An OpenCode Zen look-alike; an async context manager.

    `port` 0 lets the kernel choose. Each of `networks` opens a further port whose clients all
    seem to come from that public address; `addresses` maps loopback peer addresses to public ones.
    One that is not `watched` remembers nobody's requests and has no endpoints for its operator.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        seed: int = 0,
        port: int = 0,
        networks: Sequence[str] = (),
        addresses: Mapping[str, str] | None = None,
        start: datetime | None = None,
        tls: ssl.SSLContext | None = None,
        shape: Shape = Shape(),  # noqa: B008 - an immutable value
        compress: bool = True,
        watched: bool = True,
        on_response: Callable[[Seen], None] | None = None,
    ) -> None:
        self._state = State(scenario or Scenario(), seed, start, keep=KEPT if watched else 0)
        self._watched = watched
        self.clock, self.seen = self._state.clock, self._state.seen
        self.ports: tuple[int, ...] = ()
        """The main port, then one per network."""
        self._wanted_port = port
        self._networks = tuple(networks)
        self._addresses = dict(addresses or {})
        self._tls = tls
        self._hellos = HelloWatch(tls) if tls else None
        self._shape = shape
        self._write = partial(write_plan, compress=compress)
        self._on_response = on_response
        self._runners: list[web.ServerRunner] = []

    @property
    def scenario(self) -> Scenario:
        """The rules in force."""
        return self._state.scenario

    @property
    def port(self) -> int:
        """The main port."""
        return self.ports[0]

    @property
    def url(self) -> str:
        """Scheme, host and main port."""
        return self.urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        """As `url`, for the main port and each network's."""
        scheme = "https" if self._tls else "http"
        return tuple(f"{scheme}://{LOOPBACK}:{port}" for port in self.ports)

    def replace_scenario(self, scenario: Scenario) -> None:
        """Go on by other rules; all counters start anew, what was seen stays."""
        self._state.replace_scenario(scenario)

    async def __aenter__(self) -> Self:
        ports = []
        try:
            for number, network in enumerate([None, *self._networks]):
                wanted = self._wanted_port if number == 0 else 0
                ports.append(await self._listen(wanted, network))
        except OSError:
            await self._close()
            raise ConfigurationError(
                f"cannot listen on {LOOPBACK}:{self._wanted_port}",
                "choose another --port, or 0 for a free one",
            ) from None
        self.ports = tuple(ports)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _listen(self, port: int, network: str | None) -> int:
        listener = socket.create_server((LOOPBACK, port), backlog=1024)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(request, network)

        server = web.Server(
            handle,
            handler_cancellation=True,
            auto_decompress=False,
            access_log=None,
            logger=silenced_logger(),
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )
        runner = web.ServerRunner(server, shutdown_timeout=0.2)
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=self._tls).start()
        return int(listener.getsockname()[1])

    async def _close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def _handle(self, request: web.BaseRequest, network: str | None) -> web.StreamResponse:
        began = time.monotonic()
        now = self.clock.now()
        peer = request.transport.get_extra_info("peername")[0] if request.transport else ""
        route = route_of(request.method, request.path)
        seen = Seen(
            number=self.seen.total + 1,
            received_at=now.isoformat(),
            peer=peer,
            address=network or self._addresses.get(peer, peer),
            method=request.method,
            target=request.raw_path,
            headers=tuple(request.raw_headers),
            route=route.name,
            client_hello=self._client_hello(request),
        )
        if route.name != "control":
            self.seen.add(seen)
        try:
            body = await _body_of(request, seen)
            headers = {name.lower(): value for name, value in request.headers.items()}
            if route.name == "control" and not self._watched:
                return await self._write(request, fault_plan("site_page"), now, seen)
            if route.protocol is None:
                origin = f"{request.scheme}://{request.host}"
                plan = endpoint_plan(self._state, origin, seen, headers, body, now)
                return await self._write(request, plan, now, seen)
            call = call_of(
                route,
                headers,
                body,
                address=seen.address,
                region=self._state.region_of(seen),
                install_header=self.scenario.install_header,
                hello=read_client_hello(seen.client_hello),
            )
            return await self._model_call(request, call, seen, now)
        except ConnectionResetError:
            seen.ending = "client_left"
            return web.StreamResponse()
        except asyncio.CancelledError:
            seen.ending = "client_left"
            raise
        finally:
            seen.duration_ms = (time.monotonic() - began) * 1000
            if self._on_response is not None and route.name != "control":
                self._on_response(seen)

    async def _model_call(
        self, request: web.BaseRequest, call: ModelCall | None, seen: Seen, now: datetime
    ) -> web.StreamResponse:
        if call is None:
            seen.kind = "unreadable"
            return await self._write(request, fault_plan("internal_error"), now, seen)
        world = self._state.world
        decided = world.decide(call, now)
        seen.call = decided.sequence
        seen.kind = decided.fault.kind if decided.fault else decided.decision
        if decided.hold is not None:
            seen.pool_used, seen.pool_threshold = decided.hold.used, decided.hold.threshold
        plan = plan_of(decided, call, int(now.timestamp()), self._shape)
        aborted = True
        try:
            response = await self._write(request, plan, now, seen)
            aborted = False
        finally:
            world.finish(decided, self.clock.now(), aborted=aborted)
        return response

    def _client_hello(self, request: web.BaseRequest) -> bytes:
        if self._hellos is None or request.transport is None:
            return b""
        return self._hellos.of(request.transport.get_extra_info("ssl_object"))


async def _body_of(request: web.BaseRequest, seen: Seen) -> bytes:
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        seen.body_length = len(body)
    seen.body_sha256 = hashlib.sha256(body).hexdigest()
    return bytes(body)


def silenced_logger() -> logging.Logger:
    """For `web.Server(logger=...)`: our own failures by type and place, bad requests not at all.

    The library would log tracebacks with bytes of requests; nothing that a client sent may reach a
    log through it.
    """
    logger = logging.getLogger("pawwork_proxy.simulator.http")
    logger.propagate = False
    logger.addFilter(_only_type_and_place)
    return logger


def _only_type_and_place(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, HttpProcessingError):
        say("simulator_failed", type=type(error).__name__, place=place_of(error))
    return False
