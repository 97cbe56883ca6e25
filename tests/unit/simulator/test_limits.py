"""The free pools, the key limiter and Go's dollars, each with dates."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.simulator.limits import (
    KEPT_WINDOWS,
    FreeLimiter,
    GoLimiter,
    WindowedCounts,
    seconds_until,
    window_of,
)
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.scenario import FreeLimit, GoPlan, HeaderGate, ModelOffer, WindowName

INSTANTS = st.datetimes(
    min_value=datetime(2025, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)
)
NAMES: list[WindowName] = ["utc_day", "hour", "minute", "week", "month"]
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
PICKLE = ModelOffer(id="big-pickle", free=True)
CALL = ModelCall()


def admitted(limiter: FreeLimiter, now: datetime = NOON, call: ModelCall = CALL) -> int:
    """How many requests pass before the first refusal."""
    for number in range(10_000):
        hold = limiter.check(call, PICKLE, now)
        if hold.refused:
            return number
        limiter.count(hold, now)
    raise AssertionError("never refused")


def test_the_threshold_is_the_number_of_requests_admitted_a_day() -> None:
    limiter = FreeLimiter(FreeLimit(limit=5, double_new=False), {})
    assert admitted(limiter) == 5
    assert admitted(limiter, NOON + timedelta(hours=11)) == 0
    assert admitted(limiter, NOON + timedelta(hours=12)) == 5


def test_retry_after_counts_down_to_midnight() -> None:
    limiter = FreeLimiter(FreeLimit(), {})
    at = datetime(2026, 9, 1, 10, 2, 57, tzinfo=UTC)
    assert limiter.check(CALL, PICKLE, at).retry_after == 50223


def test_a_new_pool_is_doubled_until_its_lifetime_count_is_seven_thresholds() -> None:
    limiter = FreeLimiter(FreeLimit(limit=5), {})
    days = [admitted(limiter, NOON + timedelta(days=day)) for day in range(6)]
    # 10 + 10 + 10 make 30; on the fourth day the 35th request ends the doubling at once.
    assert days == [10, 10, 10, 5, 5, 5]


def test_the_lifetime_count_stands_still_once_the_pool_is_old() -> None:
    limiter = FreeLimiter(FreeLimit(limit=2), {})
    for day in range(30):
        admitted(limiter, NOON + timedelta(days=day))
    assert limiter._lifetime == {("203.0.113.7",): 14}


def test_models_with_a_figure_share_a_pool_by_two_letters_without_doubling() -> None:
    limiter = FreeLimiter(FreeLimit(limit=5), {})
    mimo = ModelOffer(id="mimo-v2.5-free", free=True, limit=2)
    minimax = ModelOffer(id="minimax-m2.5-free", free=True, limit=3)
    for _ in range(2):
        limiter.count(limiter.check(CALL, mimo, NOON), NOON)
    assert limiter.check(CALL, mimo, NOON).refused
    other = limiter.check(CALL, minimax, NOON)
    assert (other.used, other.threshold, other.new) == (2, 3, False)
    assert limiter.check(CALL, PICKLE, NOON).used == 0


def test_the_header_gate_changes_the_threshold_but_not_the_counter() -> None:
    gate = HeaderGate(headers={"X-OpenCode-Session": "SES_"}, otherwise=2)
    limiter = FreeLimiter(FreeLimit(limit=5, header_gate=gate), {})
    bare = CALL
    dressed = ModelCall(headers={"x-opencode-session": "ses_made_up"})
    assert admitted(limiter, call=bare) == 2
    assert limiter.check(dressed, PICKLE, NOON).threshold == 10
    assert admitted(limiter, call=dressed) == 8
    assert limiter.check(bare, PICKLE, NOON).used == 10


def test_an_absent_header_never_passes_even_an_empty_condition() -> None:
    limiter = FreeLimiter(FreeLimit(header_gate=HeaderGate(headers={"a": ""}, otherwise=1)), {})
    assert limiter.check(CALL, PICKLE, NOON).threshold == 1
    assert limiter.check(ModelCall(headers={"a": "b"}), PICKLE, NOON).threshold > 1


def test_other_people_use_the_pool_from_its_first_moment_each_day() -> None:
    limiter = FreeLimiter(FreeLimit(limit=5, double_new=False, already_used=3), {})
    assert admitted(limiter) == 2
    assert admitted(limiter, NOON + timedelta(days=1)) == 2


def test_consumption_by_others_moves_the_pool() -> None:
    limiter = FreeLimiter(FreeLimit(limit=5, double_new=False), {})
    limiter.consume(CALL, PICKLE, 4, NOON)
    assert admitted(limiter) == 1
    assert not limiter.check(ModelCall(address="198.51.100.1"), PICKLE, NOON).refused


@given(
    limit=st.integers(0, 6),
    addresses=st.lists(st.sampled_from(["203.0.113.1", "203.0.113.2", "2001:db8:1:2::9"])),
)
def test_each_pool_admits_exactly_its_threshold_in_any_order(
    limit: int, addresses: list[str]
) -> None:
    limiter = FreeLimiter(FreeLimit(limit=limit, double_new=False), {})
    passed: dict[str, int] = {}
    for address in addresses:
        hold = limiter.check(ModelCall(address=address), PICKLE, NOON)
        if not hold.refused:
            limiter.count(hold, NOON)
            passed[address] = passed.get(address, 0) + 1
    for address in set(addresses):
        assert passed.get(address, 0) == min(limit, addresses.count(address))


def test_checking_changes_nothing() -> None:
    limiter = FreeLimiter(FreeLimit(limit=1, double_new=False), {})
    assert {limiter.check(CALL, PICKLE, NOON) for _ in range(5)} == {
        limiter.check(CALL, PICKLE, NOON)
    }


def test_old_windows_are_forgotten() -> None:
    counts = WindowedCounts("utc_day")
    for day in range(10):
        counts.add(("a",), NOON + timedelta(days=day))
    assert len(counts._by_window) == KEPT_WINDOWS
    assert counts.used(("a",), NOON + timedelta(days=9)) == 1


def test_go_counts_dollars_in_three_windows() -> None:
    limiter = GoLimiter(GoPlan(five_hours=0.2, weekly=0.3, monthly=10, dollars_per_request=0.1))
    pool = ("wrk_1", "usr_1")
    for _ in range(2):
        limiter.count(pool, NOON)
    five, week, month = limiter.uses(pool, NOON + timedelta(hours=4, minutes=59))
    assert (five.exhausted, week.exhausted, month.exhausted) == (True, False, False)
    assert five.resets_at == NOON + timedelta(hours=5)
    five, week, _ = limiter.uses(pool, NOON + timedelta(hours=5))
    assert (five.percent, week.percent) == (0, 66)
    limiter.count(pool, NOON + timedelta(hours=5))
    assert limiter.uses(pool, NOON + timedelta(days=1))[1].exhausted
    assert limiter.uses(pool, NOON)[1].resets_at == datetime(2026, 9, 7, tzinfo=UTC)
    assert limiter.uses(pool, NOON)[2].resets_at == datetime(2026, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize("pool", [("wrk_2", "usr_1"), ("wrk_1", "usr_2")])
def test_go_pools_are_per_workspace_and_user(pool: tuple[str, str]) -> None:
    limiter = GoLimiter(GoPlan(five_hours=0.1, dollars_per_request=0.1))
    limiter.count(("wrk_1", "usr_1"), NOON)
    assert not limiter.uses(pool, NOON)[0].exhausted


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("utc_day", "2026-12-31T00:00", "2027-01-01T00:00"),
        ("hour", "2026-12-31T23:00", "2027-01-01T00:00"),
        ("minute", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("week", "2026-12-28T00:00", "2027-01-04T00:00"),
        ("month", "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_the_last_second_of_a_year_lies_in_each_window(
    name: WindowName, start: str, end: str
) -> None:
    now = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert window_of(name, now) == (
        datetime.fromisoformat(start + "Z"),
        datetime.fromisoformat(end + "Z"),
    )


@given(now=INSTANTS, name=st.sampled_from(NAMES))
def test_windows_hold_their_instant_and_tile_time(now: datetime, name: WindowName) -> None:
    start, end = window_of(name, now)
    assert start <= now < end
    assert window_of(name, end)[0] == end
    assert window_of(name, end - timedelta(microseconds=1)) == (start, end)


def test_seconds_are_rounded_up_and_never_zero() -> None:
    midnight = datetime(2026, 9, 2, tzinfo=UTC)
    assert seconds_until(midnight, midnight - timedelta(seconds=50222.1)) == 50223
    assert seconds_until(midnight, midnight - timedelta(microseconds=1)) == 1
    assert seconds_until(midnight, midnight - timedelta(days=1)) == 86400
