"""Parquet by DuckDB, an optional extra: tables are written, and parts of data sets are read.

Invariant: DuckDB loads no extension and asks no server.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from sys import intern
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pawwork_proxy.errors import CaptureFormatError, ConfigurationError
from pawwork_proxy.export.observations import METADATA, Part, Provenance, row_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_AT_ONCE = 10_000


def _database() -> "DuckDBPyConnection":
    """The database of this process, in memory.

    Raises ConfigurationError when DuckDB is not installed.
    """
    try:
        return _connected()
    except ImportError:
        raise ConfigurationError(
            "only DuckDB writes and reads Parquet, and it is not installed",
            "start it with 'scripts/run.py --with lake', or install the extra "
            "(pip install 'pawwork-proxy[lake]'); 'export --format csv' needs neither",
        ) from None


@cache
def _connected() -> "DuckDBPyConnection":
    import duckdb  # noqa: PLC0415  an optional extra

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,  # so that the same captures make the same file
        "temp_directory": "",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    database = duckdb.connect(config=settings)
    database.execute("SET TimeZone = 'UTC'")
    return database


def parquet_data(
    lines: Iterable[str], columns: Mapping[str, str], metadata: Mapping[str, str]
) -> Iterator[bytes]:
    """A table as Parquet, from its JSON lines in a temporary folder.

    Raises ConfigurationError when DuckDB is not installed.
    """
    database = _database()
    with TemporaryDirectory(prefix="pawwork-export-") as folder:
        rows, table = Path(folder) / "rows.jsonl", Path(folder) / "table.parquet"
        with rows.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        database.read_json(
            str(rows), columns=dict(columns), format="newline_delimited"
        ).create_view("rows", replace=True)
        said = ", ".join(f"{key}: {_quoted(value)}" for key, value in metadata.items())
        database.execute(
            f"COPY rows TO {_quoted(str(table))} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{said}}})"
        )
        with table.open("rb") as written:
            yield from iter(lambda: written.read(2**20), b"")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _once(value: object) -> object:
    """An equal text is held once: most rows of a set share most of theirs."""
    return intern(value) if type(value) is str else value


def read_part(path: Path, shown: Path) -> Part:
    """A part of a data set; messages name it as `shown`.

    Raises CaptureFormatError when the file is none, ConfigurationError when DuckDB is not
    installed.
    """
    database = _database()
    import duckdb  # noqa: PLC0415  an optional extra, and it is there

    try:
        (said,) = database.execute(
            "SELECT value FROM parquet_kv_metadata(?) WHERE key = ?",
            [str(path), METADATA.encode()],
        ).fetchall()
        provenance = Provenance.model_validate_json(said[0])
        table = database.execute(
            "SELECT * FROM read_parquet(?, hive_partitioning = false)", [str(path)]
        )
        names = [column[0] for column in table.description]
        rows = [
            row_of(dict(zip(names, map(_once, values), strict=True)))
            for several in iter(lambda: table.fetchmany(_ROWS_AT_ONCE), [])
            for values in several
        ]
    except (duckdb.Error, ValueError):
        raise CaptureFormatError(
            f"{shown} is no part of a data set that this version reads",
            "make the set with 'pawwork-proxy export CAPTURES --format parquet --out FOLDER'",
        ) from None
    return Part(provenance, rows)
