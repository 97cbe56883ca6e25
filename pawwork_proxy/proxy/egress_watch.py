"""Keeps what is known of the egress in step with the route of the traffic.

The first probe is made before the listeners open; another one whenever a connection to the
upstream leaves from another local address, or reaches another chained proxy; and, as a router that
reconnects changes none of these, at each refusal of a free quota and the first admission after one.
Invariant: traffic never waits for a probe. An exchange gets the egress found for the very address
it left from, or none; behind a chained proxy records do not tell that address, and it gets the
egress of the latest route.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from pawwork_proxy.facts.server import MODEL_PROTOCOLS
from pawwork_proxy.model.context import Egress
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind

ASK_AGAIN_S = 60.0
"""After a probe without a response, the same route is asked again so many seconds later."""
LEAST_GAP_S = 5.0
"""Refusals and admissions have a route asked again after so many seconds at the earliest: clients
repeat what was refused."""

EgressEvent = Literal["egress_changed", "egress_unavailable"]
Ask = Callable[[str | None], Awaitable[Egress | None]]
"""The egress of connections from a local address."""
Tell = Callable[[EgressEvent, Egress | None], None]
"""Notes in the capture what happened, and the egress that holds from now on, if there is one."""


class EgressWatch:
    """The egress by local address, one address of each family at a time."""

    def __init__(
        self,
        ask: Ask,
        first_hop: tuple[str, int],
        *,
        chained: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`first_hop`: host and port that connections of the traffic are opened to."""
        self._ask = ask
        self._first_hop = first_hop
        self._chained = chained
        self._monotonic = monotonic
        self._tell: Tell = lambda *_: None
        self._latest: str | None = None
        self._routes: dict[str, tuple[str, str]] = {}
        self._found: dict[str, Egress] = {}
        self._last: dict[str, Egress] = {}
        self._asked_at: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()
        """Local addresses with a refusal, and no admission since that was looked into."""

    async def start(self, source: str | None) -> Egress | None:
        """Make the first probe; `source` is where the traffic will leave from, if that is known."""
        egress = await self._ask(source)
        self._latest = source
        if source is not None:
            self._asked_at[source] = self._monotonic()
        if egress is not None and source is not None:
            self._found[source] = egress
            self._last[_family(source)] = egress
        return egress

    def report_to(self, tell: Tell) -> None:
        """Tell of every change from now on; before, there is nobody to tell."""
        self._tell = tell

    def connected(self, hop: tuple[str, int], source: str, remote: str) -> None:
        """Take note of a connection to `hop`, from the address `source` to the address `remote`.

        Connections to other hosts are passed over: they may take other ways.
        """
        if hop != self._first_hop:
            return
        family = _family(source)
        # The upstream has many addresses, and none of them changes how it sees us; a chained
        # proxy of another address is another way out.
        route = (source, remote if self._chained else "")
        self._latest = source
        before = self._routes.get(family)
        self._routes[family] = route
        # The first connection takes the route that was probed at the start, if it is the one.
        same = before == route or (before is None and source in self._asked_at)
        if same and (source in self._found or not self._is_due(source)):
            return
        if not same:
            self._found.pop(before[0] if before else source, None)
            self._found.pop(source, None)
        if source not in self._tasks:
            self._begin(source)

    def recorded(self, exchange: Exchange, source: str | None) -> None:
        """Ask again about an address whose free quota was refused, or admits after a refusal."""
        where = self._where(source)
        kind = exchange.outcome.kind
        if where not in self._asked_at or exchange.request.protocol not in MODEL_PROTOCOLS:
            return
        if kind is Kind.FREE_USAGE_LIMIT and not exchange.answered_here:
            self._refused.add(where)
        elif kind is not Kind.SUCCESS or where not in self._refused:
            return
        if where not in self._tasks and self._is_due(where, LEAST_GAP_S):
            if kind is Kind.SUCCESS:
                self._refused.discard(where)
            self._begin(where)

    def of(self, source: str | None) -> Egress | None:
        """What is known of connections from a local address; None: the record does not tell it."""
        return self._found.get(self._where(source))

    async def close(self) -> None:
        """Ask no more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _where(self, source: str | None) -> str:
        return (self._latest if self._chained else source) or ""

    def _is_due(self, source: str, after_s: float = ASK_AGAIN_S) -> bool:
        return self._monotonic() - self._asked_at[source] >= after_s

    def _begin(self, source: str) -> None:
        self._asked_at[source] = self._monotonic()
        self._tasks[source] = asyncio.create_task(self._probe(source))

    async def _probe(self, source: str) -> None:
        try:
            egress = await self._ask(source)
        finally:
            self._tasks.pop(source, None)
        if egress is None:
            self._tell("egress_unavailable", None)
            return
        family = _family(source)
        self._found[source] = egress
        before = self._last.get(family)
        self._last[family] = egress
        if before is None or before.address != egress.address:
            self._tell("egress_changed", egress)


def _family(source: str) -> str:
    return "ipv6" if ":" in source else "ipv4"
