"""`compare`: what the quota follows, from any number of captures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import typed
from pawwork_proxy.cli.output import WIDEST, page, width

if TYPE_CHECKING:
    from pawwork_proxy.report.language import Language

EXITS = {**options.READING, 0: "compared, also when nothing can be decided yet"}


@click.command(epilog=options.after_help("compare captures/ --format markdown", EXITS))
@options.captures()
@options.formats(
    "text", "markdown", "json", words="markdown is for issues and chats, json for programs."
)
@options.vouching
@options.lang
@options.have
def compare(
    captures: Sequence[Path],
    output: str,
    alone: Sequence[str],
    real_only: bool,
    have: str | None,
    lang: "Language",
) -> None:
    """Say what the free quota is counted by: answer, number, product options, next step, evidence.

    CAPTURES are capture files, folders, patterns, support bundles and data sets, here or at
    addresses (https://, s3://), of one machine or of several that joined one study. What had to be
    left out is said among the notes.
    """
    from pawwork_proxy.cli.comparing import Wanted, compared
    from pawwork_proxy.report.comparison_json import render_json
    from pawwork_proxy.report.comparison_text import render_markdown, render_text
    from pawwork_proxy.report.next_step import CAPTURES, in_folder

    wanted = Wanted(captures, frozenset(alone), real_only, have, lang)
    sources, inputs, comparison, answer = compared(wanted, ask=output == "text")
    if output == "json":
        click.echo(render_json(comparison, answer, inputs.remarks, lang), nl=False)
    elif output == "markdown":
        click.echo(render_markdown(comparison, answer, inputs.remarks, lang), nl=False)
    else:
        stored = any(one.part for one in sources)
        folder = CAPTURES if stored or not _goes_on(captures) else str(captures[0])
        page(
            [
                render_text(
                    comparison,
                    answer,
                    inputs.remarks,
                    width(WIDEST),
                    lambda words: typed(in_folder(words, folder)),
                    lang,
                )
            ]
        )


def _goes_on(captures: Sequence[Path]) -> bool:
    """Whether these are a folder of the user's own, to which more captures can come."""
    from pawwork_proxy.captures.files import SAMPLES

    return (
        len(captures) == 1 and captures[0].is_dir() and SAMPLES not in captures[0].absolute().parts
    )
