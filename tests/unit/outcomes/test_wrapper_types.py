"""The type of a wrapper says who wrapped an error; it is not the server's type."""

import json

import pytest

from pawwork_proxy.facts.errors import VENDOR_TYPES, WRAPPER_TYPES, ZEN_TYPES
from pawwork_proxy.outcomes.rules import classify
from tests.rows import few_when_fast
from tests.unit.responses.test_response_reader import read

WRAPPERS = sorted(WRAPPER_TYPES)
SERVERS = sorted({*ZEN_TYPES, *VENDOR_TYPES} - {*WRAPPERS})


def error_type(body: object, status: int = 429) -> str | None:
    return classify(read(json.dumps(body).encode(), status).signals).error_type


def test_the_classes_around_an_error_are_known() -> None:
    """OpenCode's, the AI SDK's that it uses, and those of clients in Python and JavaScript."""
    named = {"APIError", "APIStatusError", "UnknownError", "Error"}
    named |= {f"AI_{name}Error" for name in ("APICall", "Retry", "JSONParse", "TypeValidation")}
    assert named == WRAPPER_TYPES


@pytest.mark.parametrize("wrapper", few_when_fast(1, WRAPPERS))
def test_the_servers_type_counts_on_whichever_side_of_the_wrapper(wrapper: str) -> None:
    for server in SERVERS:
        inner = {"type": server, "message": "sorry"}
        quoted = {"name": wrapper, "responseBody": json.dumps(inner)}
        quoting = {"type": server, "cause": {"name": wrapper, "message": "sorry"}}
        assert error_type({"name": wrapper, "data": {"error": inner}}) == server
        assert error_type({"error": quoted}) == server
        assert error_type({"error": quoting}) == server


def test_zens_own_type_counts_before_any_type_that_it_quotes() -> None:
    for own in ZEN_TYPES:
        for quoted in ("server_error", "rate_limit_error", "AI_APICallError"):
            cause = {"name": quoted, "message": "sorry"}
            assert error_type({"error": {"type": own, "cause": cause}}) == own


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_in_a_pasted_line_the_quoted_type_counts(wrapper: str) -> None:
    line = f'{wrapper}: {{"error":{{"type":"FreeUsageLimitError","message":"x"}}}}'
    assert classify(read(line.encode(), None).signals).error_type == "FreeUsageLimitError"


def test_of_wrappers_alone_the_innermost_is_told() -> None:
    """Better than nothing: support sees which layer of the client complained."""
    for outer in WRAPPERS:
        for inner in WRAPPERS:
            body = {"error": {"name": outer, "cause": {"name": inner, "message": "sorry"}}}
            assert error_type(body, 500) == inner
