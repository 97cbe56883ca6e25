"""One exchange that two routes recorded counts once."""

from datetime import timedelta
from typing import Any

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.model.observation import SEVERAL, UNTOUCHED, Observation
from tests.unit.comparison.builders import MORNING, Diary

RAY: dict[str, Any] = {"answer_id": "8f1e2d3c4b5a6978-FRA"}
TAPPED: dict[str, Any] = {"instrument": UNTOUCHED, "address": None, "prefix": None}
ONE: dict[str, Any] = {"request": "msg:x", "action": "msg:x"}


def reasons(seen: list[Observation]) -> dict[str, tuple[str, ...]]:
    return {one.reason: one.examples for one in select(seen).exclusions}


def both(**changes: Any) -> list[Observation]:
    """One refusal in two captures, fifteen milliseconds apart."""
    inside = Diary("in").admitted(1, **TAPPED, request="a").refused(**TAPPED, **ONE, **changes)
    proxied = Diary("by", MORNING + timedelta(seconds=0.015)).admitted(1, request="b")
    return [*inside.seen, *proxied.refused(**ONE, **changes).seen]


def test_joined_by_what_edge_or_provider_call_the_answer() -> None:
    seen = both(**RAY)
    assert reasons(seen)["seen_twice"] == ("in#2",)
    comparison = compare(seen)
    assert (comparison.limits[0].refused, comparison.limits[0].admitted) == (1, 2)


def test_the_record_of_the_route_that_reached_the_server_counts() -> None:
    """Tapped and proxied at once, our handshake reached the server: no untouched refusal."""
    assert compare(both(**RAY)).instrument.status != "disturbs"
    (limit,) = select(both(**RAY)).limiters
    assert [row.seen.capture for row in limit.part("refused")] == ["by"]


def test_without_an_id_by_user_action_and_time_if_the_clocks_are_sure() -> None:
    assert reasons(both())["seen_twice"] == ("in#2",)
    assert "seen_twice" not in reasons(both(clock_error_s=2.0))


def test_retries_at_one_time_are_not_told_apart_and_not_joined() -> None:
    seen = both()
    again = seen[-1].model_copy(update={"seq": 9})
    assert "seen_twice" not in reasons([*seen, again])


@pytest.mark.parametrize("other", [{"model": "north-free"}, {"install": "two"}], ids=str)
def test_equal_ids_of_different_requests_join_nothing(other: dict[str, Any]) -> None:
    seen = both(**RAY)
    who = seen[1].who.model_copy(update=other)
    seen[1] = seen[1].model_copy(update={"who": who})
    assert "seen_twice" not in reasons(seen)


def test_among_many_that_were_counted_together_nobody_can_tell() -> None:
    """They may have counted, and are no evidence."""
    inside = Diary("in").admitted(1, **TAPPED).seen
    end = MORNING + timedelta(hours=1)
    long = {"count": 50, "answered_at": end, "ended_at": end, "request": SEVERAL}
    run = Diary("by").admitted(**long).refused().seen
    assert reasons([*inside, *run])["perhaps_twice"] == ("in#1",)
    (limit,) = select([*inside, *run]).limiters
    assert [row.seen.capture for row in limit.part("maybe")] == ["in"]
