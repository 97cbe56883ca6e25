"""What the user has: said once, remembered with the study, asked only where a person is."""

import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli.commands.compare import compare
from pawwork_proxy.cli.commands.study import study
from pawwork_proxy.cli.having import means_of
from pawwork_proxy.comparison.means import Means
from pawwork_proxy.errors import ConfigurationError
from tests.unit.captures.studies import one, write
from tests.unit.comparison.builders import Diary

SEEN = Diary().admitted(9).refused().seen


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_without_a_word_it_is_what_the_captures_show_and_nothing_is_made(home: Path) -> None:
    assert means_of(None, SEEN, ask=True) == Means()
    assert not home.exists()


def test_what_is_said_is_remembered_with_the_study() -> None:
    assert means_of("networks=2", SEEN) == Means(networks=2)
    assert means_of(None, SEEN) == Means(networks=2)
    CliRunner().invoke(study, ["create", "august"])
    assert means_of(None, SEEN) == Means(), "another study may be another place"
    assert means_of("keys=1", SEEN) == Means(keys=1)
    CliRunner().invoke(study, ["leave"])
    assert means_of(None, SEEN) == Means(networks=2)


def test_what_was_kept_and_cannot_be_read_names_its_file(home: Path) -> None:
    means_of("keys=1", SEEN)
    (home / "have").write_text("keys=many")
    with pytest.raises(ConfigurationError, match="keys is a number") as caught:
        means_of(None, SEEN)
    assert str(home / "have") in caught.value.message
    assert "--have" in caught.value.hint


def asked(monkeypatch: pytest.MonkeyPatch, *typed: str) -> tuple[Means, list[str]]:
    """What comes of it where a terminal is, and what was shown as the default."""
    answers = iter(typed)
    defaults: list[str] = []

    def prompt(text: str, **given: object) -> Means:
        defaults.append(str(given["default"]))
        read = given["value_proc"]
        assert callable(read)
        found = read(next(answers))
        assert isinstance(found, Means)
        return found

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    return means_of(None, SEEN, ask=True), defaults


class Terminal:
    """What says that it is one, and takes all."""

    def __init__(self) -> None:
        self.written = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None: ...


def test_a_person_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found, defaults = asked(monkeypatch, "networks=3")
    assert found == Means(networks=3)
    assert defaults == ["networks=1,devices=1,keys=0,ipv6=no"]
    assert isinstance(sys.stderr, Terminal)
    assert max(map(len, sys.stderr.written.splitlines())) in range(60, 81)
    assert asked(monkeypatch) == (found, [])


def test_what_a_person_mistypes_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        click.UsageError, match="'laptops' is none of networks, devices, keys, ipv6"
    ):
        asked(monkeypatch, "laptops=3")


def test_nobody_is_asked_of_simulated_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    simulated = [seen.model_copy(update={"simulated": True}) for seen in SEEN]
    assert means_of(None, simulated, ask=True) == Means()


def compared(captures: Path, *more: str) -> Result:
    return CliRunner().invoke(compare, [str(captures), *more])


@pytest.mark.slow
def test_compare_asks_only_for_what_there_is(tmp_path: Path) -> None:
    rows = [*(one(seq, 1) for seq in range(1, 9)), one(9, 1, refused=True)]
    (tmp_path / "captures").mkdir()
    write(tmp_path / "captures" / "a.jsonl", rows)
    assert "OTHER_NETWORK" not in compared(tmp_path / "captures").stdout
    assert "OTHER_NETWORK" in compared(tmp_path / "captures", "--have", "networks=2").stdout
    assert "OTHER_NETWORK" in compared(tmp_path / "captures").stdout, "it is remembered"
    wrong = compared(tmp_path / "captures", "--have", "networks=none")
    assert isinstance(wrong.exception, ConfigurationError)
