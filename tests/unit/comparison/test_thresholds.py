"""Bounds per bucket, and refusals that somebody else must have caused."""

from __future__ import annotations

from pawwork_proxy.comparison.thresholds import early_refusals, thresholds
from tests.unit.comparison.builders import OFFICE, TWO, Diary, stratum

ADDRESS = frozenset({"address"})


def test_bounds_of_a_bucket_that_refused() -> None:
    diary = Diary().admitted(5).admitted(ending="aborted").refused().admitted(3, **OFFICE)
    first, second = thresholds(stratum(diary.seen), ADDRESS)
    assert (first.bucket, first.at_least, first.at_most, first.exclusive) == (
        "ip:home",
        6,
        6,
        False,
    )
    assert first.first_refusal is not None
    assert first.first_refusal.seq == 7
    assert (second.bucket, second.at_least, second.at_most) == ("ip:office", 3, None)


def test_buckets_of_ones_own_are_exclusive() -> None:
    diary = Diary().admitted(2).refused()
    assert thresholds(stratum(diary.seen), frozenset({"install"}))[0].exclusive
    vouched = Diary().admitted(2, alone=True).refused(alone=True)
    assert thresholds(stratum(vouched.seen), ADDRESS)[0].exclusive


def test_one_pool_for_all_and_parts_of_the_models() -> None:
    found = stratum(Diary().admitted(2).refused(network=None).seen)
    assert thresholds(found, frozenset())[0].bucket == "everybody"
    assert thresholds(found, frozenset({"bucket"}))[0].bucket == "big-pickle"


def test_rows_of_unknown_bucket_are_in_none() -> None:
    seen = Diary().admitted(2).refused().admitted(address=None, prefix=None).seen
    assert [bound.at_least for bound in thresholds(stratum(seen), ADDRESS)] == [2]


def test_refused_after_few_where_another_got_many() -> None:
    diary = Diary().admitted(20).refused().admitted(**TWO).refused(**TWO)
    (found,) = early_refusals(stratum(diary.seen))
    assert (found.install, found.network, found.own_requests, found.most_admitted) == (
        "two",
        "home",
        1,
        20,
    )
    assert "c1#23" in found.words


def test_refused_after_many_or_never_or_nobody_is_no_early_refusal() -> None:
    diary = Diary().admitted(4).refused().admitted(**TWO).refused(install=None)
    assert early_refusals(stratum(diary.seen)) == ()
