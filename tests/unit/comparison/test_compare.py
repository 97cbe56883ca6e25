"""What a comparison must be able to tell, asked of small studies."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import ABSENT, Observation
from pawwork_proxy.model.verdict import Comparison, Note, Verdict
from tests.unit.comparison.builders import OFFICE, SAVED_KEY, TWO, Diary, answered, repeated


def verdict(comparison: Comparison, dimension: str) -> Verdict:
    return next(v for v in comparison.limits[0].verdicts if v.dimension == dimension)


def finding(seen: list[Observation], dimension: str) -> str:
    return verdict(studied(seen), dimension).finding


def studied(seen: Sequence[Observation]) -> Comparison:
    """What a study that was done twice shows: one slip does not explain both."""
    return compare(repeated(seen), plan=False)


def test_another_address_is_admitted_after_a_refusal() -> None:
    """Nothing but the address changed: the limit follows it, and the network it stands for."""
    seen = Diary().admitted(9).refused().admitted(**OFFICE).seen
    assert finding(seen, "address") == "follows"
    assert finding(seen, "network") == "follows"
    assert finding(seen, "global") == "does_not_follow"


def test_another_install_is_refused_at_once() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).seen
    assert finding(seen, "install") == "does_not_follow"
    assert finding(seen, "session") == "does_not_follow"


def test_a_device_that_changed_along_is_confounded() -> None:
    seen = Diary().admitted(9).refused().admitted(**TWO, **OFFICE).seen
    found = verdict(studied(seen), "address")
    assert (found.finding, found.reason) == ("undetermined", "confounded")
    assert "install" in found.confounded_with


def test_a_fresh_address_that_is_refused_proves_nothing() -> None:
    """Others may have used it up; unless the user vouches that nobody did."""
    assert finding(Diary().admitted(9).refused().refused(**OFFICE).seen, "address") == (
        "undetermined"
    )
    alone = (
        Diary()
        .admitted(9, exclusive=True)
        .refused(exclusive=True)
        .refused(**OFFICE, exclusive=True)
    )
    found = verdict(studied(alone.seen), "address")
    assert found.finding == "does_not_follow"
    assert "alone" in found.assumptions


def test_a_saved_key_that_is_refused_at_once_does_not_help() -> None:
    """A key of one's own is used by nobody else."""
    seen = Diary().admitted(9).admitted(**SAVED_KEY).refused().refused(**SAVED_KEY).seen
    assert finding(seen, "key") == "undetermined"
    fresh = {**SAVED_KEY, "key": "key:fresh"}
    seen = Diary().admitted(9).admitted(**SAVED_KEY).refused(**SAVED_KEY).refused(**fresh).seen
    assert finding(seen, "key") == "does_not_follow"


def test_a_key_that_is_admitted_may_just_be_allowed_more() -> None:
    """One direction is a threshold; both directions are two pools."""
    first = Diary().admitted(9).refused().admitted(**SAVED_KEY)
    assert finding(first.seen, "key") == "undetermined"
    first.later(days=1).admitted(9, **SAVED_KEY).refused(**SAVED_KEY).admitted()
    found = verdict(studied(first.seen), "auth_kind")
    assert finding(first.seen, "global") == "does_not_follow"
    assert found.reason == "confounded"
    assert found.confounded_with == ("key", "workspace")


def test_two_keys_of_one_kind_are_told_apart_at_once() -> None:
    other = {**SAVED_KEY, "key": "key:other"}
    seen = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY).admitted(**other).seen
    assert finding(seen, "key") == "follows"
    assert finding(seen, "workspace") == "does_not_follow"


@pytest.mark.parametrize("dimension", ["user_agent", "model", "client"])
def test_a_higher_threshold_is_no_pool_of_its_own(dimension: str) -> None:
    seen = Diary().admitted(5).refused().admitted(**{dimension: "another"}).seen
    assert finding(seen, dimension) == "undetermined"


def test_each_client_admitted_after_the_other_is_two_pools() -> None:
    diary = Diary().admitted(5).refused().admitted(user_agent="other/1")
    diary.later(days=1).admitted(5, user_agent="other/1").refused(user_agent="other/1").admitted()
    found = verdict(studied(diary.seen), "user_agent")
    assert found.finding == "follows"
    assert found.evidence[0].shows == "opposed"
    assert "same_order" in found.assumptions


def test_refused_after_far_fewer_than_elsewhere() -> None:
    """The second install used its own pool three times; the first had used its own twenty times."""
    seen = Diary().admitted(20).refused().admitted(3, **TWO).refused(**TWO).seen
    found = verdict(studied(seen), "install")
    assert found.finding == "undetermined"
    seen = Diary().admitted(3, **TWO).admitted(20).refused().refused(**TWO).seen
    found = verdict(studied(seen), "install")
    assert found.finding == "does_not_follow"
    assert "uniform" in found.assumptions
    assert found.evidence[0].own == 3


def test_a_doubled_threshold_is_allowed_for() -> None:
    """A server may allow a new address twice as much, and requests may weigh differently."""
    seen = Diary().admitted(4, **TWO).admitted(20).refused().refused(**TWO).seen
    assert finding(seen, "install") == "does_not_follow"
    there = {**OFFICE, "exclusive": True}
    alone = Diary().admitted(10, **there).admitted(20, exclusive=True).refused(exclusive=True)
    assert finding(alone.refused(**there).seen, "address") == "undetermined"


def test_a_client_that_was_never_admitted_shows_nothing() -> None:
    """Its threshold may be nothing at all, as a relayed service has it for unknown clients."""
    seen = Diary().admitted(9).refused().refused(**TWO, user_agent="unknown/1").seen
    assert finding(seen, "install") == "undetermined"


def test_refusal_before_the_answer_of_a_parallel_request_orders_nothing() -> None:
    diary = Diary().admitted(9).refused()
    parallel = diary.seen[-1].started_at
    diary.admitted(started_at=parallel, answered_at=parallel, ended_at=parallel, **OFFICE)
    assert finding(diary.seen, "address") == "undetermined"


def test_clocks_that_may_disagree_order_nothing() -> None:
    first = Diary("c1").admitted(9, clock_error_s=30.0).refused(clock_error_s=30.0)
    second = Diary("c2", first.clock).admitted(clock_error_s=30.0, **OFFICE)
    assert finding([*first.seen, *second.seen], "address") == "undetermined"
    second.later(minutes=5).admitted(clock_error_s=30.0, **OFFICE)
    assert finding([*first.seen, *second.seen], "address") == "follows"


def test_an_admission_after_midnight_shows_nothing() -> None:
    start = datetime(2026, 6, 3, 23, 50, tzinfo=UTC)
    seen = Diary(start=start).admitted(9).refused().later(minutes=15).admitted(**OFFICE).seen
    comparison = compare(seen)
    assert verdict(comparison, "address").finding == "undetermined"
    assert [one.reason for one in comparison.exclusions] == ["no_refusal_in_window"]


def test_a_stream_over_midnight_may_count_for_the_day_it_ends_in() -> None:
    """The second install's refusal may be owed to its own stream of the day before."""
    start = datetime(2026, 6, 3, 23, 50, tzinfo=UTC)
    over = {"ended_at": datetime(2026, 6, 4, 0, 5, tzinfo=UTC)}
    diary = Diary(start=start).admitted(**TWO, **over).later(minutes=20)
    diary.admitted().refused(**TWO, request="msg:two").refused(**TWO)
    assert finding(diary.seen, "install") == "undetermined"
    sooner = Diary(start=start).admitted(**TWO).later(minutes=20)
    sooner.admitted().refused(**TWO, request="msg:two").refused(**TWO)
    assert finding(sooner.seen, "install") == "does_not_follow"


def test_aborted_requests_may_or_may_not_count() -> None:
    """Nine aborted answers may have used up the second install's own pool."""
    seen = Diary().admitted(9, ending="aborted", **TWO).admitted(9).refused().refused(**TWO).seen
    assert finding(seen, "install") == "undetermined"


def test_overload_may_have_counted() -> None:
    diary = Diary().admitted(9).refused()
    diary.other("provider_overload", "overload", origin="relayed:other", **TWO).refused(**TWO)
    assert finding(diary.seen, "device") == "undetermined"
    assert [one.reason for one in compare(diary.seen).exclusions] == ["not_quota"]


def test_an_address_that_is_not_known_may_be_any() -> None:
    unknown = {"address": None, "prefix": None, "network": "office"}
    other = {**SAVED_KEY, "key": "key:other"}
    diary = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY).admitted(**(other | unknown))
    comparison = compare(diary.seen)
    assert verdict(comparison, "key").finding == "undetermined"
    assert "address_not_known" in {note.id for note in comparison.notes}


def test_an_address_that_is_never_known_is_said_so() -> None:
    unknown = {"address": None, "prefix": None, "network": None}
    seen = Diary().admitted(9, **unknown).refused(**unknown).refused(**unknown, **TWO).seen
    found = verdict(studied(seen), "address")
    assert found.ground == "not_known"


def test_rows_that_contradict_each_other_are_both_shown() -> None:
    """Refused, then the very same admitted, with nothing changed at all."""
    same = {"request": "msg:same"}
    seen = Diary().admitted(9, **same).refused(**same).admitted(**same).refused(**TWO).seen
    comparison = studied(seen)
    found = verdict(comparison, "install")
    assert (found.finding, found.reason) == ("undetermined", "contradictory")
    assert {one.shows for one in found.evidence} == {"separate", "shared"}
    assert "contradict each other" in answered(comparison)
    assert comparison.limits[0].thresholds == ()
    assert comparison.next_experiment is None


def test_models_of_which_only_some_share_a_pool() -> None:
    """Two groups share one pool, a third has its own, and both is shown."""
    second = {"model": "north-a", "model_group": "no"}
    third = {"model": "mimo-a", "model_group": "mi"}
    diary = Diary()
    with_alone = {"exclusive": True}
    diary.admitted(2, **second, **with_alone).admitted(20, **with_alone)
    diary.refused(**with_alone).refused(**second, **with_alone).admitted(**third, **with_alone)
    there = {**OFFICE, **with_alone}
    diary.admitted(20, **third, **there).refused(**third, **there)
    diary.admitted(**there).refused(**there)
    found = verdict(studied(diary.seen), "model_group")
    assert (found.finding, found.reason) == ("undetermined", "contradictory")
    assert len(found.evidence) == 2
    assert finding(diary.seen, "install") == "undetermined"


def test_ipv6_addresses_of_one_prefix() -> None:
    v6 = {"address": "ip:a", "prefix": "ip6p:x", "ip_family": "ipv6", "exclusive": True}
    neighbour = {**v6, "address": "ip:b"}
    seen = Diary().admitted(9, **v6).refused(**v6).refused(**neighbour).seen
    seen += Diary("c2", seen[-1].ended_at).admitted(**OFFICE, ip_family="ipv6").seen
    assert finding(seen, "address") == "does_not_follow"
    assert finding(seen, "prefix") == "follows"
    assert "IPv6 network" in answered(compare(seen))


def test_sessions_that_are_not_sent_fix_no_install() -> None:
    nobody = {"session": ABSENT, "request": ABSENT}
    seen = Diary().admitted(9, **nobody).refused(**nobody).admitted(**nobody, install="two").seen
    found = verdict(studied(seen), "install")
    assert found.finding == "follows"
    assert verdict(studied(seen), "session").reason == "untested"


def test_a_retry_and_a_title_call_are_one_observation() -> None:
    once = Diary().admitted(9).refused().admitted(3, action="turn", **OFFICE)
    assert verdict(studied(once.seen), "address").independent == 2
    thrice = Diary().admitted(9).refused()
    for number in range(3):
        thrice.admitted(action=f"turn {number}", **OFFICE)
    assert verdict(studied(thrice.seen), "address").independent == 6
    unnamed = Diary().admitted(9).refused().admitted(3, **OFFICE)
    assert verdict(studied(unnamed.seen), "address").independent == 1, "of one session"


def test_each_fresh_pool_that_is_refused_counts() -> None:
    diary = Diary().admitted(9).refused()
    for number in range(3):
        diary.refused(install=f"fresh {number}", session=f"ses:{number}", action=f"turn {number}")
    assert verdict(studied(diary.seen), "install").independent == 6


def test_limits_of_two_origins_are_kept_apart() -> None:
    diary = Diary().admitted(9).refused()
    relayed = {"origin": "relayed:Console", "cadence": "utc_day"}
    diary.other("free_usage_limit", "quota", **relayed).refused(**TWO)
    comparison = compare(diary.seen)
    assert [limit.origin for limit in comparison.limits] == ["zen", "relayed:Console"]
    assert "several_limiters" in {note.id for note in comparison.notes}


def test_the_order_of_the_input_does_not_matter() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen
    shuffled = list(seen)
    random.Random(7).shuffle(shuffled)
    assert compare(shuffled) == compare(seen)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([], "nothing to compare"),
        (Diary().admitted(3).seen, "Nobody was refused"),
        (Diary().refused(origin="edge").seen, "no refusal can be used"),
    ],
)
def test_what_cannot_be_said_is_said(seen: list[Observation], words: str) -> None:
    comparison = compare(seen)
    assert words in answered(comparison)
    assert comparison.limits == ()
    assert comparison.next_experiment is not None
    assert comparison.next_experiment.id == "wait_for_refusal"
    assert all(option.open is None for option in comparison.options)


def test_notes_name_what_weakens_the_comparison() -> None:
    diary = Diary().admitted(simulated=True, chained_proxy=True)
    diary.refused(simulated=True, address="ip:other", prefix="ip:other")
    assert compare(diary.seen).notes == (
        Note(id="simulated"),
        Note(id="chained_proxy"),
        Note(id="one_install"),
        Note(id="label", label="home", addresses=2),
    )


def test_notes_are_about_the_study_that_is_compared() -> None:
    diary = Diary().admitted(2, study="study:a").refused(study="study:a")
    diary.admitted(study="study:b", address="ip:other", install="other 222222")
    assert compare(diary.seen).notes == (Note(id="one_install"),)


def test_everything_that_is_decided_has_evidence_rows() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen
    for found in studied(seen).limits[0].verdicts:
        assert (found.finding == "undetermined") == (not found.evidence)


def test_product_options_follow_the_verdicts() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen
    found = {option.option: option.open for option in studied(seen).options}
    assert found == {"own_relay": None, "user_keys": None, "no_free_default": True}
