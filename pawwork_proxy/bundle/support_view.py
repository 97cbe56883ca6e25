"""The support view: what each install met, one row per kind of meeting.

Invariant: pure; a row's wait and reset time are those of its last exchange.
"""

from operator import attrgetter

from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.manifest import SupportRow
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.view import ExchangeView

_KIND_OF_MEETING = attrgetter(
    "install", "install_id", "tier", "model", "auth_kind", "auth_source", "status", "outcome",
    "observed_in_part", "error_type",
)  # fmt: skip


def row_of(exchange: Exchange | ExchangeView, outcome: Outcome) -> SupportRow:
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
        kind = _KIND_OF_MEETING(row)
        known = self._together.get(kind, row)
        newer = row if row.last_seen >= known.last_seen else known
        self._together[kind] = newer.model_copy(
            update={
                "count": row.count + (0 if known is row else known.count),
                "first_seen": min(row.first_seen, known.first_seen),
            }
        )

    def rows(self) -> tuple[SupportRow, ...]:
        """What has come together; by install, then last seen."""
        return tuple(
            sorted(
                self._together.values(),
                key=lambda row: (row.install, row.install_id, row.last_seen, row.model_dump_json()),
            )
        )
