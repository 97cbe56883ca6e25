import pytest

from pawwork_proxy.simulator.messages import ENGLISH, TRANSLATED, locale_of, text_of


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
    assert text_of("internal", "de") == ENGLISH["internal"]
    assert text_of("rate_limit_exceeded", "de") != ENGLISH["rate_limit_exceeded"]


def test_translations_are_of_known_messages() -> None:
    assert all(set(messages) <= set(ENGLISH) for messages in TRANSLATED.values())


def test_placeholders_are_filled() -> None:
    assert text_of("model_not_supported", model="m-1") == "Model m-1 is not supported"
