"""The commands, and what this program is called where it prints one for the user to type.

Invariant: nothing is imported here but what `--help` has anyway.
"""

import os
import re
from difflib import get_close_matches

import click

COMMANDS: dict[str, str] = {
    "run": "Record what clients ask, until Ctrl-C: live table, one capture file.",
    "launch": "Start a client with everything set, and capture until it exits.",
    "connect": "Point an installed PawWork or OpenCode at the proxy, or take that back.",
    "doctor": "Prove that requests pass the proxy, or say what keeps them from it.",
    "disturb": "Say whether measuring makes a difference for a client.",
    "check": "Say whether clients behave after each answer as is known of them.",
    "show": "Print captures as a table.",
    "status": "Say how much of the quota was used, what is left, and when it resets.",
    "compare": "Say who shares the quota, how many, how sure, and what to do next.",
    "report": "Write the same as one HTML page, with a timeline.",
    "export": "Write captures as Parquet, CSV, HAR without content, or OpenTelemetry.",
    "classify": "Say what a pasted or piped response means.",
    "identity": "List every field that may identify: sent or not, and how constant.",
    "study": "Create, join or leave a study, or walk through a comparison step by step.",
    "bundle": "Make, check and read the sanitized bundle that support asks for.",
    "simulate": "Serve an OpenCode Zen look-alike on loopback.",
    "demo": "Do the whole job offline, on the embedded simulator.",
    "schema": "Print the JSON Schema of a capture line.",
}
"""Name and one line of help; the module in `commands` has the same name."""

CALLED_VARIABLE = "PAWWORK_PROXY_CALLED"
"""In which `scripts/run.py` says how the user has called it."""
_called = os.environ.pop(CALLED_VARIABLE, "pawwork-proxy")  # clients are to inherit none of it
_TO_TYPE = re.compile(rf"(?<![\w/.-])pawwork-proxy(?= (?:{'|'.join(COMMANDS)}|COMMAND)\b)")


def called() -> str:
    """The program as this user starts it."""
    return _called


def typed(text: str) -> str:
    """A text in which each command of ours can be typed by this user as it stands."""
    return _TO_TYPE.sub(lambda _: called(), text)


def tell(text: str, *, err: bool = False) -> None:
    """Print a text, on stderr with `err`."""
    click.echo(typed(text), err=err)


class Suggesting(click.Group):
    """A group that says which of its commands may have been meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called. Raises click's UsageError where there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from None
