"""Texts that support asks for first, and that a record keeps although nobody has listed them."""

import pytest

from pawwork_proxy.facts.fields import HEADERS, header_row
from pawwork_proxy.redaction.headers import HeaderNotes
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser
from pawwork_proxy.redaction.shapes import ShapeName, Shapes

SHAPES = Shapes(Pseudonymiser(b"1" * 32))


def shown(shape: ShapeName, text: str) -> str:
    """What is kept, with ? for pseudonyms."""
    return PSEUDONYM.sub("?", SHAPES.of(shape, text).text)


@pytest.mark.parametrize(
    ("version", "kept"),
    [
        ("1.18.33", "1.18.33"),
        ("1.18.33rc1", "1.18.33-rc1"),
        ("1.18.33quorvex", "1.18.33-?"),
        ("1.18.33+a1b2c3d", "1.18.33-?"),
        ("1.18.33_quorvex~3", "1.18.33-?-3"),
        ("v1.18.33~ubuntu1", "v1.18.33-?"),
        ("1.18.33+", "1.18.33"),
    ],
)
def test_an_unknown_suffix_leaves_the_numbers_of_a_version(version: str, kept: str) -> None:
    assert shown(ShapeName.VERSION, version) == kept
    agent = f"opencode/{version} ai-sdk/5.0.1 (of Grace Wang)"
    assert shown(ShapeName.USER_AGENT, agent) == f"opencode/{kept} ai-sdk/5.0.1"


def test_what_is_too_long_behind_a_version_leaves_its_numbers_too() -> None:
    assert shown(ShapeName.VERSION, "1.18.33-rc.1") == "1.18.33-?"
    assert shown(ShapeName.VERSION, "1234.12345.0-rc.1") == "?", "no version"


def test_equal_suffixes_stay_equal() -> None:
    texts = [SHAPES.of(ShapeName.VERSION, f"1.18.{n}+a1b2c3d").text for n in (32, 33)]
    assert texts[0][-24:] == texts[1][-24:]


@pytest.mark.parametrize(
    ("via", "kept"),
    [
        ("1.1 google", "1.1 google"),
        ("1.1 varnish, 1.1 varnish", "1.1 varnish, 1.1 varnish"),
        ("HTTP/1.1 kong/3.4.2", "http/1.1 kong/3.4.2"),
        ("1.1 grace-macbook (squid/5.7 of Grace)", "1.1 ?"),
        ("2 d1abc.cloudfront.net (CloudFront)", "2 ?.cloudfront.?"),
        ("1.1 10.0.0.1:3128", "1.1 ?"),
        ("Grace Wang", "?"),
    ],
)
def test_the_known_proxies_on_the_way_are_readable_and_nobody_else(via: str, kept: str) -> None:
    assert shown(ShapeName.VIA, via) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("1764331200", "1764331200"),
        ("30", "30"),
        ("6m0s", "360"),
        ("1h30m", "5400"),
        ("3d", "259200"),
        ("17ms", "0.017"),
        ("1.2s", "1.2"),
        ("0s", "0"),
        ("2026-11-28T13:00:00Z", "2026-11-28T13:00:00Z"),
        ("2026-11-28T15:00:00.123+02:00", "2026-11-28T13:00:00Z"),
        ("Sat, 28 Nov 2026 13:00:00 GMT", "2026-11-28T13:00:00Z"),
        ("2026-11-28T13:00:00", "?"),
        ("0001-01-01T00:00:00+14:00", "?"),
        ("9999999s", "9999999"),
        ("99999d", "?"),
        ("555-0123", "?"),
        ("s", "?"),
        ("call Grace", "?"),
    ],
)
def test_reset_times_are_readable_however_they_are_written(value: str, kept: str) -> None:
    assert shown(ShapeName.RESET, value) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-ratelimit-reset", "1764331200"),
        ("x-ratelimit-reset-tokens", "30"),
        ("x-ratelimit-reset-new-thing", "30"),
        ("ratelimit-reset", "30"),
        ("anthropic-ratelimit-requests-reset", "2026-11-28T13:00:00Z"),
        ("anthropic-ratelimit-unified-5h-reset", "1764331200"),
        ("anthropic-ratelimit-output-tokens-remaining", "9"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("x-ratelimit-limit-bysize", "50"),
    ],
)
def test_values_of_rate_limits_are_readable_in_headers_old_and_new(name: str, value: str) -> None:
    (line,) = HeaderNotes(SHAPES, "response").lines([(name.upper().encode(), value.encode())])
    assert (line.note.value, line.note.pseudonym) == (value, None)


def test_a_row_for_many_names_is_no_name_and_gives_way_to_the_row_of_one() -> None:
    assert not any("*" in name for name in HEADERS)
    assert header_row("x-ratelimit-reset-after") == HEADERS["x-ratelimit-reset-after"]
    assert header_row("x-quorvex") is None


@pytest.mark.parametrize(
    "name",
    [
        "x-opencode-device-fingerprint",
        "anthropic-ratelimit-unified-status",
        "x-zen-quota-window",
        "x-opencode-free-tier-remaining",
    ],
)
def test_a_new_header_of_known_words_is_called_by_its_name(name: str) -> None:
    assert shown(ShapeName.HEADER_NAME, name) == name
    assert shown(ShapeName.HEADER_NAME, f"x-quorvex-{name}") != f"x-quorvex-{name}"
