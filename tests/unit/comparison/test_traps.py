"""What once made wrong verdicts: each case is a world in which the tempting answer is false."""

from datetime import timedelta
from typing import Any

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import PUBLIC, SEVERAL, Identities, Observation
from pawwork_proxy.model.verdict import Finding, Reason, Verdict
from pawwork_proxy.report.answer import answer_of
from tests.unit.comparison.builders import (
    OFFICE,
    SAVED_KEY,
    TWO,
    Diary,
    answered,
    limiter,
    repeated,
)

RELAYED: dict[str, Any] = {"origin": "relayed:Console"}


def found(seen: list[Observation], unrecorded: list[Observation] = []) -> dict[str, Verdict]:  # noqa: B006
    """The verdicts of a study that was done twice: one slip does not explain both."""
    (limit,) = compare(repeated(seen), repeated(unrecorded)).limits
    return {verdict.dimension: verdict for verdict in limit.verdicts}


def finding(seen: list[Observation], dimension: str) -> tuple[Finding, Reason]:
    verdict = found(seen)[dimension]
    return verdict.finding, verdict.reason


def missing(diary: Diary, count: int, **who: Any) -> Observation:
    """So many requests without a record, somewhere since the diary began."""
    first = diary.seen[0]
    return Observation(
        capture=diary.capture,
        seq=900,
        started_at=first.started_at,
        ended_at=diary.clock,
        kind="unknown",
        family="unknown",
        origin="unknown",
        count=count,
        who=Identities(**who),
    )


def test_what_is_not_recorded_is_not_followed_though_nothing_else_would_explain() -> None:
    """Refused and admitted an hour later, no egress probe: a reset, a VPN, anything."""
    unknown = {"address": None, "prefix": None}
    diary = Diary().admitted(9, **unknown).refused(**unknown).later(hours=1).admitted(**unknown)
    verdict = found(diary.seen)["address"]
    assert (verdict.finding, verdict.reason) == ("undetermined", "untested")
    assert (verdict.ground, verdict.values_seen) == ("unrecorded_change", 0)
    answer = answered(compare(diary.seen))
    assert answer.startswith("Not sure yet. Only this fits so far: per network address.")


def test_the_same_value_everywhere_is_not_followed_either() -> None:
    """A contrast needs two known values, also where the address is known in half of the rows."""
    gone = {"address": None, "prefix": None}
    diary = Diary().admitted(9).refused().admitted(**gone)
    verdict = found(diary.seen)["address"]
    assert (verdict.finding, verdict.reason) == ("undetermined", "untested")
    assert (verdict.ground, verdict.values_seen) == ("unrecorded_change", 1)
    two = Diary().admitted(**OFFICE).admitted(9).refused().admitted(**gone)
    assert finding(two.seen, "address") == ("undetermined", "insufficient")


def test_one_key_is_one_workspace_though_nobody_told_which() -> None:
    keyed = {**SAVED_KEY, "workspace": None}
    seen = Diary().admitted(9, **keyed).refused(**keyed).admitted(**keyed, **OFFICE).seen
    assert finding(seen, "address") == ("follows", "decided")
    assert found(seen)["workspace"].reason == "untested"
    other = {**keyed, "key": "key:other"}
    seen = Diary().admitted(9, **keyed).refused(**keyed).admitted(**other, **OFFICE).seen
    assert finding(seen, "address")[0] == "undetermined", "it may be the workspace"


def test_a_workspace_known_for_a_key_once_is_known_for_it() -> None:
    unknown = {**SAVED_KEY, "workspace": None}
    seen = Diary().admitted(9, **SAVED_KEY).refused(**unknown).admitted(**SAVED_KEY, **OFFICE).seen
    assert finding(seen, "address") == ("follows", "decided")


def test_a_relayed_limit_without_a_reset_is_no_evidence() -> None:
    diary = Diary().admitted(9).other("free_usage_limit", "quota", **RELAYED)
    comparison = compare(diary.later(hours=1).admitted(**OFFICE).seen)
    assert not comparison.limits
    assert [one.reason for one in comparison.exclusions] == [
        "no_fixed_reset",
        "no_refusal_in_window",
    ]


def test_zens_own_limit_is_daily_also_where_it_does_not_say_so() -> None:
    diary = Diary().admitted(9).other("free_usage_limit", "quota").admitted(**OFFICE)
    assert finding(diary.seen, "address") == ("follows", "decided")
    assert "(no refusal said so)" in answer_of(compare(diary.seen)).quota
    hourly = [one.model_copy(update={"server_era": "V1"}) for one in diary.seen]
    assert not compare(hourly).limits, "the first era counted by the hour"
    gated = [one.model_copy(update={"server_era": "V7b"}) for one in diary.seen]
    assert not compare(gated).limits, "since V7b a gate refuses so"


def test_a_gate_that_refuses_exactly_as_the_quota_makes_no_verdict() -> None:
    """Whoever was never admitted may be turned away always; the others are counted."""
    other = {"user_agent": "ai-sdk/2.0", "client": "desktop"}
    diary = Diary().refused(**other).admitted(9, **TWO).refused(**other).admitted(**TWO)
    found = {one.finding for one in compare(diary.seen).limits[0].verdicts}
    assert "follows" not in found


def test_a_relayed_limit_is_named_in_the_answer() -> None:
    daily = {**RELAYED, "cadence": "utc_day"}
    diary = Diary().admitted(9).other("free_usage_limit", "quota", **daily).admitted(**OFFICE)
    assert answered(compare(repeated(diary.seen))).startswith("Console: Counted per")


def test_what_a_provider_refused_the_limiter_had_counted() -> None:
    diary = Diary().admitted(9)
    for _ in range(9):
        diary.other("client_gate", "policy", **RELAYED, **TWO)
    assert finding(diary.refused(**TWO).seen, "install")[0] == "undetermined"
    own = Diary().admitted(9)
    for _ in range(9):
        own.other("client_gate", "policy", **TWO)
    assert finding(own.refused(**TWO).seen, "install")[0] == "does_not_follow"


def test_what_a_relay_refused_zen_had_counted() -> None:
    diary = Diary().admitted(9)
    for _ in range(9):
        diary.other("free_usage_limit", "quota", **RELAYED, **TWO)
    assert finding(diary.refused(**TWO).seen, "install")[0] == "undetermined"


def test_a_model_whose_name_was_not_read_may_have_counted() -> None:
    diary = Diary().admitted(9).admitted(9, model=None, model_group=None, **TWO).refused(**TWO)
    assert finding(diary.seen, "install")[0] == "undetermined"


def test_what_left_no_record_may_have_counted() -> None:
    diary = Diary().admitted(9).refused(**TWO)
    assert found(diary.seen)["install"].finding == "does_not_follow"
    assert found(diary.seen, [missing(diary, 9)])["install"].finding == "undetermined"
    other = [missing(diary, 9, install="one")]
    assert found(diary.seen, other)["install"].finding == "does_not_follow"
    foreign = [missing(diary, 9).model_copy(update={"study": "another"})]
    assert found(diary.seen, foreign)["install"].finding == "does_not_follow"
    reasons = {one.reason: one.exchanges for one in compare(diary.seen, other).exclusions}
    assert reasons == {"not_recorded": 9}


def test_a_clock_that_was_set_back_turns_nothing_round() -> None:
    diary = Diary().admitted(9).admitted(**OFFICE).refused()
    seen = list(diary.seen)
    back = timedelta(minutes=1)
    refused = seen[-1]
    assert refused.answered_at is not None
    seen[-1] = refused.model_copy(
        update={
            "started_at": refused.started_at - back,
            "answered_at": refused.answered_at - back,
            "ended_at": refused.ended_at - back,
        }
    )
    assert finding(seen, "address")[0] == "undetermined"


def test_a_clock_that_was_not_steady_orders_only_what_is_far_apart() -> None:
    diary = Diary().admitted(9).refused().admitted(**OFFICE)
    shaky = [one.model_copy(update={"steady": False, "clock_error_s": 60.0}) for one in diary.seen]
    assert finding(shaky, "address")[0] == "undetermined"


def test_a_limit_may_change_overnight() -> None:
    diary = Diary().admitted(20).refused()
    diary.later(days=1).admitted(3, **TWO).refused(**TWO)
    assert finding(diary.seen, "install")[0] == "undetermined"


def test_the_key_where_there_is_one_else_the_address() -> None:
    diary = Diary().admitted(9).refused().admitted(**OFFICE)
    diary.admitted(9, **SAVED_KEY).refused(**SAVED_KEY).refused(**SAVED_KEY, **OFFICE, **TWO)
    verdicts = found(diary.seen)
    assert verdicts["address"].finding == "follows"
    assert verdicts["key"].finding != "does_not_follow"


def test_those_with_a_key_tell_nothing_of_the_address_of_others() -> None:
    """All have keys, so the key alone and 'the key, else the address' divide them alike."""
    other = {**SAVED_KEY, "key": "key:other"}
    diary = Diary().admitted(9, **SAVED_KEY).refused(**SAVED_KEY).refused(**SAVED_KEY, **OFFICE)
    verdicts = found(diary.admitted(**other).seen)
    assert verdicts["key"].finding == "follows"
    for name in ("address", "network"):
        assert (verdicts[name].finding, verdicts[name].ground) == ("undetermined", "by_caller")
    assert verdicts["workspace"].narrower_by == "key"


def test_those_without_a_key_of_their_own_tell_nothing_of_the_keys_of_others() -> None:
    diary = Diary().admitted(9, exclusive=True).refused(exclusive=True)
    diary.refused(key=PUBLIC, exclusive=True).admitted(**OFFICE, exclusive=True)
    verdicts = found(diary.seen)
    assert verdicts["address"].finding == "follows"
    assert (verdicts["key"].finding, verdicts["key"].ground) == ("undetermined", "one_value")


def test_the_answer_says_what_it_takes_for_granted() -> None:
    answer = answer_of(
        compare(repeated(Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen))
    )
    assert "the installs asked nothing that was not captured" in answer.granted


def test_rows_of_several_prompts_are_of_no_one_session() -> None:
    """What a fold merges loses its value, and must not get it back from another merged row."""
    seen = Diary().admitted(request=SEVERAL).admitted(request=SEVERAL, session=None).refused().seen
    (stretch,) = Columns(limiter(seen).rows).stretches
    assert stretch.codes["session"][1] == -1


def test_the_same_edge_location_over_another_network_separates_region_from_address() -> None:
    """Two networks mostly reach two locations; where one reaches both, they are told apart."""
    far = {**OFFICE, "region": "AMS"}
    apart, joined = Diary(), Diary()
    for diary, elsewhere in ((apart, far), (joined, OFFICE)):
        for _ in range(2):
            diary.admitted(5).refused(2).admitted(2, **elsewhere).refused().later(days=1)
    verdict = found(apart.seen)["address"]
    assert (verdict.finding, verdict.confounded_with) == ("undetermined", ("region",))
    assert finding(joined.seen, "address") == ("follows", "decided")


def follows(seen: list[Observation]) -> set[str]:
    """What one study, done once, is said to follow."""
    return {
        one.dimension
        for limit in compare(seen, plan=False).limits
        for one in limit.verdicts
        if one.finding == "follows"
    }


OTHER_PROJECT: dict[str, Any] = {"session": "ses:other", "project": "other-repo"}
CLONE: dict[str, Any] = {"device": "device:clone", "session": "ses:clone"}


def test_a_stray_admission_makes_no_project_followed() -> None:
    diary = Diary().admitted(3).refused(3).later(minutes=10).admitted(**OTHER_PROJECT)
    assert follows(diary.refused(**OTHER_PROJECT).seen) == set()


def test_no_key_and_the_key_public_do_not_make_a_session_followed() -> None:
    public = {"key": PUBLIC, "auth_kind": "public"}
    diary = Diary().admitted(9).refused(2).later(minutes=26)
    assert follows(diary.admitted(2, session="ses:new", **public).seen) == set()


def test_a_limit_that_was_raised_makes_no_project_followed() -> None:
    diary = Diary().admitted(5).refused(2).admitted(3, **OTHER_PROJECT)
    assert follows(diary.refused(2, **OTHER_PROJECT).seen) == set()


def test_a_limit_raised_by_two_is_no_a_b_a() -> None:
    """The changed one is refused in its turn; had it been changed back, that would count."""
    diary = Diary().admitted(4).refused(2).admitted(2, **OFFICE).refused(2, **OFFICE)
    assert follows(diary.seen) == set()
    assert follows(diary.refused().seen) == {"address", "network"}


def test_a_counter_reset_makes_no_device_followed() -> None:
    diary = Diary().admitted(9).refused(2).later(minutes=40).admitted(2, **CLONE)
    assert follows(diary.seen) == set()


def test_a_router_that_reconnects_makes_no_device_followed() -> None:
    unknown = {"address": None, "prefix": None}
    diary = Diary().admitted(9, **unknown).refused(2, **unknown).later(minutes=80)
    assert follows(diary.admitted(2, **CLONE, **unknown).seen) == set()


def test_an_odd_admission_that_sets_the_bound_rules_nothing_out() -> None:
    """One stray answer after six makes seven elsewhere: refused after six is then no proof."""
    diary = Diary().admitted(6).refused(9).admitted(**OTHER_PROJECT).refused(**OTHER_PROJECT)
    verdicts = {one.dimension: one for one in compare(diary.refused().seen).limits[0].verdicts}
    assert verdicts["device"].finding == "undetermined"


def test_whoever_was_never_admitted_shows_no_pool_of_its_own() -> None:
    """A gate may be closed to that address: nothing says that its quota was used up."""
    diary = Diary()
    for _ in range(2):
        diary.refused(**OFFICE).admitted(2).refused(**OFFICE).admitted(2).refused(**OFFICE)
        diary.later(days=1)
    found = {one.dimension: one for one in compare(diary.seen).limits[0].verdicts}
    address = found["address"]
    assert (address.finding, address.ground) == ("undetermined", "always_refused")


def test_weighty_requests_make_no_address_followed() -> None:
    """Another install elsewhere is refused after three of nine: others were there, or its requests
    were heavier."""
    other = {**TWO, **OFFICE}
    diary = Diary().admitted(9).refused(2).admitted(3, **other).refused(**other).refused()
    assert finding(diary.seen, "address") == ("undetermined", "confounded")
    at_once = Diary().admitted(9).refused(2).admitted(2, **OFFICE).refused().refused(2, **TWO)
    assert finding(at_once.seen, "address")[0] == "follows"
