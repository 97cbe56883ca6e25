"""What is as known, what differs with which rows, and what a capture cannot tell."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.conduct.judgement import LATE_FACTOR, LATE_S, SETTLED_S, Limit, Missing
from pawwork_proxy.conduct.known import Known
from pawwork_proxy.model.conduct import Wait
from tests.unit.builders import NOON
from tests.unit.conduct.calls import STOPS, answered, call, judge, known, verdict

BACKOFF = [0, 2.1, 6.2, 14.3]
"""When a request and its three repetitions are sent."""


def at(*seconds: float) -> list[Any]:
    return [call(seq, when) for seq, when in enumerate(seconds, 1)]


def test_repetitions_as_known() -> None:
    (step,) = judge(at(*BACKOFF))
    assert (step.verdict, step.then) == ("as_known", "stopped")
    assert [one.seq for one in step.attempts] == [1, 2, 3, 4]
    waits = [one.waited_s for one in step.attempts]
    assert waits == [None, pytest.approx(2.0), pytest.approx(4.0), pytest.approx(8.0)]
    assert step.known_requests == (4,)
    assert step.known_waits == tuple(Wait(least_s=s, most_s=s) for s in (2.0, 4.0, 8.0))


def test_one_repetition_too_many_differs_with_both_rows() -> None:
    (step,) = judge([*at(*BACKOFF), call(5, 31)])
    assert (step.verdict, step.difference, step.rows) == ("differs", "asked_again", (4, 5))


def test_repeating_what_is_final_differs() -> None:
    (step,) = judge([call(1, 0, STOPS), call(2, 2.1, STOPS)])
    assert (step.difference, step.rows) == ("asked_again", (1, 2))


def test_one_repetition_too_few_differs_once_it_is_overdue() -> None:
    (step,) = judge(at(*BACKOFF[:3]), until_s=6.3 + 8 * LATE_FACTOR + LATE_S + 1)
    assert (step.difference, step.rows) == ("gave_up", (3,))
    assert verdict(at(*BACKOFF[:3]), until_s=6.3 + 8) == ("as_known", "waits")


def test_a_wait_may_be_longer_than_known_but_not_shorter() -> None:
    assert verdict(at(0, 1.6)) == ("differs", "too_soon")
    assert verdict(at(0, 1.9), until_s=3) == ("as_known", "waits")
    assert verdict(at(0, 2 * LATE_FACTOR + LATE_S), until_s=10) == ("as_known", "waits")
    assert verdict(at(0, 2 * LATE_FACTOR + LATE_S + 0.2)) == ("differs", "too_late")


def test_a_client_that_waits_for_hours_is_as_known_while_it_is_silent() -> None:
    hours = [call(1, 0, known(5, delay_s=50_000.0, growth=1.0))]
    assert verdict(hours, until_s=SETTLED_S + 1) == ("as_known", "waits")
    assert verdict(hours, until_s=SETTLED_S - 1) == ("not_judged", "capture_ended")


def test_a_capture_that_ends_at_once_tells_nothing() -> None:
    assert verdict([call(1, 0, STOPS)], until_s=1) == ("not_judged", "capture_ended")
    assert verdict([call(1, 0)], until_s=1) == ("not_judged", "capture_ended")
    assert verdict([answered(1, 0)], until_s=0.1) == ("as_known", "answered")


def test_a_client_that_ended_is_done_with_what_is_final_and_owes_nothing_else() -> None:
    soon = NOON + timedelta(seconds=1)
    ended = {"main": Limit(soon, "client_ended")}
    assert verdict([call(1, 0, STOPS)], ended=ended) == ("as_known", "stopped")
    assert verdict([call(1, 0)], ended=ended) == ("not_judged", "client_ended")
    assert verdict([call(1, 0)], ended={"other": ended["main"]}) == ("differs", "gave_up")
    killed = {"main": Limit(soon, "client_killed")}
    assert verdict([call(1, 0, STOPS)], ended=killed) == ("not_judged", "client_killed")


def test_the_next_prompt_ends_what_came_before() -> None:
    following = answered(2, 1, action="request:" + "c" * 24)
    first, second = judge([call(1, 0, STOPS), following])
    assert (first.verdict, first.then, second.then) == ("as_known", "went_on", "answered")
    first, _ = judge([call(1, 0), following])
    assert (first.verdict, first.reason) == ("not_judged", "moved_on")
    elsewhere = answered(2, 1, action="request:" + "c" * 24, session="session:" + "d" * 24)
    first, _ = judge([call(1, 0), elsewhere])
    assert first.difference == "gave_up"


def test_without_a_limit_any_number_is_as_known() -> None:
    endless = known(None, growth=1.0)
    (step,) = judge([call(seq, 2.1 * seq, endless) for seq in range(1, 40)], until_s=39 * 2.1 + 1)
    assert (step.verdict, step.known_requests) == ("as_known", ())


def test_a_title_call_is_repeated_by_rules_of_its_own() -> None:
    def title(seq: int, when: float, **changes: Any) -> Any:
        return call(seq, when, **({"has_tools": False} | changes))

    calls = [call(1, 0, STOPS), title(2, 0), title(3, 2.1), title(4, 6.2)]
    main, titles = judge(calls)
    assert (main.part, titles.part) == ("main", "title")
    assert (titles.verdict, titles.known_requests, len(titles.attempts)) == ("as_known", (3,), 3)
    _, titles = judge(calls[:-1])
    assert titles.difference == "gave_up"
    soon = [call(1, 0, STOPS), title(2, 0), title(3, 0.5)]
    assert judge(soon)[1].difference == "too_soon"
    named = known(named_s=1.0)
    told = [call(1, 0, STOPS), *(title(seq, seq * 1.1, known=(named,)) for seq in (2, 3, 4))]
    assert judge(told)[1].verdict == "as_known", "the answer named a short wait"
    cut = known(failure_kind="cut")
    broken = [call(1, 0, STOPS), title(2, 0, known=(cut,)), title(3, 2.1, known=(cut,))]
    assert judge(broken)[1].verdict == "as_known", "chance decides how often"


def test_what_one_of_several_ranges_does_is_as_known() -> None:
    both = (known(0), known(1, delay_s=1.0))
    assert verdict([call(1, 0, *both), call(2, 1.1, *both)]) == ("as_known", "stopped")
    assert verdict([call(1, 0, *both)]) == ("as_known", "stopped")
    (step,) = judge([call(1, 0, *both), call(2, 1.1, *both)])
    assert step.known_requests == (2,), "the one that fits"
    (step,) = judge([call(1, 0, *both), call(2, 1.1, *both), call(3, 9, *both)])
    assert (step.difference, step.known_requests) == ("asked_again", (1, 2))


def test_each_answer_is_judged_by_itself() -> None:
    refused = known(5, delay_s=50_000.0, growth=1.0)
    assert verdict([call(1, 0), call(2, 2.1, refused)]) == ("as_known", "waits")
    assert verdict([call(1, 0), call(2, 2.1, refused), call(3, 6.2)]) == ("differs", "too_soon")
    assert verdict([call(1, 0), answered(2, 2.1)]) == ("as_known", "answered")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"known": (), "stranger": True}, "another_client"),
        ({"known": ()}, "nothing_known"),
        ({"known": (), "left": True}, "client_left"),
        ({"whole": False}, "seen_in_part"),
        ({"has_tools": None}, "seen_in_part"),
    ],
)
def test_what_the_request_itself_leaves_open(changes: dict[str, Any], reason: str) -> None:
    assert verdict([call(1, 0, **changes)]) == ("not_judged", reason)


def test_what_one_answer_among_others_leaves_open() -> None:
    left = call(1, 0, known=(), left=True)
    assert verdict([left, call(2, 2.1)]) == ("not_judged", "client_left")
    assert verdict([call(1, 0), call(2, 2.1, known=())]) == ("not_judged", "nothing_known")


def test_a_missing_record_may_be_what_seems_to_be_missing() -> None:
    soon, late = NOON + timedelta(seconds=2), NOON + timedelta(seconds=60)
    open_ = ("not_judged", "records_missing")
    assert verdict([call(1, 0)], missing=(Missing(2, soon),)) == open_
    assert verdict([call(1, 0, STOPS)], missing=(Missing(2, soon, "main"),)) == open_
    assert verdict([call(1, 0, STOPS)], missing=(Missing(2, soon, "x"),))[0] == "as_known"
    assert verdict([call(1, 0, STOPS)], missing=(Missing(2, late),))[0] == "as_known"
    assert verdict([call(1, 0), call(3, 6.2)], missing=(Missing(2, soon),)) == open_
    assert verdict([call(2, 0, STOPS)], missing=(Missing(1, NOON),))[0] == "as_known"


def test_a_repetition_whose_body_was_not_read_is_not_missed() -> None:
    """As when the connection to the server is lost between two repetitions."""
    unread = call(2, 2.1, model=None, size=(None, None), has_tools=None)
    steps = judge([call(1, 0), unread])
    assert [step.reason for step in steps] == ["records_missing", "seen_in_part"]


@given(
    retries=st.integers(0, 6),
    first=st.floats(0.5, 60),
    jitter=st.tuples(st.floats(0.5, 1), st.floats(1, 1.5)),
    shares=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    slow=st.floats(0, LATE_S),
)
def test_who_keeps_to_its_rules_never_differs(
    retries: int, first: float, jitter: tuple[float, float], shares: list[float], slow: float
) -> None:
    """Wherever in the known range each wait lies, and wherever the capture ends."""
    rules = known(retries, delay_s=first, jitter=jitter)
    calls, when = [call(1, 0, rules)], 0.0
    for number in range(retries):
        least, most = rules.behaviour.delay(number + 1)
        when += 0.1 + least + shares[number] * (most - least) + slow
        calls.append(call(number + 2, when, rules))
    for length in range(1, len(calls) + 1):
        end = calls[length - 1].ended if length == len(calls) else calls[length].started
        until = (end - NOON).total_seconds()
        assert verdict(calls[:length], until_s=until)[0] != "differs"
    assert verdict([*calls, call(9, when + 999, rules)]) == ("differs", "asked_again")


def test_the_waits_of_a_range_are_those_of_its_behaviour() -> None:
    rules: Known = known(2, delay_s=4.0, jitter=(0.5, 1.0))
    assert rules.wait("main", 1) == Wait(least_s=4.0, most_s=8.0)
    assert rules.wait("title", 1) == Wait(least_s=4.0, most_s=4.0)
