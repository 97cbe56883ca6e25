"""Connections of the tunnel route as lines: what could be seen of them from outside."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from pawwork_proxy.model.handshake import Connection
from pawwork_proxy.report.exchange_table import milliseconds


def connection_lines(connections: Sequence[Connection], zone: tzinfo = UTC) -> list[str]:
    """A line for each, and what it is that they show; none without connections."""
    if not connections:
        return []
    return [
        *(_line(one, zone) for one in connections),
        f"{len(connections)} connections passed untouched: what was asked in them is not known",
    ]


def _line(one: Connection, zone: tzinfo) -> str:
    program = one.client.name if one.client else "-"
    end = f"{'broken off' if one.reset else 'ended'} by {one.ended_by}"
    if one.connect_ms is None:
        end = "the server was not reached"
    return (
        f"{one.at.astimezone(zone):%H:%M:%S}  {one.install}  {program}  "
        f"{one.sent_bytes} bytes up  {one.received_bytes} down  {end}  {milliseconds(one.total_ms)}"
    )
