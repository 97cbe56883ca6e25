from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser
from pawwork_proxy.redaction.redactor import Redactor
from pawwork_proxy.redaction.shapes import (
    ShapeName,
    Shapes,
)
from pawwork_proxy.responses.waits import http_date
from tests.rows import each_row, few_when_fast
from tests.unit.redaction.canaries import canaries, leaked

SHAPER = Shapes(Pseudonymiser(b"k" * 32))
FOREIGN = [name for name in ShapeName if name is not ShapeName.LABEL]
"""A label is the user's own word: it is checked for pasted keys, not for privacy."""

MODELS = """
claude-sonnet-4-20250514 qwen3.7-max accounts/fireworks/models/llama-v3p1-405b-instruct
nemotron-3-ultra-free openai/gpt-oss-120b Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8 big-pickle
deepseek/deepseek-r1-0528:free us.anthropic.claude-sonnet-4-20250514-v1:0 llama3:8b o3
claude-3-5-sonnet@20240620 claude-opus-4@latest gemini-2.5-flash-preview-05-20 aurora-x1-free
mixtral-8x7b-instruct-v0.1 MiniMaxAI/MiniMax-M2 ERNIE-4.5-VL-424B-A47B zai-org/GLM-4.6
moonshotai/Kimi-K2-Instruct-0905 publishers/google/models/gemini-3-pro gpt-4.1-2025-04-14
chatgpt-4o-latest o4-mini-deep-research x-ai/grok-4.1-fast laguna-s-2.1-free ling-3.0-flash-free
nvidia/llama-3.3-nemotron-super-49b-v1.5 gemma-3n-e4b-it qwen3-next-80b-a3b-thinking
doubao-seed-1-6-250615 @cf/meta/llama-3.1-8b-instruct muse-spark-1.3-contributor
north-mini-code-free mimo-v2.5-free deepseek-v4-flash-free minimax-m2.5-free gpt-5-nano muse-spark
""".split()  # noqa: SIM905

USER_AGENTS = [
    "ai-sdk/openai-compatible/2.0.41 ai-sdk/provider-utils/4.0.23 runtime/node.js/v22.11.0",
    "opencode/latest/1.15.10/desktop ai-sdk/openai-compatible/2.0.41 runtime/node.js/v20.18.0",
    "opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/24",
    "opencode/latest/1.16.2/cli",
    "opencode/1.18.33 ai-sdk/provider-utils/4.0.30 runtime/bun/1.3.14",
    "opencode/0.0.0-dev-202609171234",
    "deepseek-harness/1.4.0",
    "python-requests/2.32.3",
    "curl/8.5.0",
    "GeminiCLI/0.8.2/gemini-2.5-pro",
    "Go-http-client/1.1",
    "OpenAI/Python 1.50.0",
    "node",
    "PawWork/2026.5.18 Electron/40.8.0 Chrome/144.0.7559.60 Node/24.2.0",
]


@each_row("model", MODELS)
def test_model_ids_survive(model: str) -> None:
    assert SHAPER.of(ShapeName.MODEL, model) == (model, True, True)


@pytest.mark.parametrize("agent", USER_AGENTS)
def test_user_agents_survive(agent: str) -> None:
    assert SHAPER.of(ShapeName.USER_AGENT, agent) == (agent, True, True)


@pytest.mark.parametrize(
    ("agent", "kept"),
    [
        ("deepseek-harness/1.0 (+https://example.org/x)", "deepseek-harness/1.0"),
        (
            "Mozilla/5.0 (X11; Linux (x86_64)) AppleWebKit/537.36 (like Gecko) Chrome/130.0.0.0",
            "Mozilla/5.0 AppleWebKit/537.36 Chrome/130.0.0.0",
        ),
    ],
)
def test_comments_are_dropped(agent: str, kept: str) -> None:
    assert SHAPER.of(ShapeName.USER_AGENT, agent) == (kept, True, False)


@each_row("seed", range(3))
@each_row("form", sorted(canaries()))
def test_the_client_stays_visible_beside_a_pasted_secret(form: str, seed: int) -> None:
    secret = canaries(seed)[form]
    shaped = SHAPER.of(ShapeName.USER_AGENT, f"opencode/1.16.2 {secret}")
    assert shaped.text.startswith("opencode/1.16.2")
    assert leaked(secret, shaped.text) == []


@each_row(
    "shape, text, kept",
    [
        (ShapeName.MEDIA_TYPE, "text/plain;charset=UTF-8", "text/plain;charset=utf-8"),
        (ShapeName.MEDIA_TYPE, "application/json; boundary=x", "application/json"),
        (ShapeName.MEDIA_TYPE, "application/response+json", "application/response+json"),
        (ShapeName.ACCEPT, "*/*", "*/*"),
        (ShapeName.ACCEPT, "text/html, */*;q=0.8", "text/html, */*;q=0.8"),
        (ShapeName.LANGUAGE, "de-DE, en;q=0.9", "de-DE, en;q=0.9"),
        (ShapeName.LANGUAGE, "*", "*"),
        (ShapeName.ENCODING, "gzip, deflate, br, zstd", "gzip, deflate, br, zstd"),
        (ShapeName.CACHE_CONTROL, "no-cache, max-age=0", "no-cache, max-age=0"),
        (ShapeName.ERROR_TYPE, "FreeUsageLimitError", "FreeUsageLimitError"),
        (ShapeName.ERROR_TYPE, "MissingSessionID", "MissingSessionID"),
        (ShapeName.ERROR_TYPE, "insufficient_quota", "insufficient_quota"),
        (ShapeName.ERROR_TYPE, "PromotionEndedError", "PromotionEndedError"),
        (ShapeName.ERROR_TYPE, "1302", "1302"),
        (ShapeName.FINISH_REASON, "end_turn", "end_turn"),
        (ShapeName.HEADER_NAME, "X-OpenCode-Install-Id", "x-opencode-install-id"),
        (ShapeName.HTTP_VERSION, "TLSv1.3", "TLSv1.3"),
        (ShapeName.RETRY_AFTER, "50223", "50223"),
        (ShapeName.RETRY_AFTER, "Tue, 25 Aug 2026 10:02:57 GMT", "2026-08-25T10:02:57Z"),
        (ShapeName.SERVER, "cloudflare", "cloudflare"),
        (ShapeName.SERVER, "nginx/1.25.3", "nginx/1.25.3"),
        (ShapeName.VERSION, "2023-06-01", "2023-06-01"),
        (ShapeName.VERSION, "latest", "latest"),
        (ShapeName.FEATURES, "interleaved-thinking-2025-05-14", "interleaved-thinking-2025-05-14"),
        (ShapeName.PROVIDER, "console go", "Console Go"),
        (ShapeName.HOST, "127.0.0.1:4096", "127.0.0.1"),
        (ShapeName.LABEL, "laptop-a.2", "laptop-a.2"),
    ],
)
def test_useful_texts_survive(shape: ShapeName, text: str, kept: str) -> None:
    shaped = SHAPER.of(shape, text)
    assert shaped == (kept, True, True)


@each_row(
    "shape, text",
    [
        (ShapeName.VERSION, "10.20.30.40"),
        (ShapeName.VERSION, "555.123.4567"),
        (ShapeName.VERSION, "1111.22222.33333"),
        (ShapeName.MODEL, "12.5"),
        (ShapeName.MODEL, "home/alice/x"),
        (ShapeName.MODEL, "gpt--4"),
        (ShapeName.MODEL, ""),
        (ShapeName.LANGUAGE, "de-DE;secret"),
        (ShapeName.LANGUAGE, "zz"),
        (ShapeName.CACHE_CONTROL, "max-age=tomorrow"),
        (ShapeName.ERROR_TYPE, "no; dots"),
        (ShapeName.DATE, "x" * 50),
        (ShapeName.DATE, "yesterday"),
        (ShapeName.PROVIDER, "a;b"),
        (ShapeName.LABEL, "1234-5678-9012"),
        (ShapeName.LABEL, "two words"),
        (ShapeName.HOST, "proxy.example.org"),
        (ShapeName.HOST, "192.0.2.1"),
        (ShapeName.SERVER, "somebody"),
        (ShapeName.USER_AGENT, "x" * 600),
        (ShapeName.USER_AGENT, "a/1 " * 30),
    ],
)
def test_other_texts_do_not(shape: ShapeName, text: str) -> None:
    shaped = SHAPER.of(shape, text)
    assert not shaped.kept
    assert shaped.text != text


@pytest.mark.parametrize(
    ("shape", "text", "kept"),
    [
        (ShapeName.MODEL, "qwen9-quorvex-free", "qwen9-word:{}-free"),
        (ShapeName.MODEL, "claude@example", "claude@word:{}"),
        (ShapeName.USER_AGENT, "mybot/2.3.1", "product:{}/2.3.1"),
        (ShapeName.USER_AGENT, "mybot/1.0 curl/2.0", "product:{}/1.0 curl/2.0"),
        (ShapeName.USER_AGENT, "a sentence about the client", "product:{}"),
        (ShapeName.MEDIA_TYPE, "application/vnd.quorvex+json", "application/vnd.word:{}+json"),
        (ShapeName.ERROR_TYPE, "quorvex_zalmond_error", "word:{}_error"),
        (ShapeName.HEADER_NAME, "X-Quorvex-Install-Id", "x-word:{}-install-id"),
        (ShapeName.SERVER, "nginx/somebody", "nginx/word:{}"),
        (ShapeName.VERSION, "1.2.3-somebody", "1.2.3-word:{}"),
        (ShapeName.FEATURES, "quorvex-thinking-2025-05-14", "word:{}-thinking-2025-05-14"),
        (ShapeName.PROVIDER, "Nova Quorvex", "Nova word:{}"),
        (ShapeName.PROVIDER, "Grace Wang", "word:{}"),
        (ShapeName.FIELD, "quorvexInstall_id", "word:{}_id"),
        (ShapeName.WORD, "Linux Quorvex", "Linux word:{}"),
    ],
)
def test_an_unknown_part_costs_that_part(shape: ShapeName, text: str, kept: str) -> None:
    shaped = SHAPER.of(shape, text)
    assert PSEUDONYM.sub(lambda made: made[0].partition(":")[0] + ":{}", shaped.text) == kept
    assert not shaped.whole
    assert shaped.kept is not SHAPER.pseudonyms.made(shaped.text)


@pytest.mark.parametrize(
    "text", ["FairUsageLimitError", "model_loading", "no_healthy_upstream", "QUORVEX_EXHAUSTED"]
)
def test_a_new_type_of_error_may_hold_one_unknown_word(text: str) -> None:
    assert SHAPER.of(ShapeName.ERROR_TYPE, text) == (text, True, True)


@pytest.mark.parametrize("text", ["Grace Wang", "grace.wang@model", "Model is gone", "quorvex"])
def test_a_sentence_or_a_name_is_no_type_of_error(text: str) -> None:
    assert not SHAPER.of(ShapeName.ERROR_TYPE, text).kept


GLUE = """{} gpt-4o-{} {}-free claude-{}-latest opencode/{} opencode/1.16.2/{} {}/1.0 text/{}
runtime/node.js/{} x-{} {}_error {}Error en-{} max-age={} a/{} {}@20250101 2.{} ({})""".split()  # noqa: SIM905
SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.lower,
    str.upper,
    lambda secret: secret.replace("-", "_"),
]


@each_row("form", sorted(canaries()))
@pytest.mark.parametrize("spell", few_when_fast(1, SPELLINGS))
@pytest.mark.parametrize("seed", few_when_fast(1, range(3)))
def test_no_secret_survives_any_shape(form: str, seed: int, spell: Callable[[str], str]) -> None:
    spelling = spell(canaries(seed)[form])
    for glue in (*GLUE, "opencode/1.2 {}", "opencode/1.2 ({})", "gzip, {}", "{} cli"):
        for shape in FOREIGN:
            shaped = SHAPER.of(shape, glue.format(spelling))
            assert leaked(spelling, shaped.text) == [], (shape, glue)


@given(st.sampled_from(ShapeName), st.text(max_size=600))
def test_shapes_are_total_and_idempotent(shape: ShapeName, text: str) -> None:
    once = SHAPER.of(shape, text)
    again = SHAPER.of(shape, once.text)
    if shape is not ShapeName.RETRY_AFTER and shape is not ShapeName.DATE:
        assert again.text == once.text
    assert once == SHAPER.of(shape, text)


@each_row("shape", ShapeName)
def test_each_row_keeps_its_example(shape: ShapeName) -> None:
    assert SHAPER.of(shape, shape.row.example).kept
    assert shape.row.reason


def test_equal_texts_stay_equal(redactor: Redactor) -> None:
    secret = canaries()["zen"]
    first = redactor.shapes.of(ShapeName.MODEL, secret)
    assert first == redactor.shapes.of(ShapeName.MODEL, secret)
    assert first != redactor.shapes.of(ShapeName.MODEL, secret + "x")


def test_dates() -> None:
    date = http_date("Tue, 25 Aug 2026 10:02:57 GMT")
    assert date is not None
    assert date.isoformat() == "2026-08-25T10:02:57+00:00"
