"""One capture as `show` and `demo` have it: a table, what it comes to, what is missing."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, tzinfo
from itertools import chain
from pathlib import Path

import click

from pawwork_proxy.captures.completeness import happenings, of_answers, of_handshakes
from pawwork_proxy.captures.following import Follower
from pawwork_proxy.captures.lines import outcome_of
from pawwork_proxy.captures.records import Records
from pawwork_proxy.captures.sources import CaptureSource
from pawwork_proxy.cli.output import text_of
from pawwork_proxy.model.outcome import Kind, Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.report.client_text import Senders
from pawwork_proxy.report.connections import connection_lines
from pawwork_proxy.report.exchange_table import (
    Row,
    RowLines,
    exchange_sheet,
    exchanges,
    interrupted_row,
    row_of,
    title_of,
)
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.programs import Programs
from pawwork_proxy.report.words import printable

LOOK_EVERY_S = 0.5


class Shown:
    """One capture as it is shown: a row for each exchange that is wanted."""

    def __init__(
        self,
        source: CaptureSource,
        wanted: Callable[[ExchangeView, Outcome], bool] = lambda *_: True,
        zone: tzinfo = UTC,
        language: Language = ENGLISH,
    ) -> None:
        """Read the capture. Raises CaptureFormatError or BundleError when that cannot be."""
        self._wanted = wanted
        self._zone = zone
        self._rows: list[Row] = []
        self._kinds: Counter[Kind] = Counter()
        self._language = language
        self._senders, self._programs = Senders(language), Programs(language)
        self._shifted = 0
        self._records = Records(source, self._take, language)
        self._capture = self._records.capture

    def _take(self, exchange: ExchangeView) -> bool:
        outcome = outcome_of(exchange.signals)
        self._shifted += outcome.kind != exchange.outcome.kind
        wanted = self._wanted(exchange, outcome)
        if wanted:
            self._kinds[outcome.kind] += 1
            self._senders.add(exchange, outcome)
            self._programs.add(exchange)
            self._rows.append(row_of(exchange, outcome, self._zone, self._language))
        return wanted

    def records(self) -> Iterator[str]:
        """The records, each a line of JSON, outcomes by the rules of this version."""
        for one in self._records:
            yield one.model_dump_json(exclude_none=True) + "\n"

    def table(self, *, filtered: bool = False) -> Iterator[str]:
        """The rows, and what they come to."""
        capture, header, language = self._capture, self._capture.header, self._language
        title = title_of(capture.path.name, header, self._zone, language)
        under_way = [] if filtered else capture.interrupted
        rows = [*self._rows, *(interrupted_row(one, self._zone, language) for one in under_way)]
        rows.sort(key=lambda row: row.seq)
        if rows:
            yield from text_of(exchange_sheet(rows, title, language))
        else:
            yield f"{printable(title)}\n"
        for line in chain(self._programs.lines(), self._senders.lines()):
            yield f"{line}\n"
        connections = [] if filtered else capture.connections
        for line in connection_lines(connections, self._zone, language):
            yield f"{line}\n"
        said = exchanges(self.chosen, language)
        total = " · ".join(f"{number} {kind}" for kind, number in self._kinds.most_common())
        if total:
            said = language.say("{label}: {words}", label=said, words=total)
        yield f"{said}\n"

    @property
    def chosen(self) -> int:
        """How many exchanges were wanted."""
        return self._kinds.total()

    def remarks(self) -> Iterator[str]:
        """What a reader must know: what is missing, and what happened to the run."""
        yield from self._records.remarks()
        yield from of_answers([self._records.summary], self._language)
        yield from of_handshakes([self._records.summary], self._language)
        yield from happenings(self._capture, self._language)
        if self._shifted:
            yield self._language.say(
                "{name}: {number} outcomes are judged differently by this version than when "
                "captured.",
                name=self._capture.path.name,
                number=self._shifted,
            )


def followed(
    paths: Sequence[Path],
    wanted: Callable[[ExchangeView, Outcome], bool],
    zone: tzinfo,
    language: Language,
) -> None:
    """Print a line for each exchange of captures, and for each that is added, until Ctrl-C."""
    follower, lines = Follower(paths), RowLines(language)
    while True:
        for exchange in follower.new():
            outcome = outcome_of(exchange.signals)
            if wanted(exchange, outcome):
                click.echo(lines.line(row_of(exchange, outcome, zone, language)))
        time.sleep(LOOK_EVERY_S)
