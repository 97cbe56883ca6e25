"""The catalogues say everything that is said in English, and with the same values."""

import re
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest
from babel.messages.pofile import read_po

from pawwork_proxy.report.language import LANGUAGES, language, spoken
from scripts import catalogue
from scripts.catalogue import FOLDER, Text, main, texts

FILES = sorted(FOLDER.glob("*.po"))
EVERY = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


class Entry(NamedTuple):
    id: Text
    translations: list[str]
    fuzzy: bool

    @property
    def text(self) -> str:
        return self.id if isinstance(self.id, str) else self.id[-1]


def entries(file: Path) -> list[Entry]:
    with file.open("rb") as stream:
        return [
            Entry(
                one.id if isinstance(one.id, str) else (one.id[0], one.id[1]),
                [one.string or ""] if isinstance(one.string, str) else list(one.string or ("",)),
                one.fuzzy,
            )
            for one in read_po(stream, locale=file.stem)
            if one.id
        ]


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_there_is_a_catalogue_in_simplified_chinese() -> None:
    assert "zh" in LANGUAGES
    assert set(LANGUAGES) == {"en", *(file.stem for file in FILES)}
    assert spoken(["zh_CN.UTF-8"]) == spoken(["zh-Hans-CN"]) == "zh"


@EVERY
def test_every_text_is_translated_and_no_other(file: Path) -> None:
    found = entries(file)
    assert {entry.id for entry in found} == set(texts())
    assert [entry.id for entry in found if not all(entry.translations) or entry.fuzzy] == []


@EVERY
def test_a_translation_names_the_same_values(file: Path) -> None:
    for entry in entries(file):
        for translation in entry.translations:
            assert values(translation) == values(entry.text), entry.id


@EVERY
def test_times_and_names_are_the_same(file: Path) -> None:
    kept = ("00:00", "08:00", "UTC", "OpenCode", "API", "Go", "401", "429", "1010", "--status")
    for entry in entries(file):
        for word in kept:
            if re.search(rf"{word}(?! on )", entry.text):  # the plan Go, and no "go on"
                assert word in entry.translations[0], entry.id


def test_the_catalogues_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_chinese_is_written_by_its_rules() -> None:
    for entry in entries(FOLDER / "zh.po"):
        text = re.sub(r"'.*'", "", entry.translations[0])  # what stands on a screen
        assert not set(text) & set("啊哦亲您你") - {"您"}, text
        for latin, wide in ((", ", "，"), (". ", "。"), ("? ", "？"), ("; ", "；")):
            assert latin not in text, f"write {wide}: {text}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_language_follows_by_adding_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "de.po"
    file.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    assert main(["--check"]) == 1
    assert not file.with_suffix(".mo").exists()
    assert main([]) == 0
    assert "de.po has to be written anew" in capsys.readouterr().out
    assert len(entries(file)) == len(set(texts()))
    assert file.with_suffix(".mo").read_bytes()
    assert main(["--check"]) == 0


def test_a_changed_text_is_marked_and_one_that_is_gone_goes(folder: Path) -> None:
    file = folder / "zh.po"
    text = (FOLDER / "zh.po").read_text("utf-8")
    old = "The request was answered in full."
    file.write_text(text.replace("The request was answered.", old), "utf-8")
    main([])
    found = {entry.id: entry for entry in entries(file)}
    assert old not in found
    assert found["The request was answered."].fuzzy


def test_what_is_said_in_code_is_found() -> None:
    found = set(texts())
    assert "{client} waits {wait} by itself." in found
    assert ("{number} day", "{number} days") in found
    assert language("zh").say("{client} waits {wait} by itself.", client="A", wait="1 天") == (
        "A 会自动等待 1 天。"
    )
