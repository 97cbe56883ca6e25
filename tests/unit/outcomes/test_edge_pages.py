"""A page of HTML is the edge's, by its form alone and whatever words stand on it."""

import pytest

from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES
from pawwork_proxy.model.outcome import Kind, Origin
from pawwork_proxy.model.signals import BodyShape
from pawwork_proxy.outcomes.rules import classify
from tests.unit.responses.test_response_reader import read

BEGINNINGS = [
    "<!DOCTYPE html>", "<!doctype\nsomething>", "<html>", "<HTML lang='de'>", "<head>", "<body>",
    "<center>", "<title>", "<h1>", "\ufeff<h1>", "\n  <h1>",
]  # fmt: skip
UNMARKED = [start for start in BEGINNINGS if "html" not in start.lower()]
"""Nothing on these says HTML but the tag that they begin with."""
TEMPTING = [
    "Overloaded", "429 Too Many Requests", "rate limit exceeded", "No provider available",
    "prompt is too long: 9 tokens", "The model does not exist", "Insufficient balance",
    "Free usage exceeded, subscribe to Go", "Internal server error", "Invalid API key",
    "FreeUsageLimitError: Free usage exceeded", '{"error":{"type":"FreeUsageLimitError"}}',
]  # fmt: skip


@pytest.mark.parametrize("start", BEGINNINGS)
def test_a_page_is_known_by_what_it_begins_with(start: str) -> None:
    for status in (200, 403, 404, 429, 500, 502, 503, 504, 522, 530):
        signals = read(f"{start}Sorry.".encode(), status).signals
        outcome = classify(signals)
        assert signals.body is BodyShape.HTML
        assert (outcome.kind, outcome.origin) == (Kind.GATEWAY_ERROR, Origin.EDGE), status


@pytest.mark.parametrize("start", UNMARKED)
def test_no_word_on_a_page_makes_it_the_servers(start: str) -> None:
    for status in (200, 403, 429, 503):
        for words in TEMPTING:
            outcome = classify(read(f"{start}{words}".encode(), status).signals)
            assert (outcome.kind, outcome.origin) == (Kind.GATEWAY_ERROR, Origin.EDGE), words
            assert outcome.error_type is None


def test_no_type_on_a_page_is_the_servers_error_type() -> None:
    for word in (*ZEN_TYPES, *VENDOR_TYPES):
        outcome = classify(read(f"<title>{word}: sorry</title>".encode(), 503).signals)
        assert (outcome.kind, outcome.error_type) == (Kind.GATEWAY_ERROR, None), word


@pytest.mark.parametrize("text", ["<p>Overloaded</p>", "<error>Overloaded</error>", "< html"])
def test_not_everything_in_angle_brackets_is_a_page(text: str) -> None:
    assert read(text.encode(), 503).signals.body is BodyShape.TEXT


def test_a_page_inside_a_models_words_is_none() -> None:
    body = b'{"choices":[{"message":{"content":"<h1>Bad gateway</h1>"},"finish_reason":"stop"}]}'
    assert classify(read(body, 200).signals).kind is Kind.SUCCESS
