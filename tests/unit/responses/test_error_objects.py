"""Errors in JSON: where they hide, which words are kept, what is never entered."""

import json

import pytest

from pawwork_proxy.model.signals import ErrorFact, ErrorPlace, Signals
from pawwork_proxy.outcomes.rules import judge
from pawwork_proxy.responses.error_objects import MAX_FACTS, collect, read_message
from pawwork_proxy.responses.reported import read_reported
from pawwork_proxy.responses.response import Contents


def facts(value: object) -> list[ErrorFact]:
    contents = Contents()
    collect(value, ErrorPlace.BODY, contents)
    return contents.errors


def signals(body: object, status: int | None = 400) -> Signals:
    text = body if isinstance(body, str) else json.dumps(body)
    return read_reported(text.encode(), status=status).signals


@pytest.mark.parametrize(
    "value",
    [
        {"error": {"type": "overloaded_error"}},
        [{"error": {"type": "overloaded_error"}}],
        {"detail": {"error": {"type": "overloaded_error"}}},
        {"a": {"b": {"c": [{"error": {"type": "overloaded_error"}}]}}},
        {"message": '{"error":{"type":"overloaded_error"}}'},
        {"message": r"503: {\"error\": {\"type\": \"overloaded_error\"}}"},
        {"error": {"message": json.dumps({"error": {"message": '{"type":"overloaded_error"}'}})}},
        {"data": {"responseBody": '[{"error":{"type":"overloaded_error"}}]'}},
        {"error": {"metadata": {"raw": '{"type":"overloaded_error"}'}}},
        {"error": {"name": "APIError", "data": {"body": "{'type': 'overloaded_error'}"}}},
    ],
)
def test_errors_are_found_at_any_depth(value: object) -> None:
    assert "overloaded_error" in {fact.type for fact in facts(value)}


@pytest.mark.parametrize("key", ["content", "choices", "messages", "prompt", "arguments", "tools"])
def test_words_of_model_and_caller_are_not_entered(key: str) -> None:
    assert facts({key: [{"error": {"type": "FreeUsageLimitError"}}]}) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"code": 429}, {"inner_status": 429}),
        ({"code": "503"}, {"inner_status": 503}),
        ({"statusCode": 502, "status": 400}, {"inner_status": 502}),
        ({"status": "UNAVAILABLE"}, {"google_status": "UNAVAILABLE"}),
        ({"status": "odd words"}, {}),
        ({"code": "1302"}, {"code": "1302"}),
        ({"code": 98765}, {"code": "other"}),
        ({"code": 7}, {}),
        ({"code": True}, {}),
        ({"code": ""}, {}),
        ({"status_code": 2062, "status_msg": "x"}, {"code": "minimax:2062"}),
        ({"status_code": 987654321, "status_msg": "x"}, {"code": "other"}),
        ({"code": "PROVIDER_OVERLOADED"}, {"code": "other", "code_stem": "overload"}),
        ({"code": "zz", "error_code": "yy"}, {"code": "other"}),
        ({"type": "a.b#ThrottlingException"}, {"type": "ThrottlingException"}),
        ({"type": "", "name": "WeirdBusyError"}, {"type": "other"}),
        ({"type": "aa", "name": "bb"}, {"type": "other"}),
        ({"type": "aa", "name": "api_error"}, {"type": "api_error"}),
        ({"type": "error", "data": 1}, {}),
        ({"type": "error"}, {"type": "error"}),
        ({"type": "server_error", "limitName": "weekly"}, {"limit_name": "weekly"}),
        ({"type": "server_error", "limitName": "secret"}, {"limit_name": None}),
        ({"message": "high (2064)"}, {"code": "minimax:2064"}),
        ({"code": "Some resource has been exhausted"}, {"phrases": ("rate",)}),
    ],
)
def test_words_of_one_error(value: dict[str, object], expected: dict[str, object]) -> None:
    found = facts(value)
    if not expected:
        assert found == []
    else:
        dumped = found[0].model_dump()
        assert {key: dumped[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Error from provider (Nvidia): x", {"provider": "Nvidia", "wrapper": None}),
        ("Error from provider: x", {"provider": "unnamed"}),
        ("Upstream request failed: [529] x", {"wrapper": "upstream_request", "inner_status": 529}),
        ("Streaming response failed: [rate_limit_exceeded] x", {"bracket": "rate_limit_exceeded"}),
        ("Upstream request failed: [1302] x", {"bracket": "1302"}),
        (
            "Upstream request failed: [queue-overloaded] x",
            {"bracket": "other", "bracket_stem": "overload"},
        ),
        (
            "Error from provider (Console): Upstream request failed: [502] Upstream error from "
            "Together: x",
            {"provider": "Together", "wrapper": "upstream_error", "inner_status": 502},
        ),
        ("Upstream error: overloaded", {"wrapper": "upstream_error", "provider": None}),
    ],
)
def test_wrappers(message: str, expected: dict[str, object]) -> None:
    dumped = facts({"message": message})[0].model_dump()
    assert {key: dumped[key] for key in expected} == expected


def test_facts_are_bounded() -> None:
    assert len(facts([{"type": "server_error"}] * 50)) == MAX_FACTS
    deep: object = {"type": "server_error"}
    for _ in range(50):
        deep = {"error": deep}
    assert facts(deep) == []
    assert len(facts({"message": '{"type":"server_error"} ' * 9})) <= MAX_FACTS


def test_scalars_hold_no_error() -> None:
    assert facts([1, None, 2.5]) == []
    assert facts("Overloaded")[0].phrases


def test_a_message_may_quote_an_object() -> None:
    contents = Contents()
    read_message('failed: {"type":"overloaded_error"}', ErrorPlace.STREAM_FIRST, contents)
    assert contents.errors[-1].type == "overloaded_error"


def test_an_error_in_unknown_words_is_still_one() -> None:
    assert signals({"error": {"message": "Bananas"}}, 200).errors
    assert signals({"error": {"x": 1}}, 200).errors
    assert signals({"error": "Bananas"}, 200).errors


@pytest.mark.parametrize(
    "body",
    [
        {"error": None, "ok": 1}, {"error": {}, "ok": 1}, {"error": "", "ok": 1},
        {"error": False, "ok": 1}, {"code": 0, "message": "ok"}, {"code": 200, "msg": "ok"},
        {"base_resp": {"status_code": 0, "status_msg": "success"}}, {"status": 200, "detail": "x"},
        {"promptFeedback": {"blockReason": "SAFETY"}}, {"type": "message_start", "message": 1},
        {"type": "message_delta", "delta": 1}, {"type": "strange"}, {"response": {"a": 1}},
        {"object": "response", "status": "in_progress"}, {"input_tokens": 5},
        {"object": "model"}, {"usage": {"a": 1}}, {"data": []},
    ],
)  # fmt: skip
def test_a_normal_answer_has_no_error(body: dict[str, object]) -> None:
    assert signals(body, 200).errors == ()


@pytest.mark.parametrize(
    "body",
    [
        {"success": False}, {"message": "x", "type": "server_error"}, {"code": 500, "msg": "x"},
        {"status": 503, "detail": "x"}, {"type": "response.failed"}, {"detail": "x", "code": "y"},
    ],
)  # fmt: skip
def test_an_error_without_an_envelope_is_one_under_200_too(body: dict[str, object]) -> None:
    assert signals(body, 200).errors


def test_words_of_a_damaged_object_are_read_by_their_fields() -> None:
    (fact, *_) = signals('{"type":"overloaded_error" "message" oops', None).errors
    assert fact.type == "overloaded_error"
    (fact, *_) = signals('got "code": "rate_limit_exceeded", "type": "error" {', None).errors
    assert fact.code == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("429 Too Many Requests", 429),
        ("HTTP 503: busy", 503),
        ("Error: 400 bad", 400),
        ("AI_APICallError: 402 x", 402),
        ("Request failed with status code 502", 502),
        ("API Error (529) overloaded", 529),
        ("no number", None),
        ("port 4430 and 5000 tokens", None),
    ],
)
def test_a_line_names_its_status(line: str, status: int | None) -> None:
    assert signals(line, None).text_status == status


def test_a_class_of_a_vendors_library_is_no_type_of_zens() -> None:
    assert all(fact.type is None for fact in signals("RateLimitError: slow", None).errors)
    text = "RateLimitError: Rate limit exceeded. Please try again later."
    assert signals(text, None).errors[0].type == "RateLimitError"


def test_a_line_under_200_counts_only_with_a_relays_mark() -> None:
    assert signals("the server is overloaded", 200).errors == ()
    assert signals("Streaming response failed: [503] overloaded", 200).errors


@pytest.mark.parametrize("key", ["user", "workspace", "tool", "organization", "metadata", "plan"])
@pytest.mark.parametrize("field", ["name", "type", "code", "error_code"])
def test_what_an_error_speaks_of_has_no_type_of_an_error(key: str, field: str) -> None:
    error = {"message": "Free usage exceeded", "metadata": {key: {field: "grace_wang_error"}}}
    for body in ({"error": error}, error, {"error": error, key: [{field: 71234}]}):
        contents = Contents()
        collect(body, ErrorPlace.BODY, contents)
        assert (contents.raw.error_type, contents.raw.error_code) == (None, None)
        assert {(fact.type, fact.code) for fact in contents.errors} == {(None, None)}


@pytest.mark.parametrize("key", ["data", "details", "result", "response", "body"])
def test_what_has_a_name_and_says_nothing_is_no_error(key: str) -> None:
    """Answers carry users and projects under these keys, too."""
    thing: dict[str, object] = {"name": "contoso_server", "type": "team_limit", "id": 7}
    said = {"name": "FairLimitError", "message": "too much"}
    for found, expected in ((thing, None), ([thing], None), (said, "FairLimitError")):
        contents = Contents()
        collect({"error": {"message": "no", key: found}}, ErrorPlace.BODY, contents)
        assert contents.raw.error_type == expected


@pytest.mark.parametrize("key", ["error", "errors", "detail", "data", "cause", "innererror"])
def test_an_error_within_an_error_has_one(key: str) -> None:
    contents = Contents()
    collect({key: [{"type": "fair_limit_error"}]}, ErrorPlace.BODY, contents)
    assert contents.raw.error_type == "fair_limit_error"


@pytest.mark.parametrize(
    "body",
    [
        '{"object": "error", "message": "The model is overloaded"}',
        '{"status": "error", "message": "The model is overloaded"}',
        '{"error_code": 18, "error_msg": "The model is overloaded"}',
        '{"errors": [{"message": "The model is overloaded"}]}',
        '[{"candidates": [{"content": {}}]}, {"error": {"message": "overloaded"}}]',
        'data: "{\\"error\\": {\\"type\\": \\"overloaded_error\\"}}"\n\n',
        'data: data: {"error": {"type": "overloaded_error"}}\n\n',
        "data: The engine is currently overloaded\n\n",
    ],
)
def test_an_error_in_a_200_of_any_shape(body: str) -> None:
    assert judge(read_reported(body.encode(), status=200).signals).kind == "provider_overload"


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"code": 0, "message": "ok"}, "choices": [{"message": {"content": "x"}}]}',
        '{"choices": [{"message": {"content": "Error: 503 overloaded"}, "finish_reason": "stop"}]}',
    ],
)
def test_an_answer_that_only_looks_like_an_error(body: str) -> None:
    assert judge(read_reported(body.encode(), status=200).signals).kind == "success"


def test_a_number_without_bounds_is_no_wait() -> None:
    body = f'{{"error": {{"type": "rate_limit_error", "retry_after": {"9" * 400}}}}}'
    assert judge(read_reported(body.encode(), status=429).signals).retry_after_s is None


def test_a_quoted_wait_counts_from_the_date_beside_it() -> None:
    headers = '{"retry-after": "60", "date": "Fri, 15 May 2026 10:02:57 GMT"}'
    body = f'{{"error": {{"type": "rate_limit_error", "responseHeaders": {headers}}}}}'
    found = judge(read_reported(body.encode(), status=429).signals)
    assert str(found.reset_at) == "2026-05-15 10:03:57+00:00"


def test_openrouter_names_the_provider_in_a_field() -> None:
    body = b'{"error": {"code": 429, "metadata": {"raw": "rate-limited", "provider_name": "Groq"}}}'
    assert judge(read_reported(body, status=429).signals).origin_label == "relayed:Groq"
