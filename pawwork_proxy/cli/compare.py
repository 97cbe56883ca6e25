"""`compare`: what the quota follows, from any number of captures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.cli.progress import reading
from pawwork_proxy.comparison.compare import compare as judge
from pawwork_proxy.model.gathered import Gathered
from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report.comparison_text import render_markdown, render_text

FORMATS: dict[str, Callable[[Comparison], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": lambda comparison: comparison.model_dump_json(indent=2, exclude_none=True) + "\n",
}


@click.command(epilog="Example: pawwork-proxy compare captures/ --format markdown")
@click.argument("captures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "output",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="markdown: for issues and chats; json: for programs.",
)
@click.option(
    "--alone",
    multiple=True,
    metavar="NETWORK",
    help="Nobody else used this network's address while it was captured; repeatable. "
    "Only you can know that, and some verdicts need it.",
)
@click.option(
    "--real-only",
    is_flag=True,
    help="Where simulated captures are among real ones, leave them out rather than refuse.",
)
def compare(captures: Sequence[Path], output: str, alone: Sequence[str], real_only: bool) -> None:
    """Say what the free quota follows: a verdict per dimension, with evidence, and what to do next.

    CAPTURES are capture files, folders, patterns and support bundles, of one machine or of several
    that joined one study. Exit codes: 0 compared (also when nothing can be decided, or some of them
    had to be left out, which the notes say), 2 wrong usage, 3 no capture could be read, 4 only
    refused bundles were given.
    """
    with reading() as progress:
        gathered = gather(
            captures, exclusive=frozenset(alone), real_only=real_only, progress=progress
        )
    click.echo(FORMATS[output](compared(gathered)), nl=False)


def compared(gathered: Gathered) -> Comparison:
    """The comparison, with what is missing from the captures among its notes."""
    comparison = judge(gathered.observations, gathered.unrecorded)
    return comparison.model_copy(update={"notes": (*comparison.notes, *gathered.remarks)})
