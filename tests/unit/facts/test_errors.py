"""Types and codes: known words, stems of unknown ones, and no accidental matches."""

import pytest

from pawwork_proxy.facts.errors import (
    FAILED,
    FINISHED,
    MINIMAX_CODES,
    STEMS,
    VENDOR_TYPES,
    ZAI_CODES,
    ZEN_TYPES,
    Sense,
    known_finish,
    known_word,
    stem_sense,
    word_sense,
)
from pawwork_proxy.facts.wordings import OTHER, PROVIDERS, known_provider
from tests.rows import each_row


@each_row("word", [*ZEN_TYPES, *VENDOR_TYPES, *ZAI_CODES])
def test_each_word_is_known_and_means_something(word: str) -> None:
    assert known_word(word) == word
    assert word_sense(word) in Sense


def test_vendors_words_match_in_any_case_zens_in_theirs_only() -> None:
    assert known_word("OVERLOADED_ERROR") == "overloaded_error"
    assert known_word("freeusagelimiterror") is None
    assert known_word("acme") is None


def test_minimax_numbers_are_their_own() -> None:
    assert word_sense("minimax:1002") is MINIMAX_CODES["1002"] is Sense.RATE
    assert word_sense("1002") is Sense.AUTH_INVALID
    assert word_sense("minimax:9") is None


@pytest.mark.parametrize(
    ("word", "sense"),
    [
        ("ProviderOverloadedError", Sense.OVERLOAD),
        ("upstream_rate_limited", Sense.RATE),
        ("TooManyRequestsError", Sense.RATE),
        ("FreeQuotaExceededError", Sense.ACCOUNT_QUOTA),
        ("free_usage_limit_reached", Sense.FREE_LIMIT),
        ("ModelNotFoundException", Sense.MODEL),
        ("context_window_full", Sense.CONTEXT),
        ("InsufficientBalanceError", Sense.FUNDS),
        ("BadRequestError", Sense.INVALID),
        ("UpstreamError", Sense.OPAQUE),
        ("Pineapple", None),
    ],
)
def test_the_parts_of_an_unknown_word(word: str, sense: Sense | None) -> None:
    assert stem_sense(word) is sense


def test_a_long_word_costs_no_time() -> None:
    assert stem_sense("x" * 1_000_000) is None
    assert len(STEMS) > 10


def test_finish_reasons() -> None:
    assert known_finish("stop") == "stop"
    assert known_finish("error") == "error"
    assert known_finish("tell me") is None
    assert not FINISHED & FAILED.keys()


def test_providers_names_are_folded_to_the_tables_spelling() -> None:
    assert known_provider("console go") == "Console Go"
    assert known_provider(" NVIDIA ") == "Nvidia"
    assert known_provider("My Company") == OTHER
    assert len({name.casefold() for name in PROVIDERS}) == len(PROVIDERS)
