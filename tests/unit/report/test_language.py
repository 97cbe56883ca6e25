"""Languages are found by the tags that environments use."""

import pytest

from pawwork_proxy.report.language import ENGLISH, LANGUAGES, language, paragraph, spoken


def test_texts_are_written_in_english() -> None:
    assert LANGUAGES[0] == "en"
    assert language("en") is ENGLISH
    assert ENGLISH.text("") == ""
    assert ENGLISH.say("{client} waits", client="A") == "A waits"
    assert ENGLISH.count("{number} day", "{number} days", 2) == "2 days"


@pytest.mark.parametrize("tag", ["en", "en_GB.UTF-8", "EN-us", "en@latin"])
def test_a_tag_stands_for_its_language(tag: str) -> None:
    assert spoken(["xx", tag]) == "en"


@pytest.mark.parametrize("tags", [(), ("xx_YY",), ("",)])
def test_a_language_without_a_catalogue_is_not_spoken(tags: tuple[str, ...]) -> None:
    assert spoken(tags) is None


def test_an_encoding_may_lack_the_signs_of_a_language() -> None:
    assert ENGLISH.fits("ascii")
    assert [language("zh").fits(encoding) for encoding in ("utf-8", "gbk", "cp1252")] == [
        True,
        True,
        False,
    ]


def test_sentences_are_parted_as_their_language_parts_them() -> None:
    assert paragraph(["It waits.", "Then it asks."]) == "It waits. Then it asks."
    assert paragraph(["请等待。", "原因：", "密钥：无。"]) == "请等待。原因：密钥：无。"
    assert paragraph(["是 a 吗？", "现有：b。"]) == "是 a 吗？现有：b。"
