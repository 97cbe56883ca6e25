"""Exchanges as rows: the live table of `run` and the table of `show` are the same.

Invariant: a row shows what the record holds, in the words of the record; times are UTC unless a
zone is given.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family, Outcome
from pawwork_proxy.model.view import ExchangeView, OpenedView
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.layout import Column, Sheet, aligned, headed, width_of
from pawwork_proxy.report.moments import zone_name
from pawwork_proxy.report.words import duration, printable

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
    wait: str = ""
    resets: str = ""
    took: str = ""
    family: Family = Family.UNKNOWN


COLUMNS = (
    Column("#", right=True),
    Column("time"),
    Column("install", folds=8, gives_way=1),
    Column("model", folds=12),
    Column("auth", gives_way=2),
    Column("status", right=True),
    Column("outcome", folds=0),
    Column("wait", right=True),
    Column("resets", gives_way=3),
    Column("took", gives_way=4, right=True),
)
"""The columns of a row's cells, which are all but the last."""


def row_of(
    exchange: Exchange | ExchangeView,
    outcome: Outcome,
    zone: tzinfo = UTC,
    language: Language = ENGLISH,
) -> Row:
    """The row of a finished exchange, with this outcome: as recorded, or as judged anew."""
    source = exchange.auth_source.source
    kind = exchange.auth.kind
    wait = outcome.retry_after_s
    became = str(outcome.kind)
    if outcome.in_stream:
        became = language.say("{outcome} in stream", outcome=became)
    if exchange.signals.unobserved is not None:
        became = language.say("{outcome} (seen in part)", outcome=became)
    if exchange.answered_here:
        became = language.say("{outcome} (made here)", outcome=became)
    return Row(
        seq=exchange.seq,
        time=_clock(exchange.timing.started_at, zone),
        install=exchange.context.install,
        model=exchange.request.model or "-",
        auth=kind if source in ("unknown", "anonymous") else f"{kind} ({source})",
        status=str(exchange.response.status) if exchange.response else "-",
        outcome=became,
        family=outcome.family,
        wait="" if wait is None else duration(wait),
        resets=_moment(outcome.reset_at, exchange.timing.started_at, zone),
        took=milliseconds(exchange.timing.total_ms),
    )


def interrupted_row(opened: OpenedView, zone: tzinfo = UTC, language: Language = ENGLISH) -> Row:
    """The row of a request that was under way when the run stopped."""
    row = Row(opened.seq, _clock(opened.at, zone), opened.install)
    return row._replace(outcome=language.text("interrupted"))


def exchange_sheet(rows: Iterable[Row], title: str = "", language: Language = ENGLISH) -> Sheet:
    """Rows as a table."""
    rows = list(rows)
    styles = [FAMILY_STYLES[row.family] for row in rows]
    cells = [[str(cell) for cell in row[:-1]] for row in rows]
    return Sheet(
        headed(COLUMNS, language), cells, title, styled=language.text("outcome"), styles=styles
    )


def title_of(name: str, header: Header, zone: tzinfo, language: Language = ENGLISH) -> str:
    """What stands above the rows of a capture."""
    began = header.started_at.astimezone(zone)
    title = f"{name}  {began:%Y-%m-%d} ({zone_name(began, language)})"
    if header.network:
        title += f"  {language.text('network')} {header.network}"
    return f"{title}  {language.text('SIMULATED')}" if header.simulated else title


def exchanges(number: int, language: Language = ENGLISH) -> str:
    """`1 exchange`, `2 exchanges`."""
    return language.count("{number} exchange", "{number} exchanges", number)


class RowLines:
    """Rows as lines that come one after the other, aligned as far as those before them tell."""

    def __init__(self, language: Language = ENGLISH) -> None:
        """Of no line is anything known yet but that their number grows."""
        self._language = language
        self._widths = [len("#9999"), *[0] * (len(COLUMNS) - 1)]

    def line(self, row: Row) -> str:
        """One line for a log or a pipe; what not every row has stands last, and is named."""
        say = self._language.say
        wait = say("wait {wait}", wait=row.wait) if row.wait else ""
        resets = say("resets {at}", at=row.resets) if row.resets else ""
        cells = [printable(cell) for cell in (
            f"#{row.seq}", *row[1:7], row.took, wait, resets,
        )]  # fmt: skip
        self._widths = [max(pair) for pair in zip(self._widths, map(width_of, cells), strict=True)]
        return aligned(cells, self._widths, [False] * len(cells))


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _moment(moment: datetime | None, start: datetime, zone: tzinfo) -> str:
    if moment is None:
        return ""
    local, began = moment.astimezone(zone), start.astimezone(zone)
    return f"{local:%H:%M:%S}" if local.date() == began.date() else f"{local:%m-%d %H:%M}"


def milliseconds(value: float | None) -> str:
    """A duration in milliseconds, in seconds from ten of them on; `-` for None."""
    if value is None:
        return "-"
    return f"{value:.0f}ms" if value < 10_000 else f"{value / 1000:.1f}s"
