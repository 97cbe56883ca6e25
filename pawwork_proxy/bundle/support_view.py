"""The support view: what each install met, one row per kind of meeting.

Invariant: pure; a row's wait and reset time are those of its last exchange.
"""

from typing import Generic, TypeVar

from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.manifest import SupportRow
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.support import Meeting
from pawwork_proxy.model.view import ExchangeView

_Row = TypeVar("_Row", bound=SupportRow)
_VARYING = {"count", "first_seen", "last_seen", "retry_after_s", "reset_at"}
"""What differs between meetings of one kind."""


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


def meeting_of(exchange: Exchange | ExchangeView, outcome: Outcome, header: Header) -> Meeting:
    """The same with what surrounded the exchange, as the capture's header and it tell."""
    return Meeting.model_construct(  # all of it has been validated
        **vars(row_of(exchange, outcome)),
        client=sender_of(exchange.request).name,
        os=header.machine.os,
        os_release=header.machine.os_release,
        network=exchange.context.network,
    )


class SupportRows(Generic[_Row]):
    """Rows of single exchanges, in any order, brought together one after the other."""

    def __init__(self) -> None:
        self._together: dict[tuple[object, ...], _Row] = {}

    def add(self, row: _Row) -> None:
        """Take a row."""
        kind = tuple(value for name, value in vars(row).items() if name not in _VARYING)
        known = self._together.get(kind, row)
        newer = row if row.last_seen >= known.last_seen else known
        self._together[kind] = newer.model_copy(
            update={
                "count": row.count + (0 if known is row else known.count),
                "first_seen": min(row.first_seen, known.first_seen),
            }
        )

    def rows(self) -> tuple[_Row, ...]:
        """What has come together; by install, then last seen."""
        return tuple(
            sorted(
                self._together.values(),
                key=lambda row: (row.install, row.install_id, row.last_seen, row.model_dump_json()),
            )
        )
