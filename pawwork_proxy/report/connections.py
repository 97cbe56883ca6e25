"""Connections of the tunnel route as lines: what could be seen of them from outside."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from pawwork_proxy.model.handshake import Connection
from pawwork_proxy.report.exchange_table import milliseconds
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.programs import program_of


def connection_lines(
    connections: Sequence[Connection], zone: tzinfo = UTC, language: Language = ENGLISH
) -> list[str]:
    """A line for each, and what it is that they show; none without connections."""
    if not connections:
        return []
    return [
        *(_line(one, zone, language) for one in connections),
        language.count(
            "{number} connection passed untouched: what was asked is not known",
            "{number} connections passed untouched: what was asked is not known",
            len(connections),
        ),
    ]


def _line(one: Connection, zone: tzinfo, language: Language) -> str:
    up = language.say("{size} up", size=_size(one.sent_bytes))
    down = language.say("{size} down", size=_size(one.received_bytes))
    return (
        f"{one.at.astimezone(zone):%H:%M:%S}  {one.install}  {program_of(one.client, language)}  "
        f"{up}  {down}  {_end(one, language)}  {milliseconds(one.total_ms)}"
    )


def _end(one: Connection, language: Language) -> str:
    if one.connect_ms is None:
        if one.ended_by == "chained_proxy":
            return language.text("your proxy opened no way")
        return language.text("the server was not reached")
    if one.reset:
        return language.say("broken off by {who}", who=one.ended_by)
    return language.say("ended by {who}", who=one.ended_by)


def _size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.0f} kB"
