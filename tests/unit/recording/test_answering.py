"""Which model calls are answered here."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.recording.answering import Answering, Choice
from pawwork_proxy.recording.destination import Upstream

SOURCE = Upstream("http", "127.0.0.1", 1)
CHAT = "/zen/v1/chat/completions"


def body(model: object) -> bytes:
    return json.dumps({"model": model}).encode()


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("POST", CHAT, True),
        ("POST", f"{CHAT}?x=1", True),
        ("POST", "/zen/go/v1/messages", True),
        ("POST", "/inference/google/v1beta/models/gemini-3:streamGenerateContent?alt=sse", True),
        ("GET", CHAT, False),
        ("GET", "/zen/v1/models", False),
        ("GET", "/zen/go/v1/usage", False),
        ("POST", "/zen/go/v1/models/gemini-3:generateContent", False),
        ("POST", "/elsewhere/chat/completions", False),
        ("POST", "/zen/v1/more/chat/completions", False),
        ("POST", "/", False),
    ],
)
def test_only_model_calls_at_known_addresses_are(method: str, path: str, *, may: bool) -> None:
    assert Answering(Choice(), SOURCE).may_take(method, path) is may


@given(every=st.integers(1, 5), times=st.none() | st.integers(1, 5), calls=st.integers(0, 30))
def test_each_nth_call_is_taken_so_many_times(every: int, times: int | None, calls: int) -> None:
    answering = Answering(Choice(every=every, times=times), SOURCE)
    taken = [answering.may_take("POST", CHAT) and answering.takes(CHAT, b"") for _ in range(calls)]
    numbers = [number for number, one in enumerate(taken, 1) if one]
    expected = list(range(every, calls + 1, every))
    assert numbers == (expected if times is None else expected[:times])


@given(models=st.lists(st.sampled_from(["big-pickle", "other", 7, None])))
def test_calls_of_other_models_are_neither_taken_nor_counted(models: list[object]) -> None:
    answering = Answering(Choice(model="big-pickle", every=2), SOURCE)
    taken = [answering.takes(CHAT, body(model)) for model in models]
    mine = [one for one, model in zip(taken, models, strict=True) if model == "big-pickle"]
    assert mine == [number % 2 == 0 for number in range(1, len(mine) + 1)]
    assert sum(taken) == sum(mine)


def test_a_model_in_the_path_is_found() -> None:
    answering = Answering(Choice(model="gemini-3"), SOURCE)
    assert answering.takes("/zen/v1/models/gemini-3:generateContent?alt=sse", b"")
    assert not answering.takes("/zen/v1/models/other:generateContent", b"")


@pytest.mark.parametrize("body", [b"", b"[", b"[1]", b"[" * 100_000, b"\xff"])
def test_a_body_that_names_no_model_is_no_models_call(body: bytes) -> None:
    assert not Answering(Choice(model="big-pickle"), SOURCE).takes(CHAT, body)
    assert Answering(Choice(), SOURCE).takes(CHAT, body)


def test_a_body_with_half_a_character_names_its_model() -> None:
    """JavaScript writes it so where a client has cut a text between the two."""
    cut = rb'{"messages":[{"role":"user","content":"\ud83d"}],"model":"big-pickle"}'
    assert Answering(Choice(model="big-pickle"), SOURCE).takes(CHAT, cut)
