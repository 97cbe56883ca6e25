"""The command line: one module per command, whose libraries are loaded only when it works.

Invariant: results go to stdout, messages to stderr; an expected failure prints `error:` and
`hint:` and exits with its documented code, never with a traceback.
"""

import contextlib
import errno
import importlib
import os
import signal
import sys
from pathlib import Path

import click

from pawwork_proxy import __version__
from pawwork_proxy.cli.naming import COMMANDS, Suggesting, called, typed
from pawwork_proxy.cli.options import after_help
from pawwork_proxy.errors import PawworkProxyError, reason_of
from pawwork_proxy.logs import guard_stderr
from pawwork_proxy.report.words import printable

_WRITE_FAILURES = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EPIPE", "EBADF", "EINVAL")
    if hasattr(errno, name)
)
"""EINVAL: a closed pipe, on Windows."""


RECORDING = ("run", "launch", "disturb")
"""Commands that take what they are not told from the user's settings."""

EXITS = {
    0: "done",
    1: "failed",
    2: "wrong usage or configuration",
    3: "no capture could be read",
    4: "a bundle was refused",
    5: "nothing could be judged",
    70: "set-up failed (scripts/run.py, before any command begins)",
    130: "interrupted",
}
"""Of all commands together; `launch` passes on what its client ended with."""


class LazyGroup(Suggesting):
    """Imports a command's module when it is called, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pawwork_proxy.cli.commands.{cmd_name}")
        if callable(signal.getsignal(signal.SIGINT)):  # not where it is ignored, as under nohup
            signal.signal(signal.SIGINT, signal.default_int_handler)
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """The table of commands, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog=after_help("demo", EXITS),
)
@click.version_option(__version__, prog_name="pawwork-proxy")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Record what PawWork and OpenCode ask of opencode.ai, and find out what the quota follows.

    COMMAND --help explains a command, with an example.
    """
    if ctx.invoked_subcommand in RECORDING:
        from pawwork_proxy.cli.settings import defaults

        ctx.default_map = defaults(RECORDING)


def main() -> None:
    """Run a command, make sure that its output is out, and exit."""
    _have_streams()
    guard_stderr()
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:
        if not _is_of_output(error):
            raise
        code = _output_failed(error)
    sys.exit(code)


def _have_streams() -> None:
    """If whoever started us has closed stdout or stderr, discard what is written there."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  as long as we live


def _run() -> int:
    """Translate what went wrong into words and exit codes."""
    try:
        code = cli.main(prog_name=called(), standalone_mode=False)
    except click.exceptions.Abort:
        # Whoever cannot wait for the threads that are still at work presses Ctrl-C once more.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"'{context.command_path} --help' shows what can be given." if context else ""
        return _complain(error.format_message(), hint, error.exit_code)
    except PawworkProxyError as error:
        return _complain(error.message, error.hint, error.exit_code)
    except FileNotFoundError:
        if _has_a_folder():
            raise
        return _complain("the folder that you are in is gone", "go to one that there is: cd ~", 2)
    return code if isinstance(code, int) else 0


def _has_a_folder() -> bool:
    """Whether the working folder still exists."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _complain(message: str, hint: str, code: int) -> int:
    """Print what went wrong and what to do about it."""
    click.echo(f"error: {typed(printable(message))}", err=True)
    if hint:
        click.echo(f"hint: {typed(printable(hint))}", err=True)
    return code


def _is_of_output(error: OSError) -> bool:
    """Whether a write to stdout or stderr failed; of files with a name others have said so."""
    return error.filename is None and error.errno in _WRITE_FAILURES


def _output_failed(error: OSError) -> int:
    """Report the failure, unless the reader of our output has gone: that is no error."""
    with contextlib.suppress(OSError):
        if error.errno != errno.EPIPE:
            click.echo(f"error: cannot write the output: {reason_of(error)}", err=True)
    # What is still in the buffers would fail once more, with a traceback, when Python ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
            continue
        os.dup2(nowhere, stream.fileno())
    return 1
