from typing import get_args

import pytest

from pawwork_proxy.simulator.refusals import LOCALES, MESSAGES, REFUSALS, locale_of, text_of
from pawwork_proxy.simulator.scenario import AccountState


@pytest.mark.parametrize(
    ("headers", "locale"),
    [
        ({}, "en"),
        ({"accept-language": "*"}, "en"),
        ({"accept-language": "*, de-AT;q=0.8, fr"}, "de"),
        ({"accept-language": "xx, zh-Hans"}, "zh"),
        ({"accept-language": "fr", "cookie": "a=b; oc_locale=ja"}, "ja"),
        ({"cookie": "oc_locale=ja", "x-opencode-locale": "ru"}, "ru"),
        ({"x-opencode-locale": "tlh", "accept-language": "de"}, "de"),
    ],
)
def test_locale_is_taken_in_the_servers_order(headers: dict[str, str], locale: str) -> None:
    assert locale_of(headers) == locale


def test_missing_translations_fall_back_to_english() -> None:
    assert text_of("internal", "de") == MESSAGES["internal"]["en"]
    assert text_of("rate_limit_exceeded", "de") != MESSAGES["rate_limit_exceeded"]["en"]


def test_every_message_is_there_in_english_and_used() -> None:
    assert all("en" in texts for texts in MESSAGES.values())
    assert {row.message for row in REFUSALS.values()} == set(MESSAGES)
    assert {"en", "de", "fr", "zh", "ja", "ru"} == LOCALES


@pytest.mark.parametrize(
    "states", [get_args(AccountState), ("offered", "promotion_ended", "no_provider")]
)
def test_every_state_that_refuses_is_a_refusal(states: tuple[str, ...]) -> None:
    assert set(states) - {"good", "offered"} <= set(REFUSALS)


def test_placeholders_are_filled() -> None:
    assert text_of("model_not_supported", model="m-1") == "Model m-1 is not supported"
