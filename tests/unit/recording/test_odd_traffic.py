"""Odd but legal traffic always makes a record: what is kept of it has the forms of the model."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.facts import errors, fields, server, wordings
from pawwork_proxy.facts.fields import HEADER_WORDS, HEADERS
from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.facts.wordings import PROVIDERS
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.request import RequestFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import Ending, Signals
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.redactor import RawRequest, Redactor
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.unit.builders import raw_response

HTTP, AGENT_WORDS, WORDS = map(word_lists, ("http", "user_agents", "words"))
REDACTOR = Redactor(Pseudonymiser(b"t" * 32))
PIECES = sorted(
    {
        *WORDS["api_words"], *WORDS["route_words"], *HEADER_WORDS, *WORDS["features"],
        *server.MODEL_WORDS, *HTTP["languages"], *HTTP["media_types"], *HTTP["codings"],
        *HTTP["servers"], *HTTP["edge_words"], *HTTP["cache_directives"],
        *AGENT_WORDS["products"], *AGENT_WORDS["platforms"], *AGENT_WORDS["prereleases"],
        *errors.VENDOR_TYPES, *errors.ZEN_TYPES, *errors.ZAI_CODES, *errors.GOOGLE_STATUSES,
        *PROVIDERS, *fields.BODY_FIELDS, *fields.QUERY_NAMES, "1.2", "v4", "128k",
        "2025-11-01", "20251101", "235b", "7", "q=0.5", "charset=utf-8", "latest", "Hollenbeck",
    }
)  # fmt: skip
pieces = st.sampled_from(PIECES)
case = st.sampled_from([str, str.lower, str.upper, str.title, str.swapcase])
odd_text = st.builds(
    lambda parts, glue, change: change(glue.join(parts)),
    st.lists(pieces, min_size=1, max_size=5),
    st.sampled_from(["", " ", "-", "_", "/", ".", ";", ",", ", ", ":", "=", "@", "+"]),
    case,
)
odd_headers = st.lists(
    st.tuples(st.sampled_from(sorted(HEADERS)) | odd_text, odd_text), max_size=12
).map(lambda lines: [(name.encode(), value.encode()) for name, value in lines])
odd_name = (
    st.sampled_from(
        ["error", "type", "code", "status", "message", "metadata", "errors", "details", "limitName",
         "model", "usage", "cost", "choices", "finish_reason", "reasoning", "user", "role", "tools",
         "temperature", "max_tokens", "statusCode", "base_resp", "status_code", "status_msg",
         "retry_after", "resets_at"]
    )
    | odd_text
)  # fmt: skip
odd_value = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_name, inner, max_size=4),
    max_leaves=10,
)
odd_object = st.dictionaries(odd_name, odd_value, max_size=6).map(json.dumps)


@given(target=odd_text, method=odd_text, version=odd_text, headers=odd_headers, sent=odd_object)
def test_a_request_has_the_forms_of_the_model(
    target: str, method: str, version: str, headers: list[tuple[bytes, bytes]], sent: str
) -> None:
    raw = RawRequest(method, "/zen/" + target, version, headers, sent.encode(), len(sent))
    projected = REDACTOR.request(raw)
    again = RequestFacts.model_validate_json(line_of(projected.request))
    assert again == projected.request


@given(text=odd_text, other=odd_text, version=odd_text, headers=odd_headers)
def test_an_answer_has_the_forms_of_the_model(
    text: str, other: str, version: str, headers: list[tuple[bytes, bytes]]
) -> None:
    raw = raw_response(
        429, version, headers, error_type=text, error_code=other, model=text, provider=other,
        finish_reason=text, request_id=other, response_id=text, workspace=other,
    )  # fmt: skip
    projected = REDACTOR.response(raw)
    assert ResponseFacts.model_validate_json(line_of(projected.response)) == projected.response


@given(
    body=odd_object | st.sampled_from([one.example for one in wordings.PHRASES]) | odd_text,
    status=st.sampled_from([200, 400, 402, 403, 429, 500, 502, 529]),
    headers=st.lists(st.tuples(st.sampled_from(sorted(HEADERS)), odd_text), max_size=4),
    stream=st.booleans(),
)
def test_signals_and_outcome_have_the_forms_of_the_model(
    body: str, status: int, headers: list[tuple[str, str]], stream: bool
) -> None:
    reader = ResponseReader(status, headers)
    reader.feed(f"data: {body}\n\n".encode() if stream else body.encode())
    answer = reader.finish(Ending.COMPLETE)
    outcome = classify(answer.signals)
    assert Signals.model_validate_json(line_of(answer.signals)) == answer.signals
    assert Outcome.model_validate_json(line_of(outcome)) == outcome
