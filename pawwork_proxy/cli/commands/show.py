"""`show`: captures as a table, with filters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import warn
from pawwork_proxy.report.words import printable


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
def show(
    captures: Sequence[Path],
    installs: Sequence[str],
    outcomes: Sequence[str],
    models: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    local: bool,
    output: str,
) -> None:
    """Print captures as a table: who asked which model when, and what became of it.

    CAPTURES are capture files, folders, patterns and support bundles. Outcomes are judged again by
    the rules of this version. Damaged lines are counted and named, and hide none of the others.
    """
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.cli.shown import Shown
    from pawwork_proxy.model.outcome import Outcome
    from pawwork_proxy.model.view import ExchangeView

    zone = datetime.now().astimezone().tzinfo if local else UTC

    def wanted(exchange: ExchangeView, outcome: Outcome) -> bool:
        at = exchange.timing.started_at
        return (
            (not installs or exchange.context.install in installs)
            and (not outcomes or outcome.kind in outcomes)
            and (not models or exchange.request.model in models)
            and (since is None or at >= since)
            and (until is None or at < until)
        )

    filtered = bool(installs or outcomes or models or since or until)
    left_out: list[str] = []
    sources = each_once(capture_sources(captures), left_out)
    for shown in each_readable(
        sources, lambda source: Shown(source, wanted, zone or UTC), left_out
    ):
        if output == "json":
            shown.print_records()
        else:
            shown.print_table(filtered=filtered)
        for line in shown.remarks():
            click.echo(printable(line), err=True)
    warn(left_out)
