import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli.commands.study import study


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
