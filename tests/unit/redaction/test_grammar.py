from __future__ import annotations

import pytest

from pawwork_proxy.redaction.grammar import (
    compose,
    is_composed,
    is_pronounceable,
    looks_like_secret,
    split_case,
)

WORDS = frozenset({"model", "free", "ai"})


@pytest.mark.parametrize("word", ["aurora", "Nova", "pi", "XAI", "rhythm"])
def test_names_are_pronounceable(word: str) -> None:
    assert is_pronounceable(word)


@pytest.mark.parametrize("word", ["qwrtzp", "xkcdfgh", "aeiou", "aaab", "fooBar", "abcdefghijkl"])
def test_noise_is_not(word: str) -> None:
    assert not is_pronounceable(word)


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ("model-2026-08-01", True),
        ("model-2026-08-01-2026-08-02", False),
        ("model-250615-1-6", True),
        ("model-250615-250616-1", False),
        ("model-1b-2b-3b", False),
        ("model-12-3456", True),
        ("model-555-0123", False),
        ("911-83-6993", False),
        ("865b-153t", False),
        ("2026-08-01", False),
        ("nova-12", False),
        ("model-235b-a22b-free", True),
        ("model-nova", True),
        ("nova-orion-model", False),
        ("model--free", False),
        ("model-12-34-56-78-90", False),
    ],
)
def test_what_texts_may_be_made_of(text: str, well: bool) -> None:
    assert is_composed(text, WORDS, max_unknown=1) is well


def test_short_words_do_not_break_a_stretch() -> None:
    assert compose("12-ai-34-ai-56", WORDS).longest_loose == 14


@pytest.mark.parametrize(
    "text", ["x-sk-abc", "/home/a", "users/b", "1.2.3.4", "1-2-3-4", "aa:bb:cc:dd", "ghp_x", "eyJx"]
)
def test_secret_looking_texts(text: str) -> None:
    assert looks_like_secret(text)


@pytest.mark.parametrize("text", ["task-force", "Chrome/130.0.0.0", "1.2.3", "homestead/x"])
def test_innocent_texts(text: str) -> None:
    assert not looks_like_secret(text)


def test_case_changes_part_words() -> None:
    assert split_case("MissingSessionID") == ["Missing", "Session", "ID"]
