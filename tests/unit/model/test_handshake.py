"""When two handshakes differ, and what a line about one may hold."""

import pytest
from pydantic import ValidationError

from pawwork_proxy.model.handshake import VARYING_EXTENSIONS, Hello, differences
from tests.unit.builders import hello


def test_the_same_offer_in_another_order_does_not_differ() -> None:
    one = hello(suites=(1, 2), extensions=(10, 43))
    assert not list(differences(one, hello(suites=(2, 1), extensions=(43, 10))))


@pytest.mark.parametrize("extension", sorted(VARYING_EXTENSIONS))
def test_what_varies_for_one_client_is_no_difference(extension: int) -> None:
    one = hello(extensions=(10, 43))
    assert not list(differences(one, hello(extensions=(extension, 10, 43))))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("suites", {"suites": (1,)}),
        ("extensions", {"extensions": (10, 43, 5)}),
        ("alpn", {"alpn": ("h2", "http/1.1")}),
        ("alpn", {"alpn": ()}),
    ],
)
def test_suites_extensions_and_alpn_are_differences(name: str, changed: dict[str, object]) -> None:
    one = hello(suites=(1, 2), extensions=(10, 43), alpn=("http/1.1",))
    assert list(differences(one, one.model_copy(update=changed))) == [name]


@pytest.mark.parametrize(
    "changed",
    [
        {"suites": (65536,)},
        {"suites": tuple(range(257))},
        {"alpn": ("sk-secret",)},
        {"ja4": "t13d1714h1"},
        {"server_name": "opencode.ai"},
    ],
)
def test_a_line_holds_numbers_and_words_of_ours_only(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hello.model_validate(hello().model_dump() | changed)
