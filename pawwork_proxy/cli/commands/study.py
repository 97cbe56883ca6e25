"""`study`: the pseudonym key that several machines share while they are compared."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import Suggesting, tell
from pawwork_proxy.cli.options import DEFAULT_CAPTURES, after_help, formats

if TYPE_CHECKING:
    from pawwork_proxy.comparison.walk import StudyName
    from pawwork_proxy.report.language import Language

RUNNING = {
    0: "all steps are done, and the answer was printed",
    2: "wrong usage",
    130: "left with Ctrl-C",
}
EXITS = {0: "done", 2: "the study is not known, or its token is damaged"}


@click.group(cls=Suggesting, epilog=after_help("study create quota-august", EXITS))
def study() -> None:
    """Create or join a study, so that captures of several machines can be compared.

    Within a study equal keys, sessions and addresses have equal pseudonyms on every machine.
    """


@study.command(
    short_help="Start a study and print its token.",
    epilog=after_help("study create quota-august > token.txt", EXITS),
)
@click.argument("name")
def create(name: str) -> None:
    """Start a study NAME and print its token; captures belong to it from now on."""
    from pawwork_proxy.environment.private_files import private_home
    from pawwork_proxy.environment.studies import create_study

    token = create_study(private_home(), name)
    click.echo(token)
    tell(
        "Hand this token to the other machines, like a password: not in a capture, a bundle or an "
        "issue.\nThere: pawwork-proxy study join (and paste it).",
        err=True,
    )


@study.command(
    short_help="Join the study that a token belongs to.",
    epilog=after_help("study join < token.txt", EXITS),
)
@click.argument("token", required=False)
def join(token: str | None) -> None:
    """Join the study of TOKEN (asked for when left out, so that it stays out of the history)."""
    from pawwork_proxy.environment.private_files import private_home
    from pawwork_proxy.environment.studies import join_study

    if token is None:
        interactive = sys.stdin.isatty()
        token = (
            str(click.prompt("Token", hide_input=True, err=True))
            if interactive
            else sys.stdin.readline()
        )
    joined = join_study(private_home(), token)
    click.echo(f"{joined.name} {joined.study_id}")
    click.echo("Captures belong to this study from now on.", err=True)


@study.command(
    "run",
    short_help="Walk through one of the three comparisons, step by step.",
    epilog=after_help("study run one-network", RUNNING),
)
@click.argument("name", type=click.Choice(["two-networks", "one-network", "key-or-none"]))
@click.option(
    "--captures",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_CAPTURES,
    metavar="FOLDER",
    help="Follow the captures in this folder; the commands that are printed write into it.",
)
@options.lang
def run_(name: "StudyName", captures: Path, lang: "Language") -> None:
    """Say what to do next, wait until it was captured as it should be, and end with the answer.

    NAME is one of the three comparisons of docs/studies.md. Each step is checked: the right
    install, network and key, refused or answered. Where a study stands is read off the captures, so
    that you can leave it with Ctrl-C and go on by the same command.
    """
    from pawwork_proxy.cli.commands.compare import compare
    from pawwork_proxy.cli.studying import stopped, walk

    try:
        walk(name, captures, lang)
    except KeyboardInterrupt:
        stopped(name, captures, lang)
        raise
    click.get_current_context().invoke(compare, captures=(captures,), lang=lang)


@study.command("list", epilog=after_help("study list --format json"))
@formats("text", "json", words="json prints the studies as one array.")
def list_(output: str) -> None:
    """Show the studies of this machine; the current one is marked."""
    from pawwork_proxy.environment.private_files import private_home
    from pawwork_proxy.environment.studies import list_studies

    studies = list_studies(private_home())
    if output == "json":
        click.echo(json.dumps([found._asdict() for found in studies]))
        return
    for found in studies:
        click.echo(f"{'*' if found.current else ' '} {found.name} {found.study_id}")
    if not any(found.current for found in studies):
        click.echo("No study is current: captures use your own key.", err=True)


@study.command(
    short_help="Remove the key of a study from this machine.",
    epilog=after_help("study leave quota-august", EXITS),
)
@click.argument("name", required=False)
def leave(name: str | None) -> None:
    """Remove the key of study NAME (default: the current one) from this machine."""
    from pawwork_proxy.environment.private_files import private_home
    from pawwork_proxy.environment.studies import leave_study

    left = leave_study(private_home(), name)
    click.echo(left)
    click.echo("Its key is gone from this machine; to come back, join with the token.", err=True)
