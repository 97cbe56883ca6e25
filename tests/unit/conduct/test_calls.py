"""Which requests belong together: by the client's own ids, else by size and time."""

import pytest

from pawwork_proxy.conduct.calls import NO_REPETITION_AFTER_S, prompts_in, repeated
from pawwork_proxy.model.conduct import Part
from tests.unit.conduct.calls import answered, call

NAMELESS = {"session": None, "action": None}


def groups(*calls: object) -> list[tuple[Part, list[int]]]:
    return [(step.part, [one.seq for one in step.calls]) for step in repeated(calls)]  # type: ignore[arg-type]


def test_a_user_actions_requests_belong_together_until_one_is_answered() -> None:
    calls = [call(1, 0), call(2, 2), answered(3, 6), answered(4, 7, size=(4, 35_000))]
    assert groups(*calls) == [("main", [1, 2, 3]), ("main", [4])], "a tool round is another step"
    assert prompts_in(tuple(repeated(calls))) == 1


def test_an_answered_request_that_is_sent_again_as_it_was_is_a_repetition() -> None:
    assert groups(answered(1, 0), answered(2, 2)) == [("main", [1, 2])]


def test_title_call_and_conversation_are_told_apart_by_their_tools() -> None:
    calls = [call(1, 0, has_tools=False), call(2, 0), call(3, 2, has_tools=False), call(4, 2)]
    assert groups(*calls) == [("title", [1, 3]), ("main", [2, 4])]


def test_a_client_without_tools_makes_no_titles() -> None:
    assert groups(call(1, 0, has_tools=False)) == [("main", [1])]


@pytest.mark.parametrize("what", ["install", "client", "session", "action", "model"])
def test_what_differs_in_who_asks_or_what_for_is_no_repetition(what: str) -> None:
    assert groups(call(1, 0), call(2, 2, **{what: "other"})) == [("main", [1]), ("main", [2])]


def test_without_ids_an_equal_request_soon_after_a_refusal_is_its_repetition() -> None:
    calls = [call(1, 0, **NAMELESS), call(2, 0.6, **NAMELESS), call(3, 1, **NAMELESS, size=(9, 9))]
    assert groups(*calls) == [("main", [1, 2]), ("main", [3])]
    late = 0.1 + NO_REPETITION_AFTER_S
    assert groups(call(1, 0, **NAMELESS), call(2, late, **NAMELESS))[0][1] == [1, 2]
    assert groups(call(1, 0, **NAMELESS), call(2, late + 1, **NAMELESS))[0][1] == [1]
    assert groups(answered(1, 0, **NAMELESS), call(2, 1, **NAMELESS))[0][1] == [1]
    assert prompts_in(tuple(repeated(calls))) == 2
