"""The support view as texts under column heads."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from pawwork_proxy.facts.server import PROVIDERS
from pawwork_proxy.model.manifest import SupportRow
from pawwork_proxy.report.words import duration, printable

COLUMNS = (
    "install", "provider", "model", "auth", "status", "outcome", "retry-after", "reset (UTC)",
    "count", "first seen (UTC)", "last seen (UTC)",
)  # fmt: skip
_ID_DIGITS = 4


def support_table(rows: Sequence[SupportRow]) -> Table:
    """A table for a terminal."""
    table = Table(*COLUMNS)
    for row in cells(rows):
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def support_lines(rows: Sequence[SupportRow]) -> Iterator[str]:
    """One line a row, under a line of heads, for a log or a pipe."""
    for row in (COLUMNS, *cells(rows)):
        yield "  ".join(row)


def cells(rows: Sequence[SupportRow]) -> list[tuple[str, ...]]:
    """The rows as texts under `COLUMNS`; installs of one name are told apart by their ids."""
    ids: dict[str, set[str]] = {}
    for row in rows:
        ids.setdefault(row.install, set()).add(row.install_id)
    return [
        (
            row.install
            if len(ids[row.install]) == 1
            else f"{row.install}#{row.install_id[-_ID_DIGITS:]}",
            PROVIDERS[row.tier],
            row.model or "-",
            row.auth_kind if row.auth_kind == "public" else f"{row.auth_kind} ({row.auth_source})",
            "-" if row.status is None else str(row.status),
            _outcome(row),
            "-" if row.retry_after_s is None else duration(row.retry_after_s),
            f"{row.reset_at:%Y-%m-%d %H:%M:%S}" if row.reset_at else "-",
            str(row.count),
            f"{row.first_seen:%Y-%m-%d %H:%M:%S}",
            f"{row.last_seen:%Y-%m-%d %H:%M:%S}",
        )
        for row in rows
    ]


def _outcome(row: SupportRow) -> str:
    remarks = [row.error_type, "seen in part" if row.observed_in_part else None]
    said = ", ".join(filter(None, remarks))
    return f"{row.outcome} ({said})" if said else str(row.outcome)
