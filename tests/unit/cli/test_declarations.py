"""Every command says what it takes, in whole sentences, and is wired to its work."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner

from pawwork_proxy.captures.retention import KEEP_DAYS
from pawwork_proxy.cli import cli, options
from pawwork_proxy.cli.commands.bundle import MOST_MIB
from pawwork_proxy.cli.naming import COMMANDS
from pawwork_proxy.cli.plan import make_plan
from pawwork_proxy.model.context import Route
from pawwork_proxy.verification.opening import LARGEST_FILE, MIB

ROOT = Path(__file__).resolve().parents[3]
DECLARATIONS = ROOT / "pawwork_proxy" / "cli" / "commands"


def commands(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))


ALL = dict(commands())
EVERY = pytest.mark.parametrize("path", ALL, ids=" ".join)


def test_a_command_has_its_module_its_row_and_its_place_in_the_readme() -> None:
    modules = {file.stem for file in DECLARATIONS.glob("*.py")} - {"__init__"}
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [
        *(f"cli/commands/{name}.py declares no command `{name}`" for name in {*COMMANDS} - modules),
        *(f"COMMANDS in cli/naming.py has no row for {name}.py" for name in modules - {*COMMANDS}),
        *(f"README.md has no row for `{name}`" for name in COMMANDS if f"| `{name}" not in readme),
    ]
    assert not missing, "; ".join(sorted(missing))


@pytest.mark.parametrize("group", ["", "study", "bundle"])
def test_no_list_of_commands_cuts_a_sentence_off(group: str) -> None:
    shown = CliRunner().invoke(cli, [*group.split(), "--help"], terminal_width=80).stdout
    listed = shown.split("Commands:\n")[1].split("\n\n")[0]
    assert "..." not in listed


@EVERY
def test_help_is_made_of_sentences_with_an_example(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert command.help, f"{path}: the function needs a docstring"
    assert command.help.split("\n\n")[0].endswith((".", "(default: captures).")), path
    assert "Exit codes:" in (command.epilog or ""), f"{path}: the epilog needs the exit codes"
    example = f"Example:\n  pawwork-proxy {' '.join(path)}"
    assert example in (command.epilog or ""), f"{path}: the epilog needs an example"
    for option in command.params:
        if not isinstance(option, click.Option):
            continue
        words = (option.help or "").removesuffix("  [default: main@9610]")
        assert words.endswith("."), f"{path} {option.opts}: a whole sentence, please"
        named = option.is_flag or option.metavar or isinstance(option.type, click.Choice)
        assert named, f"{path} {option.opts}: the value needs a metavar"


@EVERY
def test_the_work_takes_what_the_declaration_gives(
    path: tuple[str, ...],
) -> None:
    command = ALL[path]
    assert command.callback is not None
    signature = inspect.signature(command.callback)
    taken = {name for name, it in signature.parameters.items() if it.kind is not it.VAR_KEYWORD}
    if len(taken) < len(signature.parameters):
        taken |= set(inspect.signature(make_plan).parameters) - {"installs"}
        taken -= {"upstream"} if path == ("disturb",) else set()  # its clients ask their own server
    assert {parameter.name for parameter in command.params} == taken


def choices(path: tuple[str, ...], name: str) -> set[str]:
    (option,) = (one for one in ALL[path].params if one.name == name)
    assert isinstance(option.type, click.Choice)
    return set(option.type.choices)


def test_what_declarations_repeat_to_stay_light_is_true() -> None:
    assert choices(("launch",), "route") == set(get_args(Route))
    assert MOST_MIB * MIB == LARGEST_FILE
    keep = {name: one.default for name in ("run", "launch") for one in ALL[(name,)].params
            if one.name == "keep_days"}  # fmt: skip
    assert keep == {"run": KEEP_DAYS, "launch": KEEP_DAYS}


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026-11-20", 0, 0),
        ("2026-11-20T08:30", 8, 30),
        ("2026-11-20 08:30:00", 8, 30),
        ("2026-11-20T08:30:00Z", 8, 30),
        ("2026-11-20T08:30+02:00", 6, 30),
    ],
)
def test_times_have_the_same_formats_everywhere(text: str, hour: int, minute: int) -> None:
    assert options.moment(text) == datetime(2026, 11, 20, hour, minute, tzinfo=UTC)
    takers = [
        path for path, one in ALL.items() if {"since", "until"} <= {p.name for p in one.params}
    ]
    assert set(takers) == {("show",), ("bundle", "create")}
    for path in takers:
        for one in ALL[path].params:
            if one.name in {"since", "until"}:
                assert one.type.convert(text, one, None) == options.moment(text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "x", "--since", "yesterday"), "2026-11-20T08:30"),
        (("show", "x", "--outcome", "quota"), "free_usage_limit"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_can(
    arguments: tuple[str, ...], words: str
) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def loaded_in_a_fresh_interpreter(imports: str, heavy: tuple[str, ...]) -> list[str]:
    """Which of the heavy modules `imports` loads; this interpreter has loaded everything."""
    script = (
        f"import importlib, sys\n{imports}\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.process
def test_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = ("mitmproxy", "pydantic", "aiohttp", "asyncio", "rich", "msgspec", "duckdb", "jinja2")
    imports = (
        f"for name in {list(COMMANDS)!r}:\n"
        "    importlib.import_module('pawwork_proxy.cli.commands.' + name)"
    )
    assert loaded_in_a_fresh_interpreter(imports, heavy) == []


@pytest.mark.process
def test_comparing_captures_loads_no_rules_for_bundles() -> None:
    heavy = ("pawwork_proxy.verification.leak_rules", "pawwork_proxy.report.page")
    assert loaded_in_a_fresh_interpreter("import pawwork_proxy.cli.comparing", heavy) == []
