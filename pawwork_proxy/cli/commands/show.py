"""`show`: captures as a table, with filters."""

from typing import Any

import click

from pawwork_proxy.cli import options


@click.command(
    epilog=options.after_help(
        "show captures/*.jsonl --outcome free_usage_limit --since 2026-11-20", options.READING
    )
)
@options.captures()
@options.installs
@options.outcomes
@options.models
@options.period
@click.option("--local", is_flag=True, help="Print times in this machine's zone instead of UTC.")
@options.formats("table", "json", words="json prints one record a line.")
def show(**given: Any) -> None:
    """Print captures as a table: who asked which model when, and what became of it.

    CAPTURES are capture files, folders, patterns and support bundles. Outcomes are judged again by
    the rules of this version. Damaged lines are counted and named, and hide none of the others.
    """
    options.call("show.show", given)
