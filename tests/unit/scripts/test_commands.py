import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from scripts import _commands
from scripts._commands import EXTRAS, Extra, extras, selection, tests
from scripts._environment import ROOT
from scripts._messages import SetupError
from scripts._starting import SETUP_FAILED, python_option
from scripts._tools import Missing

tests.__test__ = False  # type: ignore[attr-defined]  # the function that starts the tests is none


def there(_: Mapping[str, str]) -> str | Missing:
    return "/a/tool"


def lacking(_: Mapping[str, str]) -> str | Missing:
    return Missing("no tool found", "install a tool")


@pytest.mark.parametrize(
    ("arguments", "request_", "rest"),
    [
        ([], None, []),
        (["demo", "--python", "3.12"], None, ["demo", "--python", "3.12"]),
        (["--python", "3.12", "demo"], "3.12", ["demo"]),
        (["--python=/a/python", "-k", "x"], "/a/python", ["-k", "x"]),
        (["--python3", "x"], None, ["--python3", "x"]),
    ],
)
def test_only_a_leading_python_option_is_ours(
    arguments: list[str], request_: str | None, rest: list[str]
) -> None:
    assert python_option(arguments) == (request_, rest)


@pytest.mark.parametrize("arguments", [["--python"], ["--python="], ["--python", ""]])
def test_a_python_option_needs_a_value(arguments: list[str]) -> None:
    with pytest.raises(SetupError, match="needs a value"):
        python_option(arguments)


def test_fast_and_the_marker_expression_are_taken_out() -> None:
    assert selection(["-x", "-m", "slow", "--fast", "tests"]) == (True, "slow", ["-x", "tests"])
    assert selection(["-k", "a"]) == (False, "", ["-k", "a"])


def test_tools_are_told_by_variables_and_lacks_said_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = (Extra("client", "CLIENT", there), Extra("browser", "BROWSER", lacking))
    assert extras({}, known) == ({"CLIENT": "/a/tool"}, ["browser"])
    (line,) = capsys.readouterr().err.splitlines()
    assert "'browser'" in line
    assert "install a tool" in line


def test_a_lack_is_an_error_where_all_are_required() -> None:
    known = (Extra("browser", "BROWSER", lacking),)
    with pytest.raises(SetupError) as caught:
        extras({"PAWWORK_REQUIRE_EXTRAS": "1"}, known)
    assert "no tool found" in caught.value.message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["-m", "pytest", "-m", "(not browser)", "-n", "auto"]),
        (["tests/unit"], ["-m", "pytest", "-m", "(not browser)", "tests/unit"]),
        (
            ["--fast", "-q"],
            ["-m", "pytest", "-m", f"({_commands.FAST_EXPRESSION})", "-q", "-n", "auto"],
        ),
        (
            ["-m", "slow or client"],
            ["-m", "pytest", "-m", "(slow or client) and (not browser)", "-n", "auto"],
        ),
    ],
)
def test_pytest_gets_what_can_run(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: list[str]
) -> None:
    monkeypatch.setattr(_commands, "ready_python", lambda profile, _: ROOT / profile.name)
    monkeypatch.setattr(_commands, "extras", lambda _: ({"CLIENT": "/a"}, ["browser"]))
    command = tests(arguments)
    assert command.arguments == expected
    assert command.python == ROOT / "test"
    assert command.folder == ROOT


def test_markers_of_extras_are_declared(pytestconfig: pytest.Config) -> None:
    declared = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert {extra.marker for extra in EXTRAS} | {"slow"} <= declared


@pytest.mark.parametrize("script", ["run.py", "test.py"])
def test_a_set_up_that_fails_is_an_error_with_a_remedy(script: str) -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--python", "3.99"],
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == SETUP_FAILED
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: no usable Python 3.99 found\nhint: ")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("script", ["run.py", "test.py"])
def test_an_older_python_is_told_what_is_needed(script: str) -> None:
    """The check comes before anything that an older Python could stumble over."""
    source = (ROOT / "scripts" / script).read_text(encoding="ascii")
    pretend = f"import sys; sys.version_info = (3, 9, 1); exec({source!r})"
    answer = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer, this is 3.9" in answer.stderr
