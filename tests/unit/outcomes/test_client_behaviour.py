"""What the client makes of an answer, era by era."""

import pytest

from pawwork_proxy.model.outcome import ClientBehaviour
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.outcomes.rule import zen
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader


def eras(
    body: str, status: int | None, ending: Ending = Ending.COMPLETE, **headers: str
) -> dict[str, ClientBehaviour]:
    reader = ResponseReader(status, [(k.replace("_", "-"), v) for k, v in headers.items()])
    reader.feed(body.encode())
    outcome = classify(reader.finish(ending).signals)
    return {behaviour.eras[0]: behaviour for behaviour in outcome.client}


def test_the_free_limit_is_waited_out_in_c1_and_stops_later() -> None:
    body = zen("FreeUsageLimitError", "x").body
    found = eras(body, 429, retry_after="50223")
    assert (found["C1"].retried, found["C1"].delay_s) == (True, 50223)
    assert found["C1"].failure_kind == "rate_limit"
    for era in ("C2", "C3", "C4"):
        assert found[era].failure_kind == "free_quota_exhausted"
        assert (found[era].retried, found[era].delay_s) == (False, None)


def test_a_gate_looks_like_a_wrong_key() -> None:
    found = eras(zen("FreeTierError", "x").body, 403)
    assert found["C4"].failure_kind == "auth"
    assert found["C4"].user_sees == "wrong_key"
    assert not found["C4"].retried


@pytest.mark.parametrize(
    ("body", "status", "kind", "c1", "c3"),
    [
        ('{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}', 200, "none", False,
         False),
        (zen("GoUsageLimitError", "x").body, 429, "rate_limit", True, True),
        (zen("ModelError", "No provider available").body, 401, "server_overload", True, True),
        (zen("ModelError", "Model x is disabled").body, 401, "auth", False, False),
        ('{"error":{"message":"x"}}', 402, "quota_exhausted", False, False),
        ('{"error":{"code":"insufficient_quota"}}', 429, "quota_exhausted", True, False),
        ('{"error":{"message":"Insufficient balance"}}', 400, "quota_exhausted", False, False),
        ("", 503, "server_overload", True, True),
        ('data: {"error":{"type":"server_error","message":"x"}}\n\n', 200, "server_overload", True,
         True),
        ('{"error":{"code":"server_is_overloaded"}}', 200, "server_overload", True, True),
        ('{"error":{"code":"invalid_prompt"}}', 200, "invalid_request", False, False),
        ("", 422, "invalid_request", False, False),
        ("", 404, "unknown", False, True),
    ],
)  # fmt: skip
def test_failure_kinds(body: str, status: int, kind: str, c1: bool, c3: bool) -> None:
    found = eras(body, status)
    assert found["C3"].failure_kind == kind
    assert (found["C1"].retried, found["C3"].retried) == (c1, c3)


def test_broken_connections() -> None:
    assert eras("", None, Ending.UPSTREAM_RESET)["C3"].failure_kind == "transport_disconnect"
    assert eras("", None, Ending.UPSTREAM_UNRESOLVABLE)["C3"].failure_kind == "unknown"
    found = eras("no gzip", 200, content_encoding="gzip")
    assert found["C3"].failure_kind == "decompression"


def test_the_first_wait_is_the_headers_or_two_seconds() -> None:
    assert eras("", 503)["C3"].delay_s == 2
    assert eras("", 503, retry_after="9")["C3"].delay_s == 9
    assert eras("", 503, retry_after="9", retry_after_ms="2500")["C3"].delay_s == 2.5
