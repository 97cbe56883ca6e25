"""Cadence, quota against overload, and the noise floor."""

from datetime import UTC, datetime

from pawwork_proxy.comparison.patterns import cadences, hours, noise_floor
from pawwork_proxy.comparison.selection import select
from tests.unit.comparison.builders import SAVED_KEY, TWO, Diary

MIDNIGHT = datetime(2026, 6, 4, tzinfo=UTC)


def test_cadences_are_counted_over_all_refusals() -> None:
    diary = Diary().refused(2, reset_at=MIDNIGHT).other("go_usage_limit", "quota").admitted()
    assert [(one.cadence, one.refusals, one.latest_reset) for one in cadences(diary.seen)] == [
        ("utc_day", 2, MIDNIGHT),
        ("none", 1, None),
    ]


def test_hours_tell_quota_from_overload() -> None:
    diary = Diary().admitted(2).refused().other("provider_overload", "overload")
    diary.later(hours=1).other("server_error", "server")
    first, second = hours(diary.seen)
    assert (first.admitted, first.quota, first.overload, first.other) == (2, 1, 1, 0)
    assert (second.at.hour, second.other) == (10, 1)


def test_an_alike_pair_that_agrees() -> None:
    found = noise_floor(select(Diary().admitted().refused().refused(**TWO).seen).limiters)
    assert (found.pairs, found.differing) == (2, 0)


def test_an_alike_pair_that_differs() -> None:
    found = noise_floor(select(Diary().refused().admitted(**TWO).seen).limiters)
    assert (found.pairs, found.differing) == (1, 1)


def test_pairs_that_are_far_apart_or_unlike_are_none() -> None:
    diary = Diary().refused().later(hours=1).admitted().admitted(**SAVED_KEY)
    diary.other("provider_overload", "overload")
    found = noise_floor(select(diary.seen).limiters)
    assert found.pairs == 0
    unknown = Diary().refused(address=None).admitted(address=None, **TWO).seen
    assert noise_floor(select(unknown).limiters).pairs == 0, "they may differ in what is not known"
    assert noise_floor(()).pairs == 0
