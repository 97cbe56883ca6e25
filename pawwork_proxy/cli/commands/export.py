"""`export`: captures in the formats of other tools."""

from typing import Any

import click

from pawwork_proxy.cli import options

EXITS = {**options.READING, 0: "written; captures that had to be left out are named on stderr"}


@click.command(
    epilog=options.after_help("export captures/ --format parquet --out all.parquet", EXITS)
)
@options.captures()
@click.option(
    "--format",
    "output",
    type=click.Choice(["parquet", "csv", "har", "otlp"]),
    required=True,
    help="parquet and csv hold one flat row per exchange; har is HAR 1.2 without content, for "
    "network viewers; otlp holds OpenTelemetry client spans as JSON.",
)
@options.out(None, "Write to this file and replace an older one.")
def export(**given: Any) -> None:
    """Write captures for other tools, with outcomes judged by the rules of this version.

    CAPTURES are capture files, folders, patterns and support bundles.
    """
    options.call("export.export", given)
