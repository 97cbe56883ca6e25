"""One capture as `show` and `demo` print it: a table, what it comes to, what is missing."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from itertools import chain

import click

from pawwork_proxy.captures.completeness import happenings, of_answers, of_handshakes
from pawwork_proxy.captures.lines import outcome_of
from pawwork_proxy.captures.records import Records
from pawwork_proxy.captures.sources import CaptureSource
from pawwork_proxy.cli.output import print_table
from pawwork_proxy.model.outcome import Kind, Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.report.client_text import Senders
from pawwork_proxy.report.connections import connection_lines
from pawwork_proxy.report.exchange_table import (
    Row,
    exchange_table,
    interrupted_row,
    plain_line,
    row_of,
)


class Shown:
    """One capture as it is shown: a row for each exchange that is wanted."""

    def __init__(
        self,
        source: CaptureSource,
        wanted: Callable[[ExchangeView, Outcome], bool] = lambda *_: True,
        zone: tzinfo = UTC,
    ) -> None:
        """Read the capture. Raises CaptureFormatError or BundleError when that cannot be."""
        self._wanted = wanted
        self._zone = zone
        self._rows: list[Row] = []
        self._kinds: Counter[Kind] = Counter()
        self._senders = Senders()
        self._shifted = 0
        self._records = Records(source, self._take)
        self._capture = self._records.capture

    def _take(self, exchange: ExchangeView) -> bool:
        outcome = outcome_of(exchange.signals)
        self._shifted += outcome.kind != exchange.outcome.kind
        wanted = self._wanted(exchange, outcome)
        if wanted:
            self._kinds[outcome.kind] += 1
            self._senders.add(exchange, outcome)
            self._rows.append(row_of(exchange, outcome, self._zone))
        return wanted

    def print_records(self) -> None:
        """Print the records, each a line of JSON, outcomes by the rules of this version."""
        for one in self._records:
            click.echo(one.model_dump_json(exclude_none=True))

    def print_table(self, *, filtered: bool = False) -> None:
        """Print the rows, and what they come to."""
        capture, header = self._capture, self._capture.header
        title = (
            f"{capture.path.name}  {header.started_at:%Y-%m-%d}  network {header.network or '-'}"
        )
        if header.simulated:
            title += "  SIMULATED"
        under_way = [] if filtered else capture.interrupted
        rows = [*self._rows, *(interrupted_row(one, self._zone) for one in under_way)]
        rows.sort(key=lambda row: row.seq)
        lines = chain([title], map(plain_line, rows))
        print_table(lambda: exchange_table(rows, title), lines)
        for line in self._senders.lines():
            click.echo(line)
        for line in connection_lines([] if filtered else capture.connections, self._zone):
            click.echo(line)
        total = " · ".join(f"{number} {kind}" for kind, number in self._kinds.most_common())
        click.echo(f"{self._kinds.total()} exchanges{': ' + total if total else ''}")

    def remarks(self) -> Iterator[str]:
        """What a reader must know: what is missing, and what happened to the run."""
        yield from self._records.remarks()
        yield from of_answers([self._records.summary])
        yield from of_handshakes([self._records.summary])
        yield from happenings(self._capture)
        if self._shifted:
            yield (
                f"{self._capture.path.name}: {self._shifted} outcomes are judged differently by "
                "this version than when captured."
            )
