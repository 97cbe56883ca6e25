"""Phrases and marks: unique, each found in its own example, quick on hostile text."""

import time
from collections.abc import Callable

import pytest

from pawwork_proxy.facts.wordings import (
    EDGE_MARKS,
    PHRASES,
    SENSES,
    Phrase,
    edge_marks,
    phrases_in,
    transport_mark,
)
from pawwork_proxy.model.signals import Failure
from tests.rows import each_row


def test_ids_are_unique() -> None:
    assert len(SENSES) == len(PHRASES)
    assert len({name for name, _ in EDGE_MARKS}) == len(EDGE_MARKS)


@each_row("phrase", PHRASES)
def test_each_phrase_is_found_in_its_example(phrase: Phrase) -> None:
    assert phrase.id in phrases_in(phrase.example)


@each_row("phrase", PHRASES)
@each_row("case", [str.upper, str.title, str.lower])
def test_the_case_of_letters_means_nothing(case: Callable[[str], str], phrase: Phrase) -> None:
    assert phrase.id in phrases_in(case(phrase.example))


def test_a_turkish_sentence_may_begin_with_its_own_capital() -> None:
    assert phrases_in("İSTEK SINIRI") == phrases_in("istek sınırı") == ("rate",)


@pytest.mark.parametrize("text", ["", "Hello.", "The weather is fine today", "完了しました"])
def test_other_texts_hold_no_phrase_that_means_something(text: str) -> None:
    assert {SENSES[phrase].value for phrase in phrases_in(text)} <= {"neutral"}


@pytest.mark.parametrize("text", ["a " * 9999, "model " * 9999, "\n" * 9999, "the input is " * 999])
def test_hostile_text_costs_little(text: str) -> None:
    start = time.process_time()
    phrases_in(text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("error code: 1010", "edge_code"),
        ("502 Bad Gateway", "bad_gateway"),
        ("Gateway Time-out", "gateway_timeout"),
        ("Just a moment...", "challenge"),
        ("no healthy upstream", "envoy"),
        ("<center>nginx</center>", "web_server"),
    ],
)
def test_edge_marks(text: str, mark: str) -> None:
    assert mark in edge_marks(text)


def test_an_error_code_of_the_api_is_no_edge_mark() -> None:
    assert edge_marks("Error code: 429 - {}") == ()


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("connect ECONNREFUSED 127.0.0.1:9", Failure.REFUSED),
        ("getaddrinfo ENOTFOUND example.invalid", Failure.DNS),
        ("curl: (6) Could not resolve host: example.invalid", Failure.DNS),
        ("self signed certificate in certificate chain", Failure.TLS),
        ("SSL: CERTIFICATE_VERIFY_FAILED", Failure.TLS),
        ("connect ENETUNREACH", Failure.UNREACHABLE),
        ("Stream ended without finish_reason", Failure.CUT),
        ("incomplete chunked read", Failure.CUT),
        ("socket hang up", Failure.RESET),
        ("TypeError: fetch failed", Failure.RESET),
        ("TimeoutError: The operation timed out", Failure.TIMEOUT),
        ("AbortError: This operation was aborted", Failure.ABORTED),
        ("ZlibError: incorrect header check", Failure.PROTOCOL),
    ],
)
def test_broken_transports_in_words(text: str, failure: Failure) -> None:
    mark = transport_mark(text)
    assert mark is not None
    assert mark[0] is failure


def test_an_ordinary_line_reports_no_broken_transport() -> None:
    assert transport_mark("Rate limit exceeded") is None
