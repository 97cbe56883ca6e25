"""Bounds per bucket, and refusals that somebody else must have caused."""

from typing import Any

from pawwork_proxy.comparison.thresholds import cut_off, early_refusals, thresholds
from pawwork_proxy.model.observation import ABSENT, SEVERAL
from pawwork_proxy.model.verdict import CutOff
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limiter

ADDRESS = frozenset({"address"})


def test_bounds_of_a_bucket_that_refused() -> None:
    diary = Diary().admitted(5).admitted(ending="aborted").refused().admitted(3, **OFFICE)
    first, second = thresholds(limiter(diary.seen), ADDRESS)
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
    assert thresholds(limiter(diary.seen), frozenset({"install"}))[0].exclusive
    vouched = Diary().admitted(2, exclusive=True).refused(exclusive=True)
    assert thresholds(limiter(vouched.seen), ADDRESS)[0].exclusive


def test_one_pool_for_all_and_parts_of_the_models() -> None:
    found = limiter(Diary().admitted(2).refused(network=None).seen)
    assert thresholds(found, frozenset())[0].bucket == "everybody"
    assert thresholds(found, frozenset({"bucket"}))[0].bucket == "big-pickle"


def test_rows_of_unknown_bucket_may_have_been_counted_in_each_that_fits() -> None:
    nowhere: dict[str, Any] = {"address": None, "prefix": None}
    seen = Diary().admitted(2).admitted(4, **nowhere).refused().admitted(**nowhere).seen
    (bound,) = thresholds(limiter(seen), ADDRESS)
    assert (bound.at_least, bound.at_most) == (2, 6)
    elsewhere = Diary().admitted(2).admitted(4, **nowhere, **TWO).refused().seen
    (bound,) = thresholds(limiter(elsewhere), frozenset({"address", "install"}))
    assert bound.at_most == 2, "of another install, so not of this bucket"


def test_a_folded_run_of_several_prompts_is_no_bucket() -> None:
    seen = Diary().admitted(9, request=SEVERAL).refused().seen
    (bound,) = thresholds(limiter(seen), frozenset({"request"}))
    assert (bound.at_least, bound.at_most) == (0, 9)


def test_each_kind_of_client_has_bounds_of_its_own() -> None:
    """A browser's lower limit is no bound for the desktop client in the same bucket."""
    diary = Diary().admitted(5).refused(user_agent="curl").admitted(3).refused()
    curl, desktop = sorted(thresholds(limiter(diary.seen), ADDRESS), key=lambda x: x.at_least)
    assert (curl.bucket, curl.at_least, curl.at_most) == ("ip:home, curl", 0, 5)
    assert (desktop.bucket, desktop.at_least, desktop.at_most) == (
        "ip:home, opencode/1.16.2",
        8,
        8,
    )
    bare = Diary().admitted(5).refused(session=ABSENT).admitted(user_agent=None)
    assert {bound.bucket for bound in thresholds(limiter(bare.seen), ADDRESS)} == {
        "ip:home, with session",
        "ip:home, without session",
        "ip:home, a client that is not known",
    }


def test_refused_after_few_where_another_got_many() -> None:
    diary = Diary().admitted(20).refused().admitted(**TWO).refused(**TWO)
    (found,) = early_refusals(limiter(diary.seen))
    assert (found.install, found.network, found.own_requests, found.most_admitted) == (
        "two",
        "home",
        1,
        20,
    )
    assert found.row.seq == 23


def test_an_early_refusal_is_one_among_equals() -> None:
    """Another client, another day or somebody unknown may explain it."""
    diary = Diary().admitted(20).refused().refused(**TWO, user_agent="curl")
    assert early_refusals(limiter(diary.seen)) == ()
    diary = Diary().admitted(20).refused().later(days=1).admitted(**TWO).refused(**TWO)
    assert early_refusals(limiter(diary.seen)) == ()
    diary = Diary().admitted(20).admitted(9, install=None).refused(**TWO)
    assert early_refusals(limiter(diary.seen)) == ()


def test_refused_after_many_or_never_or_nobody_is_no_early_refusal() -> None:
    diary = Diary().admitted(4).refused().admitted(**TWO).refused(install=None)
    assert early_refusals(limiter(diary.seen)) == ()


def test_pools_that_were_followed_to_their_refusal_on_several_days_show_the_number() -> None:
    diary = Diary()
    for times in (5, 5, 4):
        diary.admitted(times).refused(2).later(days=1)
    day = limiter(diary.seen)
    found = thresholds(day, frozenset({"address"}))
    assert cut_off(found) == CutOff(at=5, windows=2, of=3)
    assert cut_off(found[:1]) is None, "one day shows no number"
    late = Diary().refused().later(days=1).refused()
    assert cut_off(thresholds(limiter(late.seen), frozenset({"address"}))) is None


def test_a_day_of_two_numbers_is_not_one_of_the_number() -> None:
    diary = Diary().admitted(3).refused().admitted(2, **OFFICE).refused(**OFFICE).later(days=1)
    diary.admitted(3).refused()
    found = thresholds(limiter(diary.seen), frozenset({"address"}))
    assert cut_off(found) == CutOff(at=3, windows=1, of=2)
