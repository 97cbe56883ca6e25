"""What a text may be made of, part by part."""

import pytest

from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.redaction.grammar import Grammar, compose, is_version, words_of
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser
from tests.rows import each_row

PSEUDONYMS = Pseudonymiser(b"g" * 32)
WORDS = words_of({"model", "free", "ai", "api-token", "node.js", "GLM"})
NAMES = Grammar(WORDS, "-./:", digits=6)
TYPES = Grammar(words_of({"usage", "limit", "error", "no", "upstream"}), "_", type_form=True)
BARE_NUMBERS = Grammar(WORDS, " /.-", digits=6, bare_numbers=True)


def composed(text: str, grammar: Grammar = NAMES) -> str | None:
    """The kept text, `{}` in place of each pseudonym."""
    kept = compose(text, grammar, PSEUDONYMS, Namespace.WORD)
    return None if kept is None else PSEUDONYM.sub("{}", kept)


@pytest.mark.parametrize(
    "text",
    [
        "model", "MODEL-free", "api.token", "token-api", "node.js", "glm-4.7-free", "glm4",
        "model-2026-08-01", "model-20260801", "model-250615-1-6", "model-12-3456", "model-4o",
        "model-235b-a22b-free", "model-v3p1", "ai-34b", "model-s-2.1", "model-1.2.3.456",
        "ModelFree", "model-v2.1.300.1-free",
    ],
)  # fmt: skip
def test_texts_of_words_numbers_times_and_versions_are_kept(text: str) -> None:
    assert composed(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("model-nova", "model-{}"),
        ("nova-free", "{}-free"),
        ("glm9-nova-free", "glm9-{}-free"),
        ("model-nova-orion-free", "model-{}-free"),
        ("nova-model-orion", "{}-model-{}"),
        ("model-Grace", "model-{}"),
        ("model-2026-08-01-2026-08-02", "model-2026-08-01-{}"),
        ("model-250615-250616", "model-250615-{}"),
        ("model-20261301", "model-{}"),
        ("model-555-0123", "model-{}"),
        ("model-12345", "model-{}"),
        ("model-1b-2b-3b", "model-1b-2b-3b"),
        ("model-1b-2b-333b-4444", "model-1b-2b-{}"),
        ("model-1-2-3-4-5-6", "model-{}"),
        ("model-ab12", "model-{}"),
        ("model-10.1.2.3", "model-{}"),
        ("model-555.1234", "model-{}"),
        ("modelNova-free", "{}-free"),
        ("free-glm123", "free-{}"),
    ],
)
def test_an_unknown_part_costs_that_part(text: str, kept: str) -> None:
    assert composed(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "", "nova", "nova-orion", "12-34", "2026-08-01", "865b-153t", "model--free", "-model",
        "model-", "model_free", "model free", "a-b-c", "x:model::1", "modelx", "größe-model",
        "nova-model-nova-model-nova-model-nova-model-nova",
    ],
)  # fmt: skip
def test_of_other_texts_nothing_is_kept(text: str) -> None:
    assert composed(text) is None


def test_numbers_may_stand_alone_where_the_grammar_says_so() -> None:
    assert composed("1.18.15", BARE_NUMBERS) == "1.18.15"
    assert composed("2023-06-01", BARE_NUMBERS) == "2023-06-01"
    assert composed("1.2.3-nova", BARE_NUMBERS) == "1.2.3-{}"
    assert composed("555-0123", BARE_NUMBERS) is None
    assert composed("10.1.2.3", BARE_NUMBERS) is None
    assert composed("nova", BARE_NUMBERS) is None


def test_no_numbers_where_the_grammar_has_none() -> None:
    plain = NAMES._replace(digits=0)
    for text in ("model-1", "model-1.2", "model-2026-08-01", "model-4b", "model4"):
        assert "{}" in (composed(text, plain) or "{}"), text
    assert composed("model-free", plain) == "model-free"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ai-1-ai-2-ai-3", "{}"),
        ("ai-1-ai-2-a", "ai-1-ai-2-a"),
        ("model-ai-1-ai-23-4", "model-{}"),
        ("model-ai-1-ai-2", "model-ai-1-ai-2"),
        ("model/ai/1.2.3.456/ai", "model/ai/1.2.3.456/ai"),
        ("ai/22.11.10 js/v22.11.1", "ai/22.11.10 js/v22.11.1"),
        ("ai-2.11.1-2-ai", "{}"),
        ("model/41.79.123-4567 free", "model/{} free"),
        ("model/41.79-123-4567 free", "model/41.79-{} free"),
        ("model/1.18.15-456 free", "model/1.18.15-456 free"),
        ("model/1.18.15-4567 free", "model/{} free"),
        ("model/1.18.15 4567 free", "model/1.18.15 4567 free"),
    ],
)
def test_a_stretch_of_twelve_characters_without_a_word_is_unknown(text: str, kept: str) -> None:
    grammar = BARE_NUMBERS if " " in text else NAMES
    assert (composed(text, grammar) or "{}") == kept


@pytest.mark.parametrize(
    "text", ["FairUsageLimitError", "UsageLimitException", "no_healthy_upstream", "NO_UPSTREAM",
             "NOVA_LIMIT", "usage_limit", "UsageLimit"]
)  # fmt: skip
def test_a_type_may_hold_one_unknown_word(text: str) -> None:
    assert composed(text, TYPES) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("grace_wang", "{}"),
        ("nova_orion_error", "{}_error"),
        ("Nova_limit", "{}_limit"),
        ("nova", "{}"),
        ("NovaLimit", "{}"),
        ("NovaOrionError", "{}"),
        ("nova1_limit", "{}_limit"),
        ("extraordinarily_error", "{}_error"),
        ("Grace Wang", "{}"),
    ],
)
def test_other_unknown_words_are_none_of_a_type(text: str, kept: str) -> None:
    assert (composed(text, TYPES) or "{}") == kept


def test_spaces_are_brought_to_one_and_a_foul_word_costs_itself() -> None:
    assert composed(" model/1.0   free ", BARE_NUMBERS) == "model/1.0 free"
    assert composed("model/1.0 sk-live=x", BARE_NUMBERS) == "model/1.0 {}"
    assert composed("model/1.0 /home/nova", BARE_NUMBERS) == "model/1.0 {}"


KEYS = Grammar(words_of({"hf", "huggingface", "org", "identity", "api", "app"}), "_-.@:")


@pytest.mark.parametrize(
    "text", ["hf_huggingface", "org_identity", "api.app", "api@hf.api", "api:1:2:3", "app1.2.3.4"]
)
def test_known_words_that_make_a_key_an_id_or_an_address_together(text: str) -> None:
    assert composed(text, KEYS) is None


def test_our_own_pseudonyms_stay_and_foreign_ones_do_not() -> None:
    mine = PSEUDONYMS.of(Namespace.WORD, "nova")
    assert compose(f"model-{mine}-free", NAMES, PSEUDONYMS, Namespace.WORD) == f"model-{mine}-free"
    posing = "word:" + "0a" * 12
    kept = compose(f"model-{posing}-free", NAMES, PSEUDONYMS, Namespace.WORD)
    assert kept is not None
    assert posing not in kept
    assert PSEUDONYM.sub("{}", kept) == "model-{}-free"


def test_equal_parts_have_equal_pseudonyms() -> None:
    kept = compose("nova-model-nova", NAMES, PSEUDONYMS, Namespace.PRODUCT)
    assert kept is not None
    first, second = PSEUDONYM.findall(kept)
    assert first == second == PSEUDONYMS.of(Namespace.PRODUCT, "nova")


@each_row(
    "text, is_one",
    [
        ("1.18.15", True), ("v22.11.0", True), ("144.0.7559.60", True), ("130.0.0.0", True),
        ("2026.5.18", True), ("605.1.15", True), ("537.36", True), ("10.1.2.3", False),
        ("07.33.02.08", False), ("555.123.4567", False), ("911.83.6993", False),
        ("1234.567", False), ("20.11.1.300", True),
        ("120.0.6099.130", True), ("2026.8.5", True), ("1.18.33", True),
        ("18.20.4", True), ("10.0.22631", True), ("22.333.4444", False), ("1.2.3.999", True),
        ("41.79.123.4567", False), ("49.171.5551.23456", False), ("22.333.44444", False),
        ("1.2.3.1000", False), ("41.79.123.456", False), ("120.1.6099.130", False),
        ("120.0.60990.130", False), ("19.8.1980", False), ("1.1.2009", False),
        ("1980.8.19", False), ("2009.8.19", False), ("2010.8.19", True), ("2016.90.40.26", False),
        ("22.333.444", True), ("49.171.5551", False), ("1.2.34567", False), ("1.2.3456", True),
        ("10.0.226310", False),
    ],
)  # fmt: skip
def test_what_is_a_version_and_what_could_be_somebodys_number(text: str, is_one: bool) -> None:
    assert is_version(text) is is_one
