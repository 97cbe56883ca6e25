"""Exchanges as rows: the live table of `run` and the table of `show` are the same.

Invariant: a row shows what the record holds, in the words of the record; times are UTC unless a
zone is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Literal, NamedTuple

from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family, Outcome
from pawwork_proxy.model.view import ExchangeView, OpenedView
from pawwork_proxy.report.words import duration, printable

if TYPE_CHECKING:
    from rich.table import Table

FAMILY_STYLES: dict[Family, str] = {
    Family.OK: "green",
    Family.QUOTA: "bold red",
    Family.RATE_LIMIT: "yellow",
    Family.LIMIT: "yellow",
    Family.OVERLOAD: "magenta",
    Family.BILLING: "red",
    Family.AUTH: "red",
    Family.MODEL: "cyan",
    Family.POLICY: "cyan",
    Family.REQUEST: "cyan",
    Family.SERVER: "magenta",
    Family.NETWORK: "blue",
    Family.UNKNOWN: "dim",
}


class Row(NamedTuple):
    """One exchange, ready to print; without more, one of which nothing but the request is known."""

    seq: int
    time: str
    install: str
    model: str = "-"
    auth: str = "-"
    status: str = "-"
    outcome: str = "interrupted"
    retry_after: str = ""
    reset: str = ""
    took: str = ""
    family: Family = Family.UNKNOWN


COLUMNS = ("#", "time", "install", "model", "auth", "status", "outcome", "retry after",
           "resets at", "took")  # fmt: skip
"""The heads of a row's cells, which are all but the last."""
RIGHT = {"#", "status", "retry after", "took"}


def row_of(exchange: Exchange | ExchangeView, outcome: Outcome, zone: tzinfo = UTC) -> Row:
    """The row of a finished exchange, with this outcome: as recorded, or as judged anew."""
    source = exchange.auth_source.source
    kind = exchange.auth.kind
    wait = outcome.retry_after_s
    where = " in stream" if outcome.in_stream else ""
    seen = "" if exchange.signals.unobserved is None else " (seen in part)"
    if exchange.answered_here:
        seen += " (made here)"
    return Row(
        seq=exchange.seq,
        time=_clock(exchange.timing.started_at, zone),
        install=exchange.context.install,
        model=exchange.request.model or "-",
        auth=kind if source in ("unknown", "anonymous") else f"{kind} ({source})",
        status=str(exchange.response.status) if exchange.response else "-",
        outcome=outcome.kind + where + seen,
        family=outcome.family,
        retry_after="" if wait is None else duration(wait),
        reset=_moment(outcome.reset_at, exchange.timing.started_at, zone),
        took=milliseconds(exchange.timing.total_ms),
    )


def interrupted_row(opened: OpenedView, zone: tzinfo = UTC) -> Row:
    """The row of a request that was under way when the run stopped."""
    return Row(opened.seq, _clock(opened.at, zone), opened.install)


def exchange_table(rows: Iterable[Row], title: str | None = None) -> Table:
    """A table for a terminal."""
    from rich.table import Table  # noqa: PLC0415  plain lines do without
    from rich.text import Text  # noqa: PLC0415

    heading = Text(printable(title)) if title else None
    table = Table(
        title=heading, title_justify="left", header_style="bold", pad_edge=False, box=None
    )
    for name in COLUMNS:
        right: Literal["right", "left"] = "right" if name in RIGHT else "left"
        table.add_column(name, justify=right, no_wrap=name != "outcome")
    for row in rows:
        cells = [Text(printable(str(cell))) for cell in row[:-1]]
        cells[COLUMNS.index("outcome")].stylize(FAMILY_STYLES[row.family])
        table.add_row(*cells)
    return table


def plain_line(row: Row) -> str:
    """One line for a log or a pipe, fields separated by two spaces."""
    parts = [f"#{row.seq}", row.time, row.install, row.model, row.auth, row.status, row.outcome]
    if row.retry_after:
        parts.append(f"retry-after {row.retry_after}")
    if row.reset:
        parts.append(f"resets {row.reset}")
    parts.append(row.took)
    return printable("  ".join(part for part in parts if part))


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _moment(moment: datetime | None, start: datetime, zone: tzinfo) -> str:
    if moment is None:
        return ""
    local, began = moment.astimezone(zone), start.astimezone(zone)
    return f"{local:%H:%M:%S}" if local.date() == began.date() else f"{local:%Y-%m-%d %H:%M}"


def milliseconds(value: float | None) -> str:
    """A duration in milliseconds, in seconds from ten of them on; `-` for None."""
    if value is None:
        return "-"
    return f"{value:.0f}ms" if value < 10_000 else f"{value / 1000:.1f}s"
