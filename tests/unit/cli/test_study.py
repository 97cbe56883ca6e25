import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli.commands.study import study
from pawwork_proxy.model.exchange import Exchange
from tests.unit.captures.studies import one, write
from tests.unit.report.chinese import english_in


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_create_prints_nothing_but_the_token_on_stdout() -> None:
    result = CliRunner().invoke(study, ["create", "august"])
    assert result.stdout.startswith("pawwork-study:august:")
    assert len(result.stdout.split()) == 1
    assert "password" in result.stderr


def test_join_reads_the_token_from_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = CliRunner().invoke(study, ["create", "august"]).stdout
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "there"))
    result = CliRunner().invoke(study, ["join"], input=token)
    assert result.stdout.startswith("august study:")
    listed = json.loads(CliRunner().invoke(study, ["list", "--format", "json"]).stdout)
    assert [(found["name"], found["current"]) for found in listed] == [("august", True)]
    assert token.split(":")[2] not in result.output


def test_list_and_leave() -> None:
    assert "your own key" in CliRunner().invoke(study, ["list"]).stderr
    token = CliRunner().invoke(study, ["create", "august"]).stdout
    assert CliRunner().invoke(study, ["list"]).stdout.startswith("* august study:")
    assert CliRunner().invoke(study, ["leave"]).stdout == "august\n"
    assert CliRunner().invoke(study, ["join", token.strip()]).exit_code == 0


def walk(
    captures: Path, monkeypatch: pytest.MonkeyPatch, *days: list[Exchange], lang: str = "en"
) -> Result:
    """`study run` on captures, to which one more of `days` is added each time it waits."""
    coming = iter(enumerate(days))

    def wait(_: float) -> None:
        number, exchanges = next(coming, (0, None))
        if exchanges is None:
            raise KeyboardInterrupt
        write(captures / f"{number}.jsonl", exchanges)

    monkeypatch.setattr("pawwork_proxy.cli.studying.time.sleep", wait)
    captures.mkdir()
    arguments = ["run", "one-network", "--captures", str(captures), "--lang", lang]
    return CliRunner().invoke(study, arguments)


FIRST = [*(one(seq, 1) for seq in range(1, 9)), one(9, 1, refused=True)]
REST = [
    one(20, 1, refused=True),
    one(30, 2, session=2, refused=True),
    one(40, 1, refused=True),
]


def test_run_ends_with_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = walk(tmp_path / "captures", monkeypatch, FIRST, [*FIRST, *REST])
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0, result.output
    assert said.index("Step 1 of 4") < said.index("Step 2 of 4") < said.index("SIMULATED")
    assert said.count("done: install1 was refused") == 3


def test_run_speaks_chinese_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = walk(tmp_path / "captures", monkeypatch, FIRST, [*FIRST, *REST], lang="zh")
    assert "第 1 步，共 4 步" in result.stdout
    assert "产品方案" in result.stdout
    assert not english_in(result.output)
    left = walk(tmp_path / "left", monkeypatch, FIRST, lang="zh")
    assert not english_in(left.output)


def test_run_can_be_left_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = walk(tmp_path / "captures", monkeypatch, FIRST)
    assert result.exit_code != 0
    assert "pawwork-proxy study run one-network" in result.stderr


def test_run_does_not_complain_of_a_capture_that_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing: list[list[Exchange]] = [[], [one(1, 1)]]
    result = walk(tmp_path / "captures", monkeypatch, *growing)
    assert "captured: requests" in result.stdout
    assert "warning" not in result.stderr


def test_run_waits_for_captures_that_cannot_be_read_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = walk(tmp_path / "captures", monkeypatch, [])
    assert "Step 1 of 4" in result.stdout
