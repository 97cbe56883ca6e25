"""Where the server saw another handshake than the client's is one sentence."""

import pytest

from pawwork_proxy.report.handshakes import Pair, handshake_sentence
from tests.unit.builders import hello

CLIENT = hello()
OURS = hello(by="proxy", digest="0123456789abcdef", suites=tuple(range(28)), alpn=())


def said(*pairs: Pair) -> str | None:
    return handshake_sentence([CLIENT, OURS, hello(by="proxy")], pairs)


def test_where_they_differ_is_named() -> None:
    assert said((CLIENT.digest, OURS.digest)) == (
        "the server saw our TLS handshake (28 suites, 5 extensions, ALPN none) instead of the "
        "client's (17 suites, 5 extensions, ALPN http/1.1); they differ in cipher suites and ALPN"
    )


def test_a_client_that_was_not_seen_is_said() -> None:
    assert said((None, OURS.digest)) == (
        "the server saw our TLS handshake (28 suites, 5 extensions, ALPN none); the client's own "
        "was not seen"
    )


@pytest.mark.parametrize(
    "pair",
    [
        (CLIENT.digest, CLIENT.digest),  # as ours, too: they offer the same
        (CLIENT.digest, "fedcba9876543210"),  # the line of ours was lost
        ("fedcba9876543210", OURS.digest),  # the line of the client's was lost
    ],
)
def test_nothing_is_said_where_nothing_differs_or_is_known(pair: Pair) -> None:
    assert said(pair) is None


def test_several_pairs_are_counted() -> None:
    sentence = said((CLIENT.digest, OURS.digest), (None, OURS.digest))
    assert sentence is not None
    assert sentence.endswith("; and other pairs of handshakes that differ: 1")
