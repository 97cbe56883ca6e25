"""Responses as people report them: waits in words, statuses left out, headers as lists.

A wait in words is a duration that stands alone, not the digits of an id.
"""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.outcome import Kind, Outcome
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.reported import read_case
from pawwork_proxy.responses.waits import text_hints


def outcome(**case: object) -> Outcome:
    return classify(read_case(case).signals)


@given(st.uuids(), st.sampled_from(["(request id: {})", "[{}]", "id={}", "trace {}."]))
def test_a_uuid_in_a_message_is_no_wait(value: uuid.UUID, frame: str) -> None:
    assert text_hints("Rate limit exceeded. Please try again later. " + frame.format(value)) == []


@given(st.text(min_size=1))
def test_a_percent_encoded_text_is_no_wait(value: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "replace"))
    assert text_hints(f"Limit of {encoded} reached") == []


@given(st.from_regex(r"[0-9a-f]{16,64}", fullmatch=True))
def test_hex_digits_are_no_wait(value: str) -> None:
    assert text_hints(f"Limit reached ({value})") == []


@pytest.mark.parametrize(
    "text",
    [
        "Model v4s not supported",
        "qwen3.7-7b-5h",
        "key sk-5d-x",
        "The request took 12s.",
        "x5h y",
        "%E6%9D%8E",
        "user %E6%9D%8E%20is at 20%9d",
        "5h%20x",
        "60 requests/1m",
        "a/9d/x",
        r"\9d",
    ],
)
def test_names_and_times_that_have_passed_are_no_wait(text: str) -> None:
    assert text_hints(text) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Resets in 4hr 59min.", 17940),
        ("[retrying in 17h 42m attempt #1]", 63720),
        ("將在 3 days 後重置", 259200),
        ("Réessayez dans 18min", 1080),
        ("retry after 30s", 30),
    ],
)
def test_waits_stay_waits(text: str, seconds: float) -> None:
    assert [hint.seconds for hint in text_hints(text)] == [seconds]


def test_a_refusal_without_an_end_has_no_wait_in_its_words() -> None:
    body = '{"type":"error","error":{"type":"ModelError","message":"Model 4s not supported"}}'
    found = outcome(status=401, body=body, content_type="text/plain")
    assert found.kind is Kind.MODEL_UNAVAILABLE
    assert found.retry_after_s is None


@pytest.mark.parametrize(
    "text",
    [
        "The server answers with FreeUsageLimitError when quota is out.",
        "I would catch RateLimitError and GoUsageLimitError here.",
    ],
)
def test_a_good_answer_that_mentions_an_error_is_none(text: str) -> None:
    found = outcome(status=200, body=text, content_type="text/plain")
    assert found.family not in ("quota", "rate_limit", "overload")


def test_without_a_status_nothing_is_said_of_the_client() -> None:
    assert outcome(status=None, body="Free usage exceeded, subscribe to Go").client == ()
    assert outcome(status=429, body="Free usage exceeded, subscribe to Go").client


def test_several_lines_of_a_header_come_as_a_list() -> None:
    found = outcome(status=429, body="", headers={"retry-after": ["60"]})
    assert found.retry_after_s == 60
