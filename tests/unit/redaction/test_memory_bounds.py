"""A run of days keeps no more than a run of minutes: each memory of redaction has a bound.

Each is tried on both sides: what is promised to be remembered is, and no more than that.
"""

import json

import pytest

from pawwork_proxy.redaction.credentials import Credentials
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.redactor import RawRequest, Redactor
from pawwork_proxy.redaction.taint_gate import RawExchange, TaintGate
from tests.unit.held import held, size_of

PSEUDONYMS = Pseudonymiser(b"m" * 32)
MOST_KEYS = 32
NOTHING = RawExchange(())


def key(number: int) -> str:
    return f"k{number:04}-qzxvwq"


def test_the_last_thirty_two_keys_are_remembered_and_none_before_them() -> None:
    credentials = Credentials()
    for number in range(MOST_KEYS):
        credentials.add(key(number))
    assert credentials.found_in(key(0))
    credentials.add(key(MOST_KEYS))
    assert not credentials.found_in(key(0))
    assert all(credentials.found_in(key(number)) for number in range(1, MOST_KEYS + 1))
    assert held(credentials, [key(0)]) == 0


def test_a_key_that_is_used_again_stays() -> None:
    credentials = Credentials()
    for number in range(MOST_KEYS):
        credentials.add(key(number))
    credentials.add(key(0))
    credentials.add(key(MOST_KEYS))
    assert credentials.found_in(key(0))
    assert not credentials.found_in(key(1))


def shown_to(gate: TaintGate, texts: list[str]) -> None:
    assert gate.check(json.dumps({"type": "exchange", "value": texts}), NOTHING) is None


def test_the_gate_remembers_many_harmless_texts_but_not_all_of_a_long_run() -> None:
    gate = TaintGate(PSEUDONYMS, Credentials())
    texts = [f"model-{number}" for number in range(60_000)]
    shown_to(gate, texts[:10_000])
    assert held(gate, texts) == 10_000, "they need no second look"
    for start in range(10_000, len(texts), 5_000):
        shown_to(gate, texts[start : start + 5_000])
    assert held(gate, texts) <= 20_000


def test_the_gate_remembers_no_long_text() -> None:
    """16 384 texts of any length would be no bound at all."""
    gate = TaintGate(PSEUDONYMS, Credentials())
    short, long = ("model " * 100)[:512], ("model " * 100)[:513]
    shown_to(gate, [short, long])
    assert held(gate, [short]) == 1
    assert held(gate, [long]) == 0


def request(number: int, padding: str = "") -> RawRequest:
    """A request in which every value that a record keeps or pseudonymises is new."""
    new = f"{number}{padding}"
    lines = {
        "user-agent": f"opencode/1.{number} {padding}",
        "x-opencode-session": f"ses_{new}",
        "x-opencode-project": f"project-{new}",
        "x-api-key": f"key-{new}",
        "accept-language": f"xx-{new}",
        f"x-header-{new}": f"value-{new}",
        "x-forwarded-for": f"2001:db8::{number:x}",
    }
    raw = tuple((name.encode(), value.encode()) for name, value in lines.items())
    model = f"model-{new}"
    body = json.dumps({"model": model, "user": f"user-{new}", f"field_{new}": 1}).encode()
    return RawRequest("POST", f"/zen/v1/{new}/chat", "HTTP/1.1", raw, body, len(body))


@pytest.mark.slow
def test_redaction_does_not_grow_with_the_exchanges_that_it_has_seen() -> None:
    redactor = Redactor(Pseudonymiser(b"m" * 32))
    for number in range(8_000):
        redactor.request(request(number))
    filled = size_of(redactor)
    for number in range(8_000, 10_000):
        redactor.request(request(number))
    assert size_of(redactor) < filled * 1.02


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["x" * 10_000, "model " * 2_000])
def test_redaction_remembers_no_long_text(padding: str) -> None:
    redactor = Redactor(Pseudonymiser(b"m" * 32))
    redactor.request(request(0))
    before = size_of(redactor)
    for number in range(200):
        redactor.request(request(number, padding))
    assert size_of(redactor) - before < 1_000_000
