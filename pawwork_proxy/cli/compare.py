"""`compare`: what the quota follows, from any number of captures."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.cli.progress import reading
from pawwork_proxy.comparison.compare import compare as judge
from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report.comparison_json import render_json
from pawwork_proxy.report.comparison_text import render_markdown, render_text

FORMATS: dict[str, Callable[[Comparison, Iterable[str]], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": render_json,
}


def compare(captures: Sequence[Path], output: str, alone: Sequence[str], real_only: bool) -> None:
    """Print the comparison of captures."""
    with reading() as progress:
        gathered = gather(
            captures, exclusive=frozenset(alone), real_only=real_only, progress=progress
        )
    comparison = judge(gathered.observations, gathered.unrecorded)
    click.echo(FORMATS[output](comparison, gathered.remarks), nl=False)
