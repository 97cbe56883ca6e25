"""`report`: the comparison as one HTML file for people who were not there."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import progress, replace_file

EXITS = {**options.READING, 0: "written"}


@click.command(epilog=options.after_help("report captures/ --out report.html", EXITS))
@options.captures()
@options.out(Path("report.html"), "Write the page to this file and replace an older one.")
@options.vouching
@options.have
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
def report(
    captures: Sequence[Path],
    out: Path,
    alone: Sequence[str],
    real_only: bool,
    have: str | None,
    show: bool,
) -> None:
    """Write one self-contained HTML page: verdicts, timeline, identity table, outcomes.

    CAPTURES are the same as for `compare`. The page works offline, on a phone and on paper; it
    loads nothing and sends nothing.
    """
    write_report(captures, out, frozenset(alone), real_only=real_only, have=have)
    click.echo(str(out))
    if show:
        webbrowser.open(out.absolute().as_uri())


def write_report(
    captures: Sequence[Path],
    out: Path,
    alone: frozenset[str],
    *,
    real_only: bool,
    have: str | None = None,
) -> None:
    """Gather, compare, render, write."""
    from pawwork_proxy.captures.gathering import gather
    from pawwork_proxy.captures.records import Records
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.cli.having import means_of
    from pawwork_proxy.comparison.compare import compare
    from pawwork_proxy.inventory.inventory import take_inventory
    from pawwork_proxy.report.page import render_report

    sources = capture_sources(captures)
    with progress("reading") as show:
        gathered = gather(sources, exclusive=alone, real_only=real_only, progress=show)
    inventory = None
    if not any(one.aggregated for one in gathered.captures):
        used = {one.capture_id for one in gathered.captures}
        records = each_readable(each_once(sources, []), Records, [])
        inventory = take_inventory(
            (one.capture.header, one) for one in records if one.summary.capture_id in used
        )
    means = means_of(have, gathered.observations)
    comparison = compare(gathered.observations, gathered.unrecorded, means=means)
    replace_file(out, [render_report(comparison, gathered, inventory).encode()])
