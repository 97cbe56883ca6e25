"""Lanes by network, marks that add up, resets."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.model.observation import Observation
from pawwork_proxy.report.timeline import timeline
from tests.unit.builders import header
from tests.unit.captures.studies import MORNING, observed, one


def seen(count: int = 6) -> list[Observation]:
    exchanges = [
        one(seq, 1 + seq % 3, refused=seq == 5, address=1 + seq % 2) for seq in range(1, count + 1)
    ]
    return observed(header(simulated=True), exchanges)


def test_lanes_are_installs_grouped_by_network() -> None:
    lanes = timeline(seen()).lanes
    assert [lane.network for lane in lanes] == sorted(lane.network for lane in lanes)
    assert len({*lanes}) == len(lanes) == 6


def test_a_refusal_keeps_its_number_and_its_reset() -> None:
    (mark,) = [mark for mark in timeline(seen()).marks if mark.group == "quota"]
    assert (mark.seq, mark.kind) == (5, "free_usage_limit")
    midnight = (MORNING + timedelta(days=1)).replace(hour=0)
    assert mark.reset is not None
    assert abs(mark.reset - midnight.timestamp()) <= 1
    assert midnight.timestamp() in timeline(seen()).resets


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 50))
def test_thinning_loses_no_exchange(count: int, most: int) -> None:
    drawn = timeline(seen(count), most)
    assert sum(mark.requests for mark in drawn.marks) == count
    assert list(drawn.marks) == sorted(drawn.marks, key=lambda mark: mark.start)


def test_nothing_seen_is_an_empty_timeline() -> None:
    assert timeline([]) == ((), (), ())
