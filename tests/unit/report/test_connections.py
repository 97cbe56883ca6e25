"""A connection whose bytes passed untouched, as a line."""

from typing import Any

import pytest

from pawwork_proxy.report.connections import connection_lines
from tests.unit.builders import connection


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"ended_by": "server"}, "ended by server"),
        ({"ended_by": "client", "reset": True}, "broken off by client"),
        ({"ended_by": "proxy", "connect_ms": None}, "the server was not reached"),
        ({"ended_by": "chained_proxy", "connect_ms": None}, "your proxy opened no way"),
    ],
)
def test_a_connection_says_who_ended_it(changes: dict[str, Any], end: str) -> None:
    line, _ = connection_lines([connection(**changes)])
    assert f"  {end}  " in line
