"""`report`: the comparison as one HTML file for people who were not there."""

from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli import options

EXITS = {**options.READING, 0: "written"}


@click.command(epilog=options.after_help("report captures/ --out report.html", EXITS))
@options.captures()
@options.out(Path("report.html"), "Write the page to this file and replace an older one.")
@options.vouching
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
def report(**given: Any) -> None:
    """Write one self-contained HTML page: verdicts, timeline, identity table, outcomes.

    CAPTURES are the same as for `compare`. The page works offline, on a phone and on paper; it
    loads nothing and sends nothing.
    """
    options.call("report.report", given)
