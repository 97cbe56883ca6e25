"""The rhythm of a limit, from all its refusals together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawwork_proxy.comparison.rhythms import HOURS, end_of, rhythm_of
from pawwork_proxy.comparison.windows import HOUR_S, Cycle
from pawwork_proxy.model.observation import Observation
from tests.unit.comparison.builders import Diary

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
RELAYED: dict[str, Any] = {"origin": "relayed:Console"}


def refusal(at: datetime, wait_s: float | None, **changes: Any) -> Observation:
    """A refusal of a moment that says how long to wait."""
    named = {"retry_after_s": wait_s, "cadence": "other"} if wait_s else {"cadence": "none"}
    diary = Diary(start=at - timedelta(seconds=11))
    (seen,) = diary.refused(**{**named, **changes}).seen
    assert seen.answered_at == at
    return seen


def ending(at: str, end: str, **changes: Any) -> Observation:
    """A refusal by moments such as `1 09:30`, the day of June 2026."""
    start, until = (
        datetime.strptime(f"2026-06-{one} +0000", "%Y-%m-%d %H:%M %z") for one in (at, end)
    )
    return refusal(start, (until - start).total_seconds(), **changes)


@pytest.mark.parametrize(
    ("wait_s", "kind"), [(50_223.0, "utc_day"), (396_000.0, "week"), (396_001.0 + 7200, "unknown")]
)
def test_the_length_of_one_wait_tells_a_day_from_a_week(wait_s: float, kind: str) -> None:
    end = MONDAY + timedelta(days=7, hours=2 if kind == "unknown" else 0)
    found = rhythm_of([refusal(end - timedelta(seconds=wait_s), wait_s, **RELAYED)])
    assert found.rhythm.kind == kind
    assert found.rhythm.resets_at == end
    assert not found.rhythm.certain, "one refusal"


def test_hours_that_end_at_midnight_are_no_day_if_others_end_elsewhere() -> None:
    late, early = ending("1 22:30", "2 00:00"), ending("2 13:00", "2 15:00")
    other = ending("2 06:30", "2 09:00")
    rhythm, cycle = rhythm_of([late, early, other])
    assert (rhythm.kind, rhythm.period_s, rhythm.certain) == ("hours", 3 * HOUR_S, True)
    assert cycle == Cycle("hours", 3 * HOUR_S)
    assert rhythm_of([late]).cycle == Cycle("utc_day"), "Zen's own limit is a daily one"


def test_hours_that_several_lengths_fit_give_no_windows() -> None:
    """Windows of 1, 2, 3 and 6 hours end at 12:00 and 18:00."""
    seen = [ending("1 11:30", "1 12:00"), ending("1 17:40", "1 18:00")]
    assert rhythm_of(seen) == rhythm_of(seen[::-1])
    rhythm, cycle = rhythm_of(seen)
    assert (rhythm.kind, rhythm.period_s, rhythm.certain, cycle) == ("hours", None, False, None)
    assert rhythm_of([ending("1 12:20", "1 15:00")]).cycle is None, "one moment may be chance"


def test_a_short_wait_until_midnight_is_no_day_where_no_source_says_so() -> None:
    short = ending("1 22:30", "2 00:00", **RELAYED)
    assert rhythm_of([short]).rhythm.kind == "hours"
    assert rhythm_of([short]).cycle is None
    longer = ending("2 09:00", "3 00:00", **RELAYED)
    assert rhythm_of([short, longer]).rhythm == (
        "utc_day",
        86_400.0,
        MONDAY + timedelta(days=2),
        True,
        (),
    )


def test_a_day_that_begins_at_another_hour_is_24_hours() -> None:
    rhythm, cycle = rhythm_of([ending("1 09:00", "2 07:00"), ending("2 12:00", "3 07:00")])
    assert (rhythm.kind, rhythm.period_s, rhythm.certain, cycle) == ("hours", 86_400.0, True, None)


@pytest.mark.parametrize(
    ("ends", "perhaps"),
    [
        (("2026-06-08",), ("week",)),
        (("2026-06-08", "2026-06-15"), ("week",)),
        (("2026-07-01",), ("month",)),
        (("2026-06-01",), ("week", "month")),
        (("2026-06-01", "2026-07-01"), ("month",)),
        (("2026-06-08", "2026-06-09"), ()),
        (("2026-06-09",), ()),
    ],
)  # fmt: skip
def test_a_limit_met_only_on_last_days_may_be_longer_than_a_day(
    ends: tuple[str, ...], perhaps: tuple[str, ...]
) -> None:
    wait_s = 50_223.0
    moments = [datetime.fromisoformat(f"{one}T00:00:00+00:00") for one in ends]
    seen = [refusal(one - timedelta(seconds=wait_s), wait_s, **RELAYED) for one in moments]
    rhythm, cycle = rhythm_of([*seen, *seen])
    assert (rhythm.kind, rhythm.perhaps, cycle) == ("utc_day", perhaps, Cycle("utc_day"))
    assert rhythm.certain is not bool(perhaps)


def test_what_words_call_daily_is_no_longer_limit() -> None:
    sunday = ending("7 09:00", "8 00:00")
    assert rhythm_of([sunday]).rhythm.perhaps == ("week",)
    assert rhythm_of([sunday, refusal(MONDAY, None, cadence="utc_day")]).rhythm.perhaps == ()


@pytest.mark.parametrize(
    ("ends", "period_s"),
    [
        (("2026-06-02", "2026-06-09"), None),
        (("2026-06-02", "2026-07-02"), None),
        (("2026-06-02", "2026-06-09", "2026-06-10"), 86_400.0),
    ],
    ids=["a week apart", "a month apart", "days apart"],
)
def test_days_that_are_weeks_or_months_apart_tell_no_length(
    ends: tuple[str, ...], period_s: float | None
) -> None:
    moments = [datetime.fromisoformat(f"{one}T07:00:00+00:00") for one in ends]
    found = rhythm_of([refusal(one - timedelta(hours=20), 72_000.0) for one in moments])
    assert (found.rhythm.kind, found.rhythm.period_s) == ("hours", period_s)


def test_ends_at_any_moment_are_a_rolling_limit() -> None:
    rhythm, cycle = rhythm_of([ending("1 09:13", "1 11:47"), ending("1 15:01", "1 19:59")])
    assert (rhythm.kind, rhythm.period_s, cycle) == ("rolling", None, None)


@pytest.mark.parametrize(
    ("at", "end", "kind"),
    [
        ("2026-06-10", "2026-07-01", "month"),
        ("2026-05-28", "2026-06-01", "unknown"),
        ("2026-05-20", "2026-06-01", "month"),
        ("2026-06-02", "2026-06-04", "unknown"),
        ("2026-06-02", "2026-08-03", "unknown"),
    ],
    ids=["first", "first and Monday", "more than a week", "Thursday", "two months"],
)
def test_the_first_of_a_month_and_mondays(at: str, end: str, kind: str) -> None:
    start, until = (datetime.fromisoformat(f"{one}T00:00:00+00:00") for one in (at, end))
    assert rhythm_of([refusal(start, (until - start).total_seconds())]).rhythm.kind == kind


def test_words_count_where_no_moment_is_named() -> None:
    week = refusal(MONDAY, None, cadence="week")
    assert rhythm_of([week, refusal(MONDAY, None)]).cycle == Cycle("week")
    daily = rhythm_of([refusal(MONDAY, None)]).rhythm
    assert (daily.kind, daily.perhaps) == ("utc_day", ()), "no end hints at a longer one"
    month = refusal(MONDAY, None, cadence="month")
    assert rhythm_of([week, month]).rhythm == ("unknown", None, None, False, ())
    day = ending("1 09:00", "2 00:00")
    assert rhythm_of([day, week]).cycle is None
    assert rhythm_of([day, refusal(MONDAY, None)]).cycle == Cycle("utc_day")
    minute = refusal(MONDAY, 60.0, cadence="minute")
    assert rhythm_of([minute, minute]).cycle == Cycle("minute")


def test_a_moment_by_a_clock_that_may_be_far_off_tells_no_rhythm() -> None:
    off = ending("1 09:13", "1 23:50", clock_error_s=300.0, cadence="utc_day")
    assert end_of(off) == datetime(2026, 6, 1, 23, 50, tzinfo=UTC)
    assert rhythm_of([off]).cycle == Cycle("utc_day")
    by_server = off.model_copy(update={"reset_at": MONDAY + timedelta(days=1)})
    assert rhythm_of([by_server]).rhythm.resets_at == MONDAY + timedelta(days=1)
    unsaid = by_server.model_copy(update={"retry_after_s": None})
    assert rhythm_of([unsaid]).rhythm.kind == "utc_day"


def test_hours_are_in_order() -> None:
    assert list(HOURS) == sorted(HOURS)


def test_an_end_that_is_past_says_nothing() -> None:
    past = refusal(MONDAY, None, reset_at=MONDAY - timedelta(hours=3), cadence="week")
    assert end_of(past) is None
    assert rhythm_of([past]).cycle == Cycle("week")
