"""What is noticed of a client's exchanges while it runs: by which routes it came, and refusals."""

import asyncio
import os
from collections import Counter

from pawwork_proxy.cli.warned import Warner
from pawwork_proxy.facts.server import MODEL_PROTOCOLS
from pawwork_proxy.model.context import Route
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family
from pawwork_proxy.report.moments import is_long
from pawwork_proxy.report.waiting import waiting_lines

REFUSALS = frozenset({Family.QUOTA, Family.RATE_LIMIT, Family.POLICY})


class ClientWatcher(Warner):
    """Counts exchanges by route, and tells once that a client now waits for hours in silence."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: Counter[Route] = Counter()
        self._told = False

    def recorded(self, exchange: Exchange) -> None:
        """Look at an exchange that is over."""
        super().recorded(exchange)
        self.routes[exchange.context.route] += 1
        asked = exchange.request.protocol in MODEL_PROTOCOLS
        if asked and exchange.outcome.family in REFUSALS:
            self.refused_model(exchange)

    def refused_model(self, exchange: Exchange) -> None:
        """The server refused a model call by a limit or as a policy."""
        if not self._told and is_long(exchange.outcome.retry_after_s):
            self._told = True
            for line in waiting_lines(exchange, os.getpid()):
                self.say(line)


class UntilRefused(ClientWatcher):
    """Has a client ended that a model refused: it would ask again and again, or wait for hours."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = asyncio.Event()

    def refused_model(self, _: Exchange) -> None:
        """Have the client ended."""
        self.refused.set()
