"""What `run` and `launch` show while they capture: a live table, or plain lines in a pipe.

Invariant: everything goes to stderr, so that stdout stays for results; what is shown comes from
records and counters, never from the traffic itself.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, TextIO

from pawwork_proxy.cli.warned import Warner
from pawwork_proxy.diagnosis.checks import finding
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.recording.counts import Counts
from pawwork_proxy.redaction.taint_gate import Hit
from pawwork_proxy.report.exchange_table import COLUMNS, Row, RowLines, exchange_sheet, row_of
from pawwork_proxy.report.refusals import Refusals

if TYPE_CHECKING:
    from rich.console import Group

SHOWN_ROWS = 20
REFRESH_PER_SECOND = 4
CARD_LINES = len(COLUMNS) + 1
"""What a row takes at most where nothing folds."""


def counter_line(counts: Counts, lost: int) -> str:
    """All counters that are not zero, in one line."""
    stubs, values = counts.stubs.total(), counts.values_withheld
    parts = [f"{counts.recorded} recorded", f"{counts.in_flight} in flight"]
    parts += [f"{number} {kind}" for kind, number in counts.kinds.most_common()]
    for number, words in (
        (counts.answered_here, "ANSWERED HERE (--answer)"),
        (counts.connections, "tunnelled"),
        (counts.passed_by, "passed by unrecorded (other hosts)"),
        (counts.refused, "refused (web page or wrong host)"),
        (counts.distrusted, "client connections that distrust our certificate"),
        (stubs, f"records withheld{_why(counts.records_withheld)}"),
        (values.total(), f"values withheld{_why(values)}"),
        (counts.tap_failures, "failed looks at the traffic (exchanges recorded in part)"),
        (lost, "RECORDS LOST: the disk is slow or full, or the folder cannot be written"),
    ):
        if number:
            parts.append(f"{number} {words}")
    return " · ".join(parts)


def _why(withheld: Counter[Hit]) -> str:
    """The rule and place that withheld most."""
    if not withheld:
        return ""
    ((hit, number),) = withheld.most_common(1)
    others = withheld.total() - number
    return f" ({hit.rule} in {hit.path}{f', {others} elsewhere' if others else ''})"


class View(Warner):
    """What both views do: they warn at once of a client that asks nothing, or goes around us."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: set[str] = set()
        self._refusals = Refusals()

    def recorded(self, exchange: Exchange) -> None:
        """Remember that this install's client gets through, and warn if the way out does not."""
        self._heard.add(exchange.context.install)
        super().recorded(exchange)
        self._refusals.add(exchange)

    def turned_down(self, install: str, *, certainly: bool) -> None:
        """Warn of it; clients that get through also open connections for later."""
        if certainly or install not in self._heard:
            self.warn(finding("never_asks", client="A client", where=f"install {install}"))

    def close(self) -> None:
        """Leave on the screen who was refused, and how."""
        if self._refusals:
            self.say("\n".join(self._refusals.sheet().lines()))


class PlainView(View):
    """A line per exchange; for pipes, logs and CI. Written directly: rich costs 0.3 ms a line."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines = RowLines()
        self._lost_said = False

    def recorded(self, exchange: Exchange) -> None:
        """Print the exchange's line."""
        super().recorded(exchange)
        self.say(self._lines.line(row_of(exchange, exchange.outcome)))

    def changed(self, lost: int) -> None:
        """Say when records begin to be lost."""
        if lost and not self._lost_said:
            self._lost_said = True
            self.say("warning: the disk is slow or full: what it has not taken counts as lost")

    def say(self, words: str) -> None:
        """Write a line, or several."""
        with contextlib.suppress(OSError, ValueError):  # a closed pipe must not end the run
            self._stream.write(f"{words}\n")
            self._stream.flush()


class LiveView(View):
    """A table that follows the run; drawn by its own thread, four times a second."""

    def __init__(self) -> None:
        super().__init__()
        # Not at the top: in a pipe nothing of it is needed, and the proxy listens sooner.
        from rich.console import Console
        from rich.live import Live

        self._rows: deque[Row] = deque(maxlen=SHOWN_ROWS)
        self._lock = threading.Lock()
        self._counts = Counts()
        self._lost = 0
        self._live = Live(
            get_renderable=self._render,
            console=Console(stderr=True),
            refresh_per_second=REFRESH_PER_SECOND,
            transient=True,
        )
        self._live.start()

    def attach(self, counts: Counts) -> None:
        """Follow these counters."""
        self._counts = counts

    def recorded(self, exchange: Exchange) -> None:
        """Add a row; the oldest falls out."""
        super().recorded(exchange)
        with self._lock:
            self._rows.append(row_of(exchange, exchange.outcome))

    def changed(self, lost: int) -> None:
        """Remember what was lost; counters are read when drawn."""
        self._lost = lost

    def say(self, words: str) -> None:
        """Print words above the table, where they stay."""
        self._live.console.print(words, markup=False, highlight=False)

    def close(self) -> None:
        """Clear the table; who was refused stays."""
        self._live.stop()
        if self._refusals:
            self._live.console.print(self._refusals.sheet())

    def _render(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            rows = list(self._rows)
        status = Text(counter_line(self._counts, self._lost), style="bold")
        if not rows:
            return Group(Text("waiting for the first exchange …", style="dim"), status)
        console = self._live.console
        room = console.height - len(console.render_lines(status)) - 1
        sheet = exchange_sheet(rows)
        while len(rows) > 1 and (more := len(console.render_lines(sheet)) - room) > 0:
            rows = rows[max(1, more // CARD_LINES) :]  # the newest stay
            sheet = exchange_sheet(rows)
        return Group(sheet, status)


def chosen_view() -> View:
    """A live table on a terminal, plain lines otherwise."""
    return LiveView() if sys.stderr.isatty() else PlainView(sys.stderr)
