"""`export`: captures in the formats of other tools."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pawwork_proxy.captures.completeness import listed
from pawwork_proxy.captures.copies import each_once
from pawwork_proxy.captures.records import Records, unfit
from pawwork_proxy.captures.sources import capture_sources, each_readable
from pawwork_proxy.cli.report import write_whole
from pawwork_proxy.cli.warnings import warn
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.export.har import har_text
from pawwork_proxy.export.otlp import otlp_text
from pawwork_proxy.export.table import COLUMNS, Type, csv_lines, json_lines
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange

Exchanges = Iterator[tuple[Header, Exchange]]

SQL_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "flag": "BOOLEAN",
    "status": "INTEGER",
    "count": "BIGINT",
    "number": "DOUBLE",
    "time": "TIMESTAMPTZ",
}


def parquet_data(exchanges: Exchanges) -> Iterator[bytes]:
    """The table as Parquet, written by DuckDB from JSON lines in a temporary folder.

    Raises ConfigurationError when DuckDB is not installed.
    """
    try:
        # Not at the top: it is an optional extra.
        import duckdb  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "only DuckDB writes Parquet, and it is not installed",
            "start it with 'scripts/run.py --with lake', or install the extra "
            "(pip install 'pawwork-proxy[lake]'); csv needs nothing",
        ) from None
    columns = {column.name: SQL_TYPES[column.type] for column in COLUMNS}
    with TemporaryDirectory(prefix="pawwork-export-") as folder:
        rows, table = Path(folder) / "rows.jsonl", Path(folder) / "table.parquet"
        with rows.open("w", encoding="utf-8") as file:
            file.writelines(json_lines(exchanges))
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


def _utf8(text: Callable[[Exchanges], Iterable[str]]) -> Callable[[Exchanges], Iterable[bytes]]:
    return lambda exchanges: (piece.encode() for piece in text(exchanges))


FORMATS: dict[str, Callable[[Exchanges], Iterable[bytes]]] = {
    "parquet": parquet_data,
    "csv": _utf8(csv_lines),
    "har": _utf8(har_text),
    "otlp": _utf8(otlp_text),
}


def export(captures: Sequence[Path], output: str, out: Path) -> None:
    """Write captures in the format of another tool."""
    left_out: list[str] = []
    sources = each_once(capture_sources(captures), left_out)
    exported: list[Records] = []

    def exchanges() -> Exchanges:
        for records in each_readable(sources, Records, left_out):
            exported.append(records)
            for exchange in records:
                yield records.capture.header, exchange

    write_whole(out, FORMATS[output](exchanges()))
    warn(left_out)
    warn(listed([one.summary for one in exported]))
    warn(unfit(exported))
    click.echo(str(out))
