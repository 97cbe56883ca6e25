"""Whether measuring disturbs: said only where no quota explains the rows."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.instrument import judge_instrument
from pawwork_proxy.model.observation import ABSENT, INTERCEPTING, UNTOUCHED, Observation
from pawwork_proxy.model.verdict import InstrumentFinding
from tests.unit.comparison.builders import INSIDE, OFFICE, SAVED_KEY, TWO, Diary

GATE = ("client_gate", "policy")


def found(diary: Diary) -> InstrumentFinding:
    return judge_instrument(diary.seen).finding


def rows(finding: InstrumentFinding) -> list[list[str]]:
    return [[f"{row.seq} {row.part}" for row in pair.rows] for pair in finding.pairs]


def excluded(seen: list[Observation]) -> dict[str, int]:
    return {one.reason: one.exchanges for one in compare(seen).exclusions}


def test_refused_through_the_proxy_and_then_admitted_untouched() -> None:
    finding = found(Diary().refused().admitted(**INSIDE).refused())
    assert (finding.status, finding.windows) == ("disturbs", ("2026-06-03",))
    assert rows(finding) == [["1 refused", "2 admitted"]]
    assert [row.value for row in finding.pairs[0].rows] == [INTERCEPTING, UNTOUCHED]
    assert (finding.independent, finding.by_label) == (1, False)


def test_one_pair_may_be_a_limit_that_began_anew() -> None:
    finding = found(Diary().refused().admitted(**INSIDE))
    assert (finding.status, rows(finding)) == ("suspected", [["1 refused", "2 admitted"]])
    assert "instrument_disturbs" not in excluded(Diary().refused().admitted(**INSIDE).seen)


def test_between_two_untouched_admissions_minutes_apart_nothing_begins_anew() -> None:
    framed = Diary().admitted(**INSIDE).refused()
    assert found(framed.admitted(**INSIDE)).status == "disturbs"
    for slow in (
        Diary().admitted(**INSIDE).later(minutes=20).refused().admitted(**INSIDE),
        Diary().admitted(**INSIDE).refused().later(minutes=20).admitted(**INSIDE),
    ):
        assert found(slow).status == "suspected"


@pytest.mark.parametrize("era", ["unknown", "V7b"])
@pytest.mark.parametrize("announced", ["utc_day", "none"])
def test_a_gate_dressed_as_the_quota_is_no_quota(announced: str, era: str) -> None:
    """With the wait until midnight and without it: nothing follows from what the gate refused."""
    now: dict[str, Any] = {"server_era": era}
    diary = Diary().refused(3, cadence=announced, **now).admitted(4, **INSIDE, **now)
    seen = diary.refused(**now).seen
    comparison = compare(seen)
    assert comparison.instrument.status == "disturbs"
    assert comparison.limits == ()
    assert excluded(seen)["instrument_disturbs"] == 4
    assert comparison.next_experiment is not None
    assert comparison.next_experiment.id == "observe_untouched"


def test_a_gate_that_says_what_it_is() -> None:
    assert found(Diary().other(*GATE).admitted(**INSIDE).other(*GATE)).status == "disturbs"


def test_each_user_action_is_in_one_pair() -> None:
    diary = Diary().refused(3, action="a").admitted(2, **INSIDE, action="b")
    diary.refused(action="c").refused(action="d").admitted(**INSIDE, action="e")
    assert found(diary).independent == 2


def test_the_strongest_pair_comes_first() -> None:
    """The one with both addresses, and refused again afterwards."""
    unknown = {"address": None, "prefix": None}
    diary = Diary().refused(**unknown, action="a").admitted(**INSIDE, **unknown, action="b")
    diary.refused(action="c").admitted(**INSIDE, action="d").refused(action="e")
    assert rows(found(diary))[0] == ["3 refused", "4 admitted"]


def test_without_addresses_it_rests_on_the_label() -> None:
    unknown = {"address": None, "prefix": None, "ip_family": None, "region": None}
    assert found(Diary().refused().admitted(**INSIDE, **unknown)).by_label
    assert found(Diary().refused().admitted(**INSIDE, **{**unknown, "network": "cafe"})).pairs == ()


def test_without_addresses_and_labels_only_what_is_near_in_time_is_of_one_network() -> None:
    nothing = {"address": None, "prefix": None, "ip_family": None, "region": None, "network": None}
    near = found(Diary().refused(**nothing).admitted(**INSIDE, **nothing).refused(**nothing))
    assert (near.status, near.by_label) == ("disturbs", True)
    moved = Diary().refused(**nothing).later(hours=6).admitted(**INSIDE, **nothing)
    assert found(moved).pairs == ()
    assert "instrument_disturbs" not in excluded(moved.seen)


@pytest.mark.parametrize(
    "other",
    [
        TWO,
        OFFICE,
        SAVED_KEY,
        {"device": "device:b"},
        {"model": "north-free", "model_group": "no"},
        {"user_agent": "other/1"},
        {"client": "cli"},
        {"project": "project:other"},
        {"session": ABSENT},
        {"region": "AMS"},
    ],
    ids=str,
)
def test_what_else_differs_may_be_the_reason(other: dict[str, Any]) -> None:
    assert found(Diary().refused().admitted(**{**INSIDE, **other})).pairs == ()


def test_another_window_is_another_quota() -> None:
    assert found(Diary().refused().later(days=1).admitted(**INSIDE)).status == "not_tried"
    night = Diary().later(hours=14, minutes=59).refused(clock_error_s=60.0).admitted(**INSIDE)
    assert found(night).status == "not_tried"


def test_a_refusal_that_has_run_out_says_nothing() -> None:
    short = {"cadence": "minute", "retry_after_s": 30.0}
    assert found(Diary().refused(**short).later(minutes=1).admitted(**INSIDE)).pairs == ()
    assert len(found(Diary().refused(**short).admitted(**INSIDE)).pairs) == 1
    for silent in ({"origin": "relayed:other", "cadence": "none"}, {"cadence": "hours"}):
        assert found(Diary().refused(**silent).later(hours=4).admitted(**INSIDE)).pairs == ()
        again = Diary().refused(**silent).admitted(**INSIDE).refused(**silent)
        assert found(again).status == "disturbs"


def test_a_quota_that_is_used_up_untouched_is_no_sign() -> None:
    finding = found(Diary().admitted(9, **INSIDE).refused().refused(**INSIDE))
    assert finding.status == "no_sign"
    assert [f"{row.seq} {row.part}" for row in finding.rows] == [
        "10 refused",
        "11 refused",
        "1 admitted",
    ]


def test_a_gate_stays_seen_when_the_quota_is_used_up_as_well() -> None:
    diary = Diary().refused().admitted(9, **INSIDE).refused(**INSIDE).refused().admitted(**INSIDE)
    assert rows(found(diary)) == [["1 refused", "2 admitted"]]


def test_order_of_the_arms() -> None:
    """Untouched first: a used-up quota explains what comes then, unless it is no quota's word."""
    assert found(Diary().admitted(3, **INSIDE).refused()).status == "not_tried"
    assert found(Diary().admitted(3, **INSIDE).other(*GATE)).status == "suspected"
    assert found(Diary().admitted(3, **INSIDE).refused().admitted(**INSIDE)).status == "disturbs"


def test_both_admitted_is_no_sign() -> None:
    assert found(Diary().admitted().admitted(**INSIDE)).status == "no_sign"


def test_one_odd_admission_is_named_as_doubt_and_hides_nothing() -> None:
    diary = Diary().admitted(session="ses:odd").refused(9).admitted(**INSIDE)
    finding = found(diary)
    assert (finding.status, finding.independent) == ("suspected", 1)
    assert "instrument_disturbs" not in excluded(diary.seen)


def test_a_pool_per_conversation_is_no_gate() -> None:
    """The refused conversation had been used untouched: its own pool explains the refusal."""
    diary = Diary().admitted(3, instrument=UNTOUCHED).refused()
    diary.admitted(instrument=UNTOUCHED, session="ses:new")
    assert found(diary).pairs == ()


def test_only_intercepting_and_all_refused() -> None:
    assert found(Diary().refused(3)).status == "not_tried"
    assert found(Diary().refused(3, cadence="none")).status == "suspected"
    assert found(Diary().admitted().refused(3, cadence="none")).status == "not_tried"
    comparison = compare(Diary().other(*GATE).seen)
    assert comparison.instrument.status == "suspected"
    assert comparison.next_experiment is not None
    assert comparison.next_experiment.id == "try_both_routes"


def test_days_on_which_nothing_passed_are_doubted_as_well() -> None:
    """On the first day the quota spoke, on the second the gate, on the third nobody can tell."""
    diary = Diary().admitted(5).refused().later(days=1).refused().admitted(**INSIDE)
    diary.refused().later(days=1).refused()
    comparison = compare(diary.seen)
    assert excluded(diary.seen)["instrument_disturbs"] == 3
    assert [limit.windows for limit in comparison.limits] == [("2026-06-03",)]


def test_captures_of_one_route_say_nothing() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen
    assert compare(seen).instrument == InstrumentFinding(status="not_tried")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["admitted", "refused"]),
        st.sampled_from([INTERCEPTING, UNTOUCHED]),
        st.sampled_from(["home", "office"]),
        st.sampled_from(["one", "two"]),
        st.booleans(),
    ),
    max_size=12,
)


def diary_of(steps: list[tuple[str, str, str, str, bool]]) -> Diary:
    diary = Diary()
    for step, (part, instrument, place, install, next_day) in enumerate(steps):
        if next_day:
            diary.later(days=1)
        who = {
            "instrument": instrument,
            "address": f"ip:{place}",
            "prefix": f"ip:{place}",
            "network": place,
            "install": install,
            "session": f"ses:{step}",
        }
        (diary.admitted if part == "admitted" else diary.refused)(**who)
    return diary


@given(STEPS)
def test_it_is_never_said_where_something_passed_or_nothing_was_tried(
    steps: list[tuple[str, str, str, str, bool]],
) -> None:
    diary = diary_of(steps)
    finding = found(diary)
    by_seq = {seen.seq: seen for seen in diary.seen}
    for pair in finding.pairs:
        refused, admitted = (by_seq[row.seq] for row in pair.rows)
        assert refused.who.instrument == INTERCEPTING != admitted.who.instrument
        assert (refused.kind, admitted.kind) == ("free_usage_limit", "success")
        assert refused.ended_at < admitted.started_at
        assert refused.started_at.date() == admitted.started_at.date()
        same = ("install", "address")
        assert all(getattr(refused.who, it) == getattr(admitted.who, it) for it in same)
        if finding.status == "disturbs":
            assert not any(
                seen.who.instrument == INTERCEPTING
                and seen.kind == "success"
                and seen.who.install == refused.who.install
                and seen.started_at.date() == refused.started_at.date()
                for seen in diary.seen
            )
    assert (finding.status == "disturbs") <= bool(finding.pairs)


@given(STEPS)
def test_a_quota_by_count_alone_never_looks_like_a_gate(
    steps: list[tuple[str, str, str, str, bool]],
) -> None:
    """A pool per address that admits three a day, whatever the route."""
    counts: dict[object, int] = {}
    played = []
    day = 0
    for _, instrument, place, install, next_day in steps:
        day += next_day
        count = counts[place, day] = counts.get((place, day), 0) + 1
        part = "admitted" if count <= 3 else "refused"
        played.append((part, instrument, place, install, next_day))
    assert found(diary_of(played)).status in {"no_sign", "not_tried"}


@pytest.mark.slow
@settings(max_examples=25)
@given(STEPS)
def test_a_gate_is_no_quota_whoever_else_asks(
    steps: list[tuple[str, str, str, str, bool]],
) -> None:
    played = [
        ("refused" if instrument == INTERCEPTING else "admitted", instrument, *rest)
        for _, instrument, *rest in steps
    ]
    comparison = compare(diary_of(played).seen)  # type: ignore[arg-type]
    verdicts = [verdict for limit in comparison.limits for verdict in limit.verdicts]
    assert {verdict.finding for verdict in verdicts} <= {"undetermined"}
    if comparison.instrument.status == "disturbs":
        assert comparison.limits == ()


def test_what_is_near_midnight_belongs_to_both_days() -> None:
    """Something that may have passed in the window keeps `disturbs` from being said."""
    diary = Diary().refused().admitted(**INSIDE).later(hours=14, minutes=59, seconds=20)
    assert found(diary.admitted(clock_error_s=60.0)).status == "suspected"
    assert diary.seen[-1].started_at.date() - diary.seen[0].started_at.date() < timedelta(days=2)
