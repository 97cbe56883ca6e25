"""What is noticed of a client's exchanges while it runs: by which routes it came, and refusals."""

import asyncio
import os
from collections import Counter

import click

from pawwork_proxy.cli.warned import of_chained_proxy, warning
from pawwork_proxy.diagnosis.checks import Finding
from pawwork_proxy.facts.server import MODEL_PROTOCOLS
from pawwork_proxy.model.context import Route
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.report.moments import is_long
from pawwork_proxy.report.waiting import waiting_lines

REFUSALS = frozenset({Family.QUOTA, Family.RATE_LIMIT, Family.POLICY})


class ClientWatcher(Watcher):
    """Counts exchanges by route, and tells once that a client now waits for hours in silence.

    It also tells once that the user's own proxy opens no way out.
    """

    chained = ""
    """Address of that proxy, if the traffic leaves through one."""

    def __init__(self) -> None:
        self._warned: set[Finding] = set()
        self.routes: Counter[Route] = Counter()
        self._told = False

    def recorded(self, exchange: Exchange) -> None:
        """Look at an exchange that is over."""
        self.routes[exchange.context.route] += 1
        found = of_chained_proxy(exchange, self.chained)
        if found and found not in self._warned:
            self._warned.add(found)
            click.echo(warning(found), err=True)
        asked = exchange.request.protocol in MODEL_PROTOCOLS
        if asked and exchange.outcome.family in REFUSALS:
            self.refused_model(exchange)

    def refused_model(self, exchange: Exchange) -> None:
        """The server refused a model call by a limit or as a policy."""
        if not self._told and is_long(exchange.outcome.retry_after_s):
            self._told = True
            for line in waiting_lines(exchange, os.getpid()):
                click.echo(line, err=True)


class UntilRefused(ClientWatcher):
    """Has a client ended that a model refused: it would ask again and again, or wait for hours."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = asyncio.Event()

    def refused_model(self, _: Exchange) -> None:
        """Have the client ended."""
        self.refused.set()
