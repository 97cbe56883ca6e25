"""Connections of the tunnel route as lines: what could be seen of them from outside."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from pawwork_proxy.model.handshake import Connection
from pawwork_proxy.report.exchange_table import milliseconds
from pawwork_proxy.report.programs import program_of
from pawwork_proxy.report.words import counted


def connection_lines(connections: Sequence[Connection], zone: tzinfo = UTC) -> list[str]:
    """A line for each, and what it is that they show; none without connections."""
    if not connections:
        return []
    return [
        *(_line(one, zone) for one in connections),
        f"{counted(len(connections), 'connection')} passed untouched: what was asked is not known",
    ]


def _line(one: Connection, zone: tzinfo) -> str:
    end = f"{'broken off' if one.reset else 'ended'} by {one.ended_by}"
    if one.connect_ms is None:
        at_the_proxy = one.ended_by == "chained_proxy"
        end = "your proxy opened no way" if at_the_proxy else "the server was not reached"
    return (
        f"{one.at.astimezone(zone):%H:%M:%S}  {one.install}  {program_of(one.client)}  "
        f"{_size(one.sent_bytes)} up  {_size(one.received_bytes)} down  {end}  "
        f"{milliseconds(one.total_ms)}"
    )


def _size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.0f} kB"
