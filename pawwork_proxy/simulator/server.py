"""The simulator as a real HTTP/1.1 server on loopback: parses, asks the world, writes the plan.

Invariant: every request whose head arrives is in `seen` before it is answered, and a model call is
counted by the world when its answer is over - whole, broken, or left by the client.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.simulator.bodies import (
    FAULT_BODIES,
    JSON,
    TEXT,
    Plain,
    go_usage,
    models_listing,
    refusal,
    trace,
)
from pawwork_proxy.simulator.clock import SimulatedClock
from pawwork_proxy.simulator.control import control_plan
from pawwork_proxy.simulator.messages import locale_of
from pawwork_proxy.simulator.plan import Plan, Shape, plain_plan, plan_of
from pawwork_proxy.simulator.requests import Origin, Route, facts_of, key_of, route_of
from pawwork_proxy.simulator.scenario import Scenario
from pawwork_proxy.simulator.seen import Seen, SeenLog
from pawwork_proxy.simulator.server_log import silenced_logger
from pawwork_proxy.simulator.world import World
from pawwork_proxy.simulator.writing import AnswerWriter

HOME_REGION = "US"
LONGEST_HEADER = 256 * 1024


class Simulator:
    """An OpenCode Zen look-alike; an async context manager.

    `port` 0 lets the kernel choose. Each of `networks` opens a further port whose clients all
    seem to come from that public address; `addresses` maps loopback peer addresses to public ones.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        seed: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        networks: Sequence[str] = (),
        addresses: Mapping[str, str] | None = None,
        start: datetime | None = None,
        tls: ssl.SSLContext | None = None,
        shape: Shape = Shape(),  # noqa: B008 - an immutable value
        compress: bool = True,
        on_answer: Callable[[Seen], None] | None = None,
    ) -> None:
        self.clock = SimulatedClock(start)
        self.seen = SeenLog()
        self.scenario = scenario or Scenario()
        self.ports: tuple[int, ...] = ()
        """The main port, then one per network."""
        self._seed = seed
        self._host = host
        self._wanted_port = port
        self._networks = tuple(networks)
        self._addresses = dict(addresses or {})
        self._tls = tls
        self._shape = shape
        self._writer = AnswerWriter(compress=compress)
        self._on_answer = on_answer
        self._runners: list[web.ServerRunner] = []
        self.world = World(self.scenario, seed)

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
        host = f"[{self._host}]" if ":" in self._host else self._host
        return tuple(f"{scheme}://{host}:{port}" for port in self.ports)

    def replace_scenario(self, scenario: Scenario) -> None:
        """Go on by other rules; all counters start anew, what was seen stays."""
        self.scenario = scenario
        self.world = World(scenario, self._seed)

    async def __aenter__(self) -> Self:
        ports = []
        try:
            for number, network in enumerate([None, *self._networks]):
                wanted = self._wanted_port if number == 0 else 0
                ports.append(await self._listen(wanted, network))
        except OSError:
            await self._close()
            raise ConfigurationError(
                f"cannot listen on {self._host}:{self._wanted_port}",
                "choose another --port, or 0 for a free one",
            ) from None
        self.ports = tuple(ports)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _listen(self, port: int, network: str | None) -> int:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, port), family=family, backlog=1024)

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
        )
        if route.name != "control":
            self.seen.add(seen)
        try:
            body = await _body_of(request, seen)
            if route.protocol is None:
                plan = self._other(request, route, body, seen, now)
                return await self._writer.write(request, plan, now, seen)
            return await self._model_call(request, route, body, seen, now)
        except ConnectionResetError:
            seen.ending = "client_left"
            return web.StreamResponse()
        except asyncio.CancelledError:
            seen.ending = "client_left"
            raise
        finally:
            seen.duration_ms = (time.monotonic() - began) * 1000
            if self._on_answer is not None and route.name != "control":
                self._on_answer(seen)

    async def _model_call(
        self, request: web.BaseRequest, route: Route, body: bytes, seen: Seen, now: datetime
    ) -> web.StreamResponse:
        region = self.scenario.regions.get(seen.address, HOME_REGION)
        origin = Origin(seen.address, region, self.scenario.install_header)
        headers = {name.lower(): value for name, value in request.headers.items()}
        facts = facts_of(route, headers, body, origin)
        if facts is None:
            seen.kind = "unreadable"
            plan = plain_plan(500, FAULT_BODIES["internal_error"])
            return await self._writer.write(request, plan, now, seen)
        world = self.world
        answer = world.decide(facts, now)
        seen.call = answer.sequence
        seen.kind = answer.fault.kind if answer.fault else answer.kind
        if answer.hold is not None:
            seen.pool_used, seen.pool_threshold = answer.hold.used, answer.hold.threshold
        plan = plan_of(answer, facts, int(now.timestamp()), self._shape)
        whole = False
        try:
            response = await self._writer.write(request, plan, now, seen)
            whole = True
        finally:
            world.finish(answer, self.clock.now(), aborted=not whole)
        return response

    def _other(
        self, request: web.BaseRequest, route: Route, body: bytes, seen: Seen, now: datetime
    ) -> Plan:
        match route.name:
            case "control":
                return control_plan(self, request.method, request.raw_path, body)
            case "models":
                return plain_plan(200, Plain(JSON, models_listing(self.scenario, now)))
            case "trace":
                region = self.scenario.regions.get(seen.address, HOME_REGION)
                return plain_plan(200, Plain(TEXT, trace(seen.address, region, now)))
            case "go_usage":
                return self._go_usage(request, now)
            case _:
                return plain_plan(404, FAULT_BODIES["site_page"])

    def _go_usage(self, request: web.BaseRequest, now: datetime) -> Plan:
        headers = {name.lower(): value for name, value in request.headers.items()}
        key = key_of(headers)
        refused = self.world.refused_key(key, locale_of(headers))
        if refused is not None:
            return plain_plan(refused.status, refusal(refused))
        account, uses = self.world.go_use(key or "", now)
        return plain_plan(200, Plain(JSON, go_usage(account, uses)))


async def _body_of(request: web.BaseRequest, seen: Seen) -> bytes:
    digest = hashlib.sha256()
    parts = []
    async for part in request.content.iter_any():
        digest.update(part)
        parts.append(part)
        seen.body_length += len(part)
    seen.body_sha256 = digest.hexdigest()
    return b"".join(parts)
