"""`show`: captures as a table, with filters."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import page, warn

if TYPE_CHECKING:
    from pawwork_proxy.report.language import Language


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
@click.option(
    "--follow",
    is_flag=True,
    help="Go on with a line for each exchange that is added, until Ctrl-C; in folders also those "
    "of new captures.",
)
@options.lang
@options.formats("table", "json", words="json prints one record a line.")
def show(
    captures: Sequence[Path],
    installs: Sequence[str],
    outcomes: Sequence[str],
    models: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    local: bool,
    follow: bool,
    lang: "Language",
    output: str,
) -> None:
    """Print captures as a table: who asked which model when, and what became of it.

    CAPTURES are capture files, folders, patterns and support bundles; folders are searched below as
    well. Outcomes are judged again by the rules of this version. Damaged lines are counted and
    named, and hide none of the others.
    """
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.cli.filters import Filters
    from pawwork_proxy.cli.shown import Shown, followed
    from pawwork_proxy.report.exchange_table import exchanges

    if follow and output == "json":
        raise click.UsageError("--follow prints lines for people: leave --format json out.")
    zone = (datetime.now().astimezone().tzinfo if local else None) or UTC
    filters = Filters(installs, outcomes, models, since, until)
    if follow:
        if sealed := [path for path in captures if path.suffix == ".zip"]:
            raise click.UsageError(f"--follow reads what is being written: {sealed[0]} is whole.")
        followed(captures, filters.take, zone, lang)
        return
    left_out: list[str] = []
    remarks: list[str] = []
    sources = each_once(capture_sources(captures), left_out, lang)

    def pieces() -> Iterator[str]:
        for shown in each_readable(
            sources, lambda source: Shown(source, filters.take, zone, lang), left_out, lang
        ):
            if output == "json":
                yield from shown.records()
            elif shown.chosen or not filters:
                yield from shown.table(filtered=bool(filters))
            remarks.extend(shown.remarks())
        if output != "json" and filters and not filters.taken:
            yield f"{exchanges(0, lang)}\n"

    page(pieces())
    warn([*remarks, *left_out, *filters.remarks(lang)], lang)
