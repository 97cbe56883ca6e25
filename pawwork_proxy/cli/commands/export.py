"""`export`: captures in the formats of other tools."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import progress, replace_file, warn

EXITS = {**options.READING, 0: "written; captures that had to be left out are named on stderr"}
FORMATS = ("parquet", "csv", "har", "otlp")


@click.command(
    epilog=options.after_help("export captures/ --format parquet --out all.parquet", EXITS)
)
@options.captures()
@click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    required=True,
    help="parquet and csv hold one flat row per exchange; har is HAR 1.2 without content, for "
    "network viewers; otlp holds OpenTelemetry client spans as JSON.",
)
@options.out(
    None,
    "Write to this file and replace an older one. With parquet, any name that does not end in "
    ".parquet is a folder: a data set of observations, which compare, report and status read.",
    either=True,
)
def export(captures: Sequence[Path], output: str, out: Path) -> None:
    """Write captures for other tools, with outcomes judged by the rules of this version.

    CAPTURES are capture files, folders, patterns and support bundles.
    """
    if output == "parquet" and out.suffix.lower() != ".parquet":
        _data_set(captures, out)
        click.echo(str(out))
        return
    from pawwork_proxy.captures.completeness import listed
    from pawwork_proxy.captures.lake import parquet_data
    from pawwork_proxy.captures.records import Records, unfit
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.export.har import har_text
    from pawwork_proxy.export.otlp import otlp_text
    from pawwork_proxy.export.table import COLUMNS, csv_lines, json_lines
    from pawwork_proxy.model.capture import Header
    from pawwork_proxy.model.exchange import Exchange

    left_out: list[str] = []
    sources = each_once(capture_sources(captures), left_out)
    exported: list[Records] = []

    def exchanges() -> Iterator[tuple[Header, Exchange]]:
        for records in each_readable(sources, Records, left_out):
            exported.append(records)
            for exchange in records:
                yield records.capture.header, exchange

    if output == "parquet":
        columns = {column.name: column.type for column in COLUMNS}
        replace_file(out, parquet_data(json_lines(exchanges()), columns, {}))
    else:
        text = {"csv": csv_lines, "har": har_text, "otlp": otlp_text}[output]
        replace_file(out, (piece.encode() for piece in text(exchanges())))
    warn(left_out)
    warn(listed([one.summary for one in exported]))
    warn(unfit(exported))
    click.echo(str(out))


def _data_set(captures: Sequence[Path], out: Path) -> None:
    """Write the observations that `compare` would be made from, a part for each capture and day."""
    from pawwork_proxy.captures.gathering import gather
    from pawwork_proxy.captures.lake import parquet_data
    from pawwork_proxy.captures.sources import capture_sources
    from pawwork_proxy.export.observations import COLUMNS, METADATA, lines_of, part_name, parts_of

    with progress("reading") as show:
        inputs = gather(capture_sources(captures), progress=show)
    written: set[Path] = set()
    for part in parts_of(inputs):
        path = out / part.name
        metadata = {METADATA: part.provenance.model_dump_json()}
        replace_file(path, parquet_data(lines_of(part.rows), COLUMNS, metadata))
        written.add(path)
    for capture in inputs.captures:  # an older export may have had other days
        for path in set(out.rglob(part_name(capture.capture_id))) - written:
            path.unlink()
    warn(inputs.remarks)
