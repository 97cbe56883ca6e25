"""Hands over from set-up to the command proper.

Standard library only. Invariant: exit code, signals and the terminal are the command's own.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from scripts._messages import SetupError, report

SETUP_FAILED = 70
"""Exit code when the command could not be started at all (EX_SOFTWARE of sysexits)."""

INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """What to run: an interpreter, its arguments, variables to add, the folder to be in."""

    python: Path
    arguments: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


def start(prepare: Callable[[list[str]], Command]) -> NoReturn:
    """Run the command that `prepare` makes of our arguments, in our place."""
    try:
        command = prepare(sys.argv[1:])
    except SetupError as error:
        report(error)
        sys.exit(SETUP_FAILED)
    except KeyboardInterrupt:
        print("\nset-up: stopped; the next start begins again", file=sys.stderr)
        sys.exit(INTERRUPTED)
    if command.folder is not None:
        os.chdir(command.folder)
    # Isolated mode: neither PYTHONPATH nor the working folder can put other modules first.
    line = [str(command.python), "-I", *command.arguments]
    environment = {**os.environ, **command.variables}
    if sys.platform == "win32":
        # Replacing the process would give the terminal back at once; so wait instead.
        sys.exit(_wait_for(line, environment))
    sys.stdout.flush()
    os.execve(line[0], line, environment)  # noqa: S606 — the interpreter that set-up made


def python_option(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Take a leading `--python X` or `--python=X` off the arguments. Raises SetupError."""
    if not arguments:
        return None, []
    name, equals, value = arguments[0].partition("=")
    if name != "--python":
        return None, arguments
    if equals:
        rest = arguments[1:]
    else:
        value, rest = "".join(arguments[1:2]), arguments[2:]
    if not value:
        raise SetupError("--python needs a value", "give a version such as 3.13, or a path")
    return value, rest


def _wait_for(line: list[str], environment: Mapping[str, str]) -> int:
    with subprocess.Popen(line, env=environment) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # Ctrl-C reached the command too; it decides what becomes of it.
