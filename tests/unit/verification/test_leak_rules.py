"""The scan's own rules: what they must find, and what belongs into every record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.facts import errors, fields, server, wordings
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.facts.outcomes import USER_SEES
from pawwork_proxy.facts.table import word_lists
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.redaction.shapes import ShapeName
from pawwork_proxy.redaction.values import FORMS
from pawwork_proxy.verification.leak_rules import LEAK_RULES, SCHEMA_WORDS, leak_in, shannon
from pawwork_proxy.verification.scan import rule_broken_by
from tests.rows import each_row
from tests.unit.redaction.canaries import canaries

HTTP, AGENT_WORDS, WORDS = map(word_lists, ("http", "user_agents", "words"))
OURS = {
    "models": server.MODEL_IDS,
    "rules": [rule.id for rule in RULES],
    "phrases": [phrase.id for phrase in wordings.PHRASES],
    "texts of clients": USER_SEES,
    "error types": [*errors.ZEN_TYPES, *errors.VENDOR_TYPES, *errors.GOOGLE_STATUSES],
    "headers": fields.HEADERS,
    "media types": HTTP["media_types"],
    "providers": wordings.PROVIDERS,
    "fields": [*fields.BODY_FIELDS, *fields.IDENTITY_FIELDS, *fields.TOOL_NAMES],
    "forms": [row.id for row in FORMS],
    "shapes": [
        row.keep(row.prepare(row.example)) or "" for row in (shape.row for shape in ShapeName)
    ],
    "routes": ["/zen/v1/models/{model}:streamGenerateContent", "/zen/v1/chat/completions"],
    "error types in words": ["Rate limit reached for requests", "Provider returned error"],
    "lists": ["gzip, deflate, br, zstd", "text/html, application/json;q=0.9"],
    "query names": fields.QUERY_NAMES,
    "fetch words": HTTP["fetch_words"],
    "connection options": HTTP["connection_options"],
    "platforms": AGENT_WORDS["platforms"],
    "beta flags": WORDS["features"],
    "plausible models": [
        "accounts/fireworks/models/llama-v3p1-405b-instruct",
        "us.anthropic.claude-sonnet-4-20250514-v1:0",
        "meta-llama/llama-4-maverick-17b-128e-instruct",
        "Qwen/Qwen3-235B-A22B-Instruct-2507",
        "claude-haiku-4-5@20251001",
    ],
    "user agents": [
        "opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0",
        "Mozilla/5.0 AppleWebKit/537.36 Chrome/128.0.0.0 Electron/32.1.0 Safari/537.36",
    ],
}


RAY = "8f1e2d3c4b5a6978-FRA"
"""Passes in its own places only, which `test_scan` looks at."""
OF_OTHERS = {"shapes", "error types in words", "plausible models", "user agents"}
"""Names by others, which stand in fields that may hold a word nobody taught us."""


def test_rules_have_unique_ids_and_reasons() -> None:
    assert len({rule.id for rule in LEAK_RULES}) == len(LEAK_RULES)
    assert all(rule.reason for rule in LEAK_RULES)


@each_row("form", sorted(canaries()))
@each_row("around", ["{}", "big-pickle {}", "a/{}/b"])
def test_every_format_of_secret_is_found(form: str, around: str) -> None:
    for seed in range(1, 25):
        assert leak_in(around.format(canaries(seed)[form])) is not None


@pytest.mark.parametrize("words", sorted(OURS))
def test_what_belongs_into_a_record_passes(words: str) -> None:
    found = {str(text): rule_broken_by(str(text)) for text in OURS[words] if text != RAY}
    allowed = {None, "unknown_word"} if words in OF_OTHERS else {None}
    assert {text: rule for text, rule in found.items() if rule not in allowed} == {}


@given(st.sampled_from(Namespace), st.binary(min_size=12, max_size=12))
def test_a_pseudonym_passes_alone_and_inside_a_text(kind: Namespace, digits: bytes) -> None:
    pseudonym = f"{kind.value}:{digits.hex()}"
    assert rule_broken_by(pseudonym) is None
    assert rule_broken_by(f"opencode/1.16.2 {pseudonym}") is None


@given(st.binary(min_size=13, max_size=32))
def test_more_digits_than_a_pseudonym_has_are_found(digits: bytes) -> None:
    assert rule_broken_by("key:" + digits.hex()) is not None


@pytest.mark.parametrize(
    "text", ["summarise the merger", "Hello dear colleague", "why is this broken again"]
)
def test_a_few_words_of_a_person_are_found(text: str) -> None:
    assert leak_in(text) == "sentence"


@given(st.text(max_size=200))
def test_every_text_gets_a_verdict(text: str) -> None:
    rule_broken_by(text)


def test_names_and_words_of_the_schema_are_known_however_deep_they_stand() -> None:
    assert {
        "capture_id",
        "first_byte_ms",
        "cf_mitigated",
        "response_head",
        "bearer",
    } <= SCHEMA_WORDS


def test_entropy_is_bits_per_character() -> None:
    assert shannon("aaaa") == 0
    assert shannon("abcd") == 2


@each_row(
    "text, rule",
    [
        ("sk-" + "a1" * 32, "zen_key"),
        ("oc_sk_abc123", "opencode_key"),
        ("sk-abcdefgh", "vendor_key"),
        ("x hf_abcdefghij", "vendor_key"),
        ("AKIA" + "AB12" * 3, "vendor_key"),
        ("-----", "private_key"),
        ("ses_abcdef", "raw_id"),
        ("org_abcdef", "raw_id"),
        ("ann@meta.ai", "email"),
        ("ftp://model", "url"),
        ("users/model", "file_path"),
        ("c:/model", "file_path"),
        ("00000000-0000-4000-8000-000000000000", "uuid"),
        ("model 10.1.2.3", "ipv4"),
        ("qwen1.2.3.4", "ipv4"),
        ("x.192.168.0.7", "ipv4"),
        ("model.192.168.0.7.free", "ipv4"),
        ("fe80:1:2:3", "ipv6"),
        ("a::b", "ipv6"),
        ("jane-laptop.corp", "host_name"),
        ("0a" * 8, "hex"),
        ("model 1234567890", "digits"),
        ("4111 1111 1111", "digits"),
        ("+49 170 123", "digits"),
        ("911-836-993", "digits"),
        ("model/41.79.123.4567", "digits"),
        ("model/v49.171.5551.23456", "digits"),
        ("model/22.333.44444", "digits"),
        ("model/1.2.3.1000", "digits"),
        ("model/1.1000.2.3", "digits"),
        ("model/120.1.6099.130", "digits"),
        ("model/19.8.1980", "digits"),
        ("model/1980.8.19", "digits"),
        ("AB12-CD34-EF56", "serial"),
        ("QX12-CD34-MODEL", "serial"),
        ("a1b2c3d4e5f6g", "long_word"),
        ("qzxwvkjhgfds", "long_word"),
        ("abCdeFghIjkLmn", "long_word"),
        ("bacudefogihajekolimunapoq", "long_word"),
        ("bacudefogihyjkelmonp", "long_word"),
        ("a1b2c3d4e5f6", "long_word"),
        ("free12model34", "long_word"),
        ("qzaQzoQzuQze", "long_word"),
        ("stop my landlord quickly", "sentence"),
        ("größe", "foreign_character"),
        ('model"', "foreign_character"),
        ("quorvex-zalmond-hollenbeck", "unknown_words"),
        ("qazuQezoQazi", "unknown_words"),
        ("qazu-qezo-qazi", "unknown_words"),
        ("bacudefogihyjkelmon", "unknown_word"),
        ("bacudefogihajekolimu", "unknown_word"),
        ("quorvex-zalmond", "unknown_word"),
        ("ann", "unknown_word"),
        ("ann-qzo-vux", "unknown_word"),
    ],
)
def test_each_rule_finds_its_own(text: str, rule: str) -> None:
    assert leak_in(text) == rule


@each_row(
    "text",
    [
        "sk-model", "ses_model", "hf_model", "127.0.0.1", "[::1]:9610", "10.0.0.0", "300.1.2.3",
        "1.2.3.4.5", "0a0a0a0", "model-123456789", "202609171234", "20260917", "QWEN3-480B-A35B",
        "AB12-MODEL-FREE", "authorization12", "FreeUsageLimitError", "stop model", "xq-ab-ef",
        "cognitivecomputations12", "claude-haiku-4-5@20251001", "2026-08-25T10:02:57Z", "a:b:c",
        "request.headers.us", "/zen/v1/models/{model}", "", "model/v120.0.6099.130", "2026.8.5",
        "a1b2c3d4e5f", "free123models", "QX12-MODEL-FREE", "StopModel ErrorFree LimitType",
        "model/1234.1.2.3",
        "537.36", "0.1.0-rc.8", "1.18.33", "0.0.0-beta-202609171200", "1.2.3.999", "22.333.4444",
    ],
)  # fmt: skip
def test_what_only_resembles_a_leak_passes(text: str) -> None:
    assert leak_in(text) is None


def test_one_unknown_word_in_camel_case_is_no_random_word() -> None:
    assert leak_in("QzxwvkjhgfError") == "unknown_word"
    assert leak_in("NoQzAPIError") is None
