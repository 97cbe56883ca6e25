"""The support view: what each install met, one row per kind of meeting.

Invariant: pure; a row's wait and reset time are those of its last exchange, and the outcome is
judged by the rules of this version.
"""

from collections.abc import Iterable

from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.manifest import SupportRow
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.rules import judge


def row_of(exchange: Exchange) -> SupportRow:
    """The row of a single exchange."""
    return row_with(exchange, judge(exchange.signals))


def row_with(exchange: Exchange | ExchangeView, outcome: Outcome) -> SupportRow:
    """The row of a single exchange, with its outcome by the rules of this version."""
    at = exchange.timing.started_at
    return SupportRow(
        install=exchange.context.install,
        install_id=exchange.context.install_id,
        tier=exchange.request.tier,
        model=exchange.request.model,
        auth_kind=exchange.auth.kind,
        auth_source=exchange.auth_source.source,
        status=exchange.response.status if exchange.response else None,
        outcome=outcome.kind,
        observed_in_part=None if exchange.signals.unobserved is None else True,
        error_type=outcome.error_type,
        count=1,
        first_seen=at,
        last_seen=at,
        retry_after_s=outcome.retry_after_s,
        reset_at=outcome.reset_at,
    )


class SupportRows:
    """Rows of single exchanges, in any order, brought together one after the other."""

    def __init__(self) -> None:
        self._together: dict[tuple[object, ...], SupportRow] = {}

    def add(self, row: SupportRow) -> None:
        """Take a row."""
        key = (
            row.install, row.install_id, row.tier, row.model, row.auth_kind, row.auth_source,
            row.status, row.outcome, row.observed_in_part, row.error_type,
        )  # fmt: skip
        known = self._together.get(key)
        self._together[key] = row if known is None else _joined(known, row)

    def rows(self) -> tuple[SupportRow, ...]:
        """What has come together; by install, then last seen."""
        return tuple(
            sorted(
                self._together.values(),
                key=lambda row: (row.install, row.install_id, row.last_seen, row.model_dump_json()),
            )
        )


def support_rows(single: Iterable[SupportRow]) -> tuple[SupportRow, ...]:
    """The same for rows that are at hand."""
    together = SupportRows()
    for row in single:
        together.add(row)
    return together.rows()


def _joined(one: SupportRow, other: SupportRow) -> SupportRow:
    newer = other if other.last_seen >= one.last_seen else one
    return newer.model_copy(
        update={
            "count": one.count + other.count,
            "first_seen": min(one.first_seen, other.first_seen),
        }
    )
