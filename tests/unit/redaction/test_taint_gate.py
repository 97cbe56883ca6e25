"""The gate must catch what a broken shape lets through, and nothing that is safe."""

import base64
import json
from urllib.parse import quote

import pytest

from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.taint_gate import Hit, RawExchange, TaintGate
from tests.rows import each_row
from tests.unit.redaction.canaries import canaries

PSEUDONYMS = Pseudonymiser(b"g" * 32)
NOTHING = RawExchange(())
LONG = sorted(form for form, secret in canaries().items() if len(secret) >= 12)


def gate(*own: str) -> TaintGate:
    return TaintGate(PSEUDONYMS, Credentials(), own)


def line(**fields: object) -> str:
    return json.dumps({"type": "exchange", **fields})


@each_row("form", LONG)
@each_row("seed", range(3))
def test_a_leaky_record_is_caught(form: str, seed: int) -> None:
    secret = canaries(seed)[form]
    raw = RawExchange((b"POST /zen/v1", json.dumps({"x": secret}).encode()))
    assert gate().check(line(request={"model": secret}), raw) == Hit("shared_text", "request.model")
    assert gate().check(line(request={"headers": [{"value": secret}]}), raw)
    assert gate().check(line(request={"body": {"roles": {secret: 1}}}), raw) == Hit(
        "shared_text", "request.body.roles.*"
    )


@pytest.mark.parametrize("form", ["zen", "google", "aws_secret", "telegram", "pem"])
def test_keys_of_the_run_are_found_in_any_usual_encoding(form: str) -> None:
    key = canaries()[form]
    credentials = Credentials()
    credentials.add(key)
    credentials.add(key)
    check = TaintGate(PSEUDONYMS, credentials).check
    for spelling in (
        key,
        quote(key, safe=""),
        key.encode().hex(),
        key.encode().hex().upper(),
        *(base64.b64encode(f"{'u' * n}{key}:x".encode()).decode() for n in range(6)),
        *(base64.urlsafe_b64encode(f"{'u' * n}{key}".encode()).decode() for n in range(3)),
    ):
        assert check(line(method=spelling), NOTHING) == Hit("credential", "method"), spelling
    assert check(line(method="POST"), NOTHING) is None


def test_a_cookie_that_is_in_the_form_of_a_line_only_is_no_hit() -> None:
    credentials = Credentials()
    credentials.add('17, "model": "qz"')
    check = TaintGate(PSEUDONYMS, credentials).check
    assert check(line(seq=17, model="qz"), NOTHING) is None
    credentials.add("1764201600")
    assert check(line(seq=1764201600), NOTHING) == Hit("credential", "seq")


@pytest.mark.parametrize("key", ["public", "test-key", "opencode", "short"])
def test_keys_that_are_words_of_ours_do_not_block_records(key: str) -> None:
    credentials = Credentials()
    credentials.add(key)
    assert not credentials.found_in(line(user_agent=f"opencode/1 {key}"))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.0.0.1:9610", "[::1]:9610", "started_at", "HTTP/1.1", "retry_after_s",
        "/zen/v1/chat/completions", "2026-11-26", "2026-11-26T00:18:37Z", "zh-Hans-CN",
        "big-pickle", "laptop-home-office", "laptop-home", "144.0.7559.60", "v22.11.0",
        "2026.11.28", "0.0.0-dev-202609171234", "40.8.0-beta.3", "Electron/40.8.0",
        "claude-sonnet-4-20250514", "kimi-k2-0905-preview", "qwen3-coder-480b-a35b",
        "2026-11-26T09", "2026-11-26 09:30", "09:30:00", "14:05:33.123Z", "2026112609",
        "FreeUsageLimitError",
    ],
)  # fmt: skip
def test_a_cookie_of_what_every_record_holds_withholds_none(text: str) -> None:
    credentials = Credentials(["laptop-home-office"])
    credentials.add(text)
    assert not credentials.found_in(line(anything=text))


@pytest.mark.parametrize(
    "secret",
    [
        "opencode-7f3a", "a1-b2-c3-d4", "203.0.113.9", "started_at_xyz", "1764201600",
        "hunter2-http", "--1-2-3-4-5", "2026-13-99", "10.1.2.3", "opencode/10.1.2.3",
        "41.79.123.4567", "model-1234-5678", "opencode-a1b2", "2026-11-26-wanda",
    ],
)  # fmt: skip
def test_what_only_resembles_our_words_is_a_key(secret: str) -> None:
    credentials = Credentials()
    credentials.add(secret)
    assert credentials.found_in(line(anything=secret))


def test_pseudonyms_quoted_in_a_prompt_do_not_block_records() -> None:
    """Somebody may ask the model about a capture: the raw body then holds our own pseudonyms."""
    mine = PSEUDONYMS.of(Namespace.KEY, "x")
    raw = RawExchange((mine.encode(),))
    assert gate().check(line(pseudonym=mine), raw) is None
    assert gate().check(line(path=f"/zen/{mine}/{mine}"), raw) is None
    posing = "key:" + "0a" * 12
    assert gate().check(line(pseudonym=posing), RawExchange((posing.encode(),)))


@pytest.mark.parametrize(
    "text",
    [
        "claude-sonnet-4-20250514", "Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8", "big-pickle",
        "accounts/fireworks/models/llama-v3p1-405b-instruct", "MiniMaxAI/MiniMax-M2",
        "opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/v22.1.0", "mybot/2.3.1",
        "FreeUsageLimitError", "text/event-stream;charset=utf-8", "2026-08-25T10:02:57.123456Z",
        "/zen/v1/models/{model}:streamGenerateContent", "model_context_window_exceeded",
        "gzip, deflate, br, zstd", "x-stainless-runtime-version", "Tue, 25 Aug",
    ],
)  # fmt: skip
def test_our_own_words_do_not_block_records(text: str) -> None:
    raw = RawExchange((text.encode(),))
    assert gate().check(line(value=text), raw) is None


def test_text_that_the_exchange_does_not_hold_is_not_tainted() -> None:
    record = line(value="qzxw-qzxw-qzxw-qzxw", name="wxzq-wxzq-wxzq-wxzq")
    assert gate().check(record, RawExchange((b"else",))) is None


def test_words_of_the_user_are_allowed() -> None:
    raw = RawExchange((b"cd /qzxw-qzxw-qzxw-qzxw",))
    assert gate().check(line(install="qzxw-qzxw-qzxw-qzxw"), raw)
    assert gate("qzxw-qzxw-qzxw-qzxw").check(line(install="qzxw-qzxw-qzxw-qzxw"), raw) is None


def test_the_edge_ray_is_kept_in_its_place_only() -> None:
    ray = "8f1e2d3c4b5a6978-FRA"
    raw = RawExchange((b"cf-ray: " + ray.encode(),))
    assert gate().check(line(response={"cf_ray": ray, "headers": [{"value": ray}]}), raw) is None
    assert gate().check(line(request={"headers": [{"value": ray}]}), raw)
    assert gate().check(line(response={"cf_ray": "0a" * 20}), RawExchange((b"0a" * 20,)))
    assert gate().check(line(response=None), raw) is None


def test_no_conversation_is_searched_for_the_edges_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer of the server has one, and to unescape two megabytes takes 150 ms."""
    monkeypatch.setattr(
        "pawwork_proxy.redaction.taint_gate._haystack", lambda _: pytest.fail("searched")
    )
    ray = "8f1e2d3c4b5a6978-FRA"
    raw = RawExchange((f"cf-ray: {ray}".encode(),))
    assert gate().check(line(response={"cf_ray": ray, "headers": [{"value": ray}]}), raw) is None


def test_long_strings_are_checked_without_being_remembered() -> None:
    secret = "qzxw-" * 300
    assert gate().check(line(value=secret), RawExchange((secret.encode(),)))


def test_camel_case_of_known_words_is_ours() -> None:
    text = "ModelTokenLimitError"
    assert gate().check(line(type=text), RawExchange((text.encode(),))) is None
    other = "ModelQzxwvkjhgfdsError"
    assert gate().check(line(value=other), RawExchange((other.encode(),)))


def test_raw_exchanges_do_not_show_themselves() -> None:
    assert "hidden" not in repr(RawExchange((b"hidden",)))


def test_what_is_remembered_as_harmless_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    check = gate()
    ours = len(check._ours)
    monkeypatch.setattr("pawwork_proxy.redaction.taint_gate._REMEMBERED", ours + 3)
    sizes = set()
    for number in range(9):
        assert check.check(line(value=f"short{number}"), NOTHING) is None
        sizes.add(len(check._harmless) - ours)
    assert sizes == {1, 2, 3}
    assert check.check(line(value="free model " * 200), NOTHING) is None
    assert not any(len(text) > 512 for text in check._harmless)


def test_escaped_strings_are_read_as_they_are() -> None:
    secret = 'qzxw"qzxw"qzxw"qzxw'
    raw = RawExchange((secret.encode(),))
    assert gate().check(line(value=secret, status=None), raw) == Hit("shared_text", "value")


@pytest.mark.parametrize(
    "number",
    [411111111111, 4111111111111111, -411111111111, 4.11111111111, 411.111111111, 0.41111111111],
)
def test_numbers_of_the_exchange_are_looked_at_too(number: float) -> None:
    raw = RawExchange((f"x={number}".encode(),))
    assert gate().check(line(status=number), raw) == Hit("shared_number", "status")
    assert gate().check(line(seen=number), raw) == Hit("shared_number", "*")
    assert gate().check(json.dumps({"seen": number}, separators=(",", ":")), raw)
    assert gate().check(line(status=number), NOTHING) is None
    unpointed = RawExchange((str(number).replace(".", "").encode(),))
    assert gate().check(line(status=number), unpointed)


def test_short_numbers_and_times_may_be_shared() -> None:
    text = line(total_ms=123456.789, at="2026-08-25T10:02:57.123456Z", size=12345678901)
    assert gate().check(text, RawExchange((text.encode(),))) is None


@pytest.mark.parametrize("text", ["model99free99", "qwen12-34567890-12", "x-model12-y-model7-zz"])
def test_a_word_with_two_digits_is_ours_and_one_with_more_is_not(text: str) -> None:
    hit = gate().check(line(value=text), RawExchange((text.encode(),)))
    assert (hit is None) is (text == "x-model12-y-model7-zz")


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("chrome/144.0.7559.60", True), ("qz/144.0.7559.60", True), ("chrome 144.0.7559.60", True),
        ("qzx 144.0.7559.60", False), ("chrome/10.11.12.13x", False),
        ("chrome/203.0.113.150", False),
        ("max-age=123456789", True), ("max-age=1234567890123", False),
        ("model-480b-a35b-fp8", True), ("model-480b-a35b-128k-zz", True),
        ("zz-480b-a35b-128k", False), ("model-480b-a35b-128k-256k-512k", False),
        ("2026-08-25T10:02:57Z", True), ("x2026-08-25T10:02:57", False), ("x-202609171234", True),
        ("br, *, br;q=0.5, *", True), ("br, *, zz, *, br, *", False),
    ],
)  # fmt: skip
def test_what_is_harmless_beside_our_words(text: str, is_ours: bool) -> None:
    hit = gate().check(line(value=text), RawExchange((text.encode(),)))
    assert (hit is None) is is_ours
