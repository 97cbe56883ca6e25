"""Each spelling that the gate sees through is seen through by itself.

The secrets are made so that no twelve characters in a row look the same in another spelling: a
gate that forgets one of them lets exactly its line here pass.
"""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.taint_gate import Hit, RawExchange, TaintGate

PSEUDONYMS = Pseudonymiser(b"s" * 32)
SPECIAL = "qzx/vk+jq&wz=xk,vq;zj:kx"
"""Something that percent-encoding changes among any twelve characters."""
ACCENTED = "qzxüvkjöqwzäxkvéqzjßkxw"
QUOTED = 'qzx"vkj\\qwz"xkv\\qzj"kxw'


DEEP = 'qzx"vkj"qwz"xkv"qzj"kxw'


def record(text: str) -> str:
    """A line that holds `text`, written as records are: nothing but JSON's own escapes."""
    return json.dumps({"type": "exchange", "value": text}, ensure_ascii=False)


def hit(text: str, *raw: str) -> Hit | None:
    gate = TaintGate(PSEUDONYMS, Credentials())
    return gate.check(record(text), RawExchange(tuple(part.encode() for part in raw)))


def percent_all(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def every_letter_escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


ORIGINALS: dict[str, tuple[str, Callable[[str], str]]] = {
    "as it is": (SPECIAL, str),
    "upper case": (SPECIAL, str.upper),
    "percent": (SPECIAL, lambda text: quote(text, safe="")),
    "percent, lower-case digits": (SPECIAL, lambda text: quote(text, safe="").lower()),
    "percent, every letter": (SPECIAL, percent_all),
    "percent of UTF-8": (ACCENTED, lambda text: quote(text, safe="")),
    "escapes of letters": (ACCENTED, json.dumps),
    "escapes in capitals": (ACCENTED, lambda text: json.dumps(text).upper().replace("\\U", "\\u")),
    "escapes of every letter": (SPECIAL, every_letter_escaped),
    "escapes of signs": (QUOTED, json.dumps),
    "escaped slashes": ("qzx/vkj/qwz/xkv/qzj/kxw", lambda text: text.replace("/", "\\/")),
}


@pytest.mark.parametrize("spelling", ORIGINALS)
def test_an_original_is_recognised_however_it_was_spelt(spelling: str) -> None:
    secret, spell = ORIGINALS[spelling]
    raw = f'{{"prompt": "{spell(secret)}"}}'
    assert hit(secret, "POST /zen/v1", raw) == Hit("shared_text", "value")
    assert hit(secret.upper(), raw) == Hit("shared_text", "value")
    assert hit("another-text-of-no-importance", raw) is None


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_an_original_is_recognised_in_json_inside_json(levels: int) -> None:
    """What a tool was called with is JSON in the JSON of a request, which an error may quote."""
    raw = DEEP
    for _ in range(levels):
        raw = json.dumps({"arguments": raw})
    assert hit(DEEP, "POST /zen/v1", raw) == Hit("shared_text", "value")


def test_eleven_characters_may_be_shared_and_twelve_may_not() -> None:
    secret = "qzxvkjqwzxkvqzj"
    for start in range(len(secret) - 11):
        assert hit("-" * 12 + secret[start : start + 12], secret)
    for start in range(len(secret) - 10):
        assert hit("-" * 12 + secret[start : start + 11] + "=" * 12, secret) is None
        assert hit("-" * 12 + secret[start : start + 11], secret) is None


def test_a_text_of_twelve_characters_is_looked_at_and_one_of_eleven_is_not() -> None:
    secret = "qzxvkjqwzxkv"
    assert hit(secret, f"before {secret} after")
    assert hit(secret[1:], f"before {secret} after") is None


def test_the_edges_own_id_ends_no_search() -> None:
    """It is the only foreign text that may stay; whatever stands beside it is looked at."""
    ray = "8f3c1d2e4b5a6978-FRA"
    gate = TaintGate(PSEUDONYMS, Credentials())
    secrets = [f"qzxvkjqwz{number:02}xkvqzjk" for number in range(16)]
    raw = RawExchange((f"cf-ray: {ray}".encode(), *(secret.encode() for secret in secrets)))
    for secret in secrets:  # texts are a set: among sixteen some are looked at behind the id
        line = json.dumps({"response": {"cf_ray": ray}, "value": secret})
        assert gate.check(line, raw) == Hit("shared_text", "value")
    assert gate.check(json.dumps({"response": {"cf_ray": ray}}), raw) is None


def test_a_harmless_text_ends_no_search() -> None:
    harmless = {f"name{number}": f"qz{number}" for number in range(8)}
    for number in range(8):  # texts are a set: among nine the secret is seldom the first
        secret = f"qzxvkjqwz{number:02}xkvqzjk"
        line = json.dumps(harmless | {"value": secret})
        gate = TaintGate(PSEUDONYMS, Credentials())
        assert gate.check(line, RawExchange((secret.encode(),))) == Hit("shared_text", "value")


def test_of_several_places_the_first_is_named() -> None:
    line = json.dumps({"status": SPECIAL, "value": SPECIAL})
    gate = TaintGate(PSEUDONYMS, Credentials())
    assert gate.check(line, RawExchange((SPECIAL.encode(),))) == Hit("shared_text", "status")


@pytest.mark.parametrize(("end", "tainted"), [("7", 0), ("42", 0), ("123", 1), ("q7", 1), ("q", 1)])
def test_behind_one_of_our_words_two_digits_are_harmless(end: str, tainted: int) -> None:
    """`concurrency42` is ours; three digits, or a letter, are somebody's name for something."""
    text = f"concurrency{end}"
    assert (hit(text, text) is not None) is bool(tainted)


def test_a_name_counts_as_much_as_a_value() -> None:
    line = json.dumps({"type": "exchange", SPECIAL: 1})
    gate = TaintGate(PSEUDONYMS, Credentials())
    assert gate.check(line, RawExchange((SPECIAL.encode(),))) == Hit("shared_text", "*")


@pytest.mark.parametrize(
    ("digits", "tainted"), [("41111111111", False), ("411111111111", True), ("4111.11111111", True)]
)
def test_numbers_may_share_eleven_digits_and_no_more(digits: str, *, tainted: bool) -> None:
    gate = TaintGate(PSEUDONYMS, Credentials())
    raw = RawExchange((f"card {digits}".encode(),))
    assert (gate.check(f'{{"status":{digits}}}', raw) is not None) is tainted


def test_two_numbers_that_begin_alike_are_two_numbers() -> None:
    gate = TaintGate(PSEUDONYMS, Credentials())
    raw = RawExchange((b'{"status": 411111111222}',))
    assert gate.check('{"status": 411111111333}', raw) is None


def b64(offset: int, *, urlsafe: bool = False) -> Callable[[str], str]:
    """Base64 of a text in which the key starts at this place of a group of three bytes."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return lambda key: encode(b"u" * offset + key.encode()).decode()


SIGNS = "zz~~~>>>???~~~k9v2"
"""The two alphabets of base64 differ in it wherever it starts."""
CREDENTIALS: dict[str, tuple[str, Callable[[str], str]]] = {
    "as it is": ("qzöx-9v2k", str),
    "with JSON's escapes": ('qz"x\\9v2k', str),
    "percent": ("qz+x/9v=2k", lambda key: quote(key, safe="")),
    "hex": ("qz+x/9v=2k", lambda key: key.encode().hex()),
    "hex in capitals": ("qz+x/9v=2k", lambda key: key.encode().hex().upper()),
    **{f"base64 from place {at}": (SIGNS, b64(at)) for at in range(3)},
    **{f"base64url from place {at}": (SIGNS, b64(at, urlsafe=True)) for at in range(3)},
}


@pytest.mark.parametrize("spelling", CREDENTIALS)
def test_a_key_of_the_run_is_recognised_however_it_is_spelt(spelling: str) -> None:
    """Without the exchange that it came with: a key must not get into any later record either."""
    key, spell = CREDENTIALS[spelling]
    credentials = Credentials()
    gate = TaintGate(PSEUDONYMS, credentials)
    line = record(spell(key))
    assert gate.check(line, RawExchange(())) is None
    credentials.add(key)
    assert gate.check(line, RawExchange(())) == Hit("credential", "value")


def test_keys_of_eight_characters_are_remembered_and_shorter_ones_are_not() -> None:
    """Shorter ones would be found by chance in many a record."""
    credentials = Credentials()
    credentials.add("qz7-xv9k")
    assert credentials.found_in(record("a qz7-xv9k b"))
    credentials.add("wz7-xv9")
    assert not credentials.found_in(record("a wz7-xv9 b"))
