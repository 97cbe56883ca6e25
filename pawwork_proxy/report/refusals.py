"""Who was refused in a run, and how: what stays on the screen when it has ended."""

from datetime import UTC, tzinfo

from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family
from pawwork_proxy.report.exchange_table import FAMILY_STYLES, Row, row_of
from pawwork_proxy.report.layout import Column, Sheet

COLUMNS = (
    Column("install", folds=8),
    Column("outcome", folds=0),
    Column("count", right=True),
    Column("first", gives_way=1),
    Column("last"),
    Column("wait", right=True),
    Column("resets"),
)


class Refusals:
    """The exchanges that failed, by install and outcome; wait and reset are those of the last."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        """None yet; times are told in this zone."""
        self._zone = zone
        self._found: dict[tuple[str, str], tuple[int, str, Row]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, exchange: Exchange) -> None:
        """Take an exchange; one that was answered is left out."""
        if exchange.outcome.family is Family.OK:
            return
        row = row_of(exchange, exchange.outcome, self._zone)
        count, first, _ = self._found.get((row.install, row.outcome), (0, row.time, row))
        self._found[row.install, row.outcome] = (count + 1, first, row)

    def sheet(self) -> Sheet:
        """One row for each install and outcome."""
        found = sorted(self._found.items())
        return Sheet(
            COLUMNS,
            [
                (install, outcome, str(count), first, row.time, row.wait, row.resets)
                for (install, outcome), (count, first, row) in found
            ],
            "What was refused or failed:",
            styled="outcome",
            styles=[FAMILY_STYLES[row.family] for _, (_, _, row) in found],
        )
