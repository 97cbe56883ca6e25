"""What ordinary clients send every day is kept and passes the gate; numbers alone are no names."""

import json

import pytest

from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.taint_gate import RawExchange, TaintGate
from tests.rows import each_row

PSEUDONYMS = Pseudonymiser(b"s" * 32)
SHAPER = Shapes(PSEUDONYMS)
GATE = TaintGate(PSEUDONYMS, Credentials())
USUAL = {
    ShapeName.LANGUAGE: """
        en-US, en;q=0.9|en-US, en;q=0.9, de;q=0.8|zh-Hant-TW;q=0.5|de, en-gb;q=0.8, en;q=0.7
        fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5|en-US, en, de-DE, de|es-419, es;q=0.9
        sr-Latn-RS, sr;q=0.8, zh-Hans-CN;q=0.6|en-GB, en-US;q=0.99, en;q=0.98, de-DE;q=0.97""",
    ShapeName.ACCEPT: """
        text/event-stream, application/json;q=0.9, */*;q=0.1|*/*;q=0.8
        text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8
        application/json, text/plain, */*""",
    ShapeName.ENCODING: """
        gzip, deflate, br, zstd|gzip;q=1.0, deflate;q=0.6, identity;q=0.3
        br;q=1.0, gzip;q=0.8, *;q=0.1""",
    ShapeName.CACHE_CONTROL: """
        max-age=123456789, s-maxage=123456789|max-age=604800, stale-while-revalidate=86400
        no-cache, no-store, max-age=0, must-revalidate""",
    ShapeName.FEATURES: """
        claude-code-20250219|context-1m-2025-08-07|oauth-2025-04-20|effort-2025-11-24
        token-efficient-tools-2025-02-19, prompt-caching-scope-2026-01-05
        advanced-tool-use-2025-11-20|output-128k-2025-02-19|assistants=v2|responses=experimental
        claude-code-20250219, interleaved-thinking-2025-05-14, oauth-2025-04-20""",
    ShapeName.RETRY_AFTER: "2147483647|86400.123|50223.412",
    ShapeName.WORD: "js|MacOS|Linux|node|arm64|x64|python|false",
    ShapeName.USER_AGENT: """
        opencode/0.0.0-dev-202609171234|curl/8.5.0|runtime/node.js/24|Gecko/20100101 Firefox/144.0
        PawWork/2026.5.18 Electron/40.8.0 Chrome/144.0.7559.60 Node/24.2.0
        AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15|OpenAI/Python 1.50.0""",
}
PAIRS = [
    (shape, text.strip())
    for shape, texts in USUAL.items()
    for text in texts.replace("\n", "|").split("|")
    if text.strip()
]


def passes(text: str, raw: str) -> bool:
    return GATE.check(json.dumps({"value": text}), RawExchange((raw.encode(),))) is None


@each_row("shape, text", PAIRS)
def test_usual_values_are_kept_as_they_are(shape: ShapeName, text: str) -> None:
    shaped = SHAPER.of(shape, text)
    assert (shaped.text, shaped.kept) == (text, True)
    assert passes(shaped.text, text)


@pytest.mark.parametrize(
    ("shape", "text", "kept"),
    [
        (ShapeName.LANGUAGE, "en-US,en;q=0.9", "en-US, en;q=0.9"),
        (ShapeName.RETRY_AFTER, "12345678.123", "12345678"),
        (
            ShapeName.USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
            "Mozilla/5.0 Gecko/20100101 Firefox/144.0",
        ),
    ],
)
def test_other_spellings_are_brought_to_one(shape: ShapeName, text: str, kept: str) -> None:
    assert SHAPER.of(shape, text).text == kept
    assert passes(kept, text)


@pytest.mark.parametrize(
    ("shape", "text", "kept"),
    [
        (ShapeName.FEATURES, "oauth-2025-04-20,qzxwv-secret,effort-2025-11-24",
         "oauth-2025-04-20, {}, effort-2025-11-24"),
        (ShapeName.LANGUAGE, "en-US, en-pass-123;q=0.9", "en-US, {}"),
        (ShapeName.LANGUAGE, "de-Jane, de;q=0.9", "{}, de;q=0.9"),
        (ShapeName.ENCODING, "gzip, qzxwv;q=0.1", "gzip, {}"),
        (ShapeName.ACCEPT, "text/qzxwv-kjhg;q=0.2, */*", "text/{};q=0.2, */*"),
        (ShapeName.CACHE_CONTROL, "no-store, max-age=4111111111111111", "no-store, {}"),
    ],
)  # fmt: skip
def test_one_unknown_item_does_not_cost_the_list(shape: ShapeName, text: str, kept: str) -> None:
    shaped = SHAPER.of(shape, text)
    assert (shaped.kept, shaped.whole) == (True, False)
    (pseudonym,) = PSEUDONYM.findall(shaped.text)
    assert shaped.text == kept.format(pseudonym)
    assert SHAPER.of(shape, shaped.text) == shaped
    assert passes(shaped.text, text)


NUMBERS = """911-83-6993 555-0123 555-123-4567 4155550123 DE12-3456 865b-153t-171t-735b-946k
AB12-CD34-E 078-05-1120 2024-01-15 865b-153t 12-34""".split()  # noqa: SIM905


@each_row("number", NUMBERS)
@each_row(
    "shape",
    [ShapeName.ERROR_TYPE, ShapeName.MODEL, ShapeName.HEADER_NAME, ShapeName.WORD,
     ShapeName.PROVIDER, ShapeName.FEATURES, ShapeName.FINISH_REASON],
)  # fmt: skip
def test_numbers_alone_are_no_name(shape: ShapeName, number: str) -> None:
    assert not SHAPER.of(shape, number).kept
    assert not SHAPER.of(shape, f"x-{number}").kept


@pytest.mark.parametrize(
    "agent",
    ["opencode/1.2 911 83 6993", "opencode/911/83/6993", "opencode/911 node/83 bun/6993",
     "911-83-6993/1.0", "DE12-3456/1.0", "node/911.83.6993", "node/1234.5678.9012",
     "opencode/1.0 865b-153t-171t-735b/1"],
)  # fmt: skip
def test_numbers_in_a_user_agent_are_versions_or_nothing(agent: str) -> None:
    shaped = SHAPER.of(ShapeName.USER_AGENT, agent)
    assert not shaped.whole
    rest = PSEUDONYM.sub("", shaped.text)
    assert sum(map(str.isdigit, rest)) <= 6


@pytest.mark.parametrize(
    "text",
    ["865b-153t-171t-735b-946k", "911/83/6993/4155550", "free-865b-153t-171t-735b-946k",
     "qz/911/83/6993/415", "is it no or so", "en, de, pass-123-word-xyz",
     "en;q=0.9, zz-qzxw-kjhg", "en;q=kjhgfqzxw, de"],
)  # fmt: skip
def test_the_gate_trusts_no_numbers_without_words(text: str) -> None:
    assert not passes(text, text)


@pytest.mark.parametrize(
    "text",
    [
        "gpt-oss-120b-moe",
        "Qwen3-Coder-480B-A35B-Instruct-FP8",
        "c4ai-aya-expanse-32b",
        "ernie-4.5-300b-a47b",
    ],
)
def test_the_gate_knows_sizes_beside_words(text: str) -> None:
    assert passes(text, text)


@pytest.mark.parametrize(
    ("shape", "text"),
    [(ShapeName.RETRY_AFTER, "4111111111"), (ShapeName.VERSION, "911.83.6993"),
     (ShapeName.VERSION, "1234.567"), (ShapeName.LANGUAGE, "en-pass-123"),
     (ShapeName.LANGUAGE, "en-911"), (ShapeName.ENCODING, ", ".join(["gzip"] * 13))],
)  # fmt: skip
def test_numbers_and_lists_have_ends(shape: ShapeName, text: str) -> None:
    assert not SHAPER.of(shape, text).kept
