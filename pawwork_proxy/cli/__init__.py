"""The command line: one short module per command, loaded only when it is called.

Invariant: results go to stdout, messages to stderr; an expected failure prints `error:` and
`hint:` and exits with its documented code, never with a traceback.
"""

from __future__ import annotations

import importlib
import sys

import click

from pawwork_proxy import __version__
from pawwork_proxy.errors import PawworkProxyError
from pawwork_proxy.logs import guard_stderr
from pawwork_proxy.report.plain_text import printable

COMMANDS: dict[str, str] = {
    "run": "the proxy: listeners for one or several installs, a live table, one capture file",
    "launch": "start a client with everything set, capture until it exits",
    "show": "a capture as a table",
    "compare": "what the quota follows: verdicts, evidence, the next experiment",
    "report": "the same as one self-contained HTML file, with a timeline",
    "export": "captures as Parquet, CSV, HAR without content, or OpenTelemetry spans",
    "classify": "the outcome of a pasted or piped answer",
    "identity": "every field that may identify: sent or not, and how constant",
    "study": "create, join, list, leave a study: captures of several machines become joinable",
    "bundle": "create, verify, show the sanitized bundle that support can ask for",
    "simulate": "an OpenCode Zen look-alike on loopback",
    "demo": "the whole job offline, on the embedded simulator",
    "schema": "the JSON Schema of a capture line",
}
"""Name and one line of help; the module has the same name."""


class LazyGroup(click.Group):
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
        module = importlib.import_module(f"pawwork_proxy.cli.{cmd_name}")
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
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: pawwork-proxy demo",
)
@click.version_option(__version__, prog_name="pawwork-proxy")
def cli() -> None:
    """Record what PawWork and OpenCode clients ask of opencode.ai, and what the quota follows.

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 unreadable capture,
    4 refused bundle, 130 interrupted.
    """


def main() -> None:
    """Entry point: run a command and translate what went wrong into words and exit codes."""
    guard_stderr()
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PawworkProxyError as error:
        click.echo(f"error: {printable(error.message)}", err=True)
        if error.hint:
            click.echo(f"hint: {printable(error.hint)}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing is left to say
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
