"""`export`: captures in the formats of other tools."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import replace_file, warn
from pawwork_proxy.errors import ConfigurationError

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
@options.out(None, "Write to this file and replace an older one.")
def export(captures: Sequence[Path], output: str, out: Path) -> None:
    """Write captures for other tools, with outcomes judged by the rules of this version.

    CAPTURES are capture files, folders, patterns and support bundles.
    """
    from pawwork_proxy.captures.completeness import listed
    from pawwork_proxy.captures.records import Records, unfit
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.export.har import har_text
    from pawwork_proxy.export.otlp import otlp_text
    from pawwork_proxy.export.table import csv_lines, json_lines
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
        replace_file(out, parquet_data(json_lines(exchanges())))
    else:
        text = {"csv": csv_lines, "har": har_text, "otlp": otlp_text}[output]
        replace_file(out, (piece.encode() for piece in text(exchanges())))
    warn(left_out)
    warn(listed([one.summary for one in exported]))
    warn(unfit(exported))
    click.echo(str(out))


def parquet_data(lines: Iterable[str]) -> Iterator[bytes]:
    """The table as Parquet, written by DuckDB from its JSON lines in a temporary folder.

    Raises ConfigurationError when DuckDB is not installed.
    """
    try:
        import duckdb  # an optional extra
    except ImportError:
        raise ConfigurationError(
            "only DuckDB writes Parquet, and it is not installed",
            "start it with 'scripts/run.py --with lake', or install the extra "
            "(pip install 'pawwork-proxy[lake]'); csv needs nothing",
        ) from None
    from pawwork_proxy.export.table import COLUMNS

    columns = {column.name: column.type for column in COLUMNS}
    with TemporaryDirectory(prefix="pawwork-export-") as folder:
        rows, table = Path(folder) / "rows.jsonl", Path(folder) / "table.parquet"
        with rows.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,  # so that the same captures make the same file
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(config=settings) as database:
            database.read_json(
                str(rows), columns=columns, format="newline_delimited"
            ).write_parquet(str(table), compression="zstd")
        with table.open("rb") as written:
            yield from iter(lambda: written.read(2**20), b"")
