"""`compare`: what the quota follows, from any number of captures."""

from collections.abc import Sequence
from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import typed
from pawwork_proxy.cli.output import WIDEST, page, progress, width

EXITS = {**options.READING, 0: "compared, also when nothing can be decided yet"}


@click.command(epilog=options.after_help("compare captures/ --format markdown", EXITS))
@options.captures()
@options.formats(
    "text", "markdown", "json", words="markdown is for issues and chats, json for programs."
)
@options.vouching
def compare(captures: Sequence[Path], output: str, alone: Sequence[str], real_only: bool) -> None:
    """Say what the free quota follows: a verdict per dimension, with evidence, and what to do next.

    CAPTURES are capture files, folders, patterns and support bundles, of one machine or of several
    that joined one study. What had to be left out is said among the notes.
    """
    from pawwork_proxy.captures.gathering import gather
    from pawwork_proxy.captures.sources import capture_sources
    from pawwork_proxy.comparison.compare import compare as judge
    from pawwork_proxy.report.comparison_json import render_json
    from pawwork_proxy.report.comparison_text import render_markdown, render_text

    with progress("reading") as show:
        sources, exclusive = capture_sources(captures), frozenset(alone)
        gathered = gather(sources, exclusive=exclusive, real_only=real_only, progress=show)
    comparison = judge(gathered.observations, gathered.unrecorded)
    if output == "json":
        click.echo(render_json(comparison, gathered.remarks), nl=False)
    elif output == "markdown":
        click.echo(render_markdown(comparison, gathered.remarks), nl=False)
    else:
        page([render_text(comparison, gathered.remarks, width(WIDEST), typed)])
