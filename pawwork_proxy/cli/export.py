"""`export`: captures in the formats of other tools."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pyarrow
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from pawwork_proxy.captures.gathering import recomputed, summary_of
from pawwork_proxy.captures.sources import capture_sources, each_readable, whole_capture
from pawwork_proxy.captures.whole import remarks_on
from pawwork_proxy.cli.report import write_whole
from pawwork_proxy.cli.warnings import warn
from pawwork_proxy.export.har import har
from pawwork_proxy.export.otlp import otlp
from pawwork_proxy.export.table import SCHEMA, batches
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.gathered import CaptureSummary

_FORMULA = r"^[=+\-@\t\r]"
Records = Iterator[tuple[Header, Exchange]]


def _parquet(records: Records) -> bytes:
    file = io.BytesIO()
    with pyarrow.parquet.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for batch in batches(records):
            writer.write_batch(batch)
    return file.getvalue()


def _csv(records: Records) -> bytes:
    file = io.BytesIO()
    with pyarrow.csv.CSVWriter(file, SCHEMA) as writer:
        for batch in batches(records):
            writer.write_batch(_as_texts(batch))
    return file.getvalue()


def _as_texts(batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
    """Cells that a spreadsheet would take for a formula get a quote in front."""
    columns = [
        pc.if_else(pc.match_substring_regex(column, _FORMULA), _quoted(column), column)
        if pyarrow.types.is_string(column.type)
        else column
        for column in batch.columns
    ]
    return pyarrow.RecordBatch.from_arrays(columns, schema=batch.schema)


def _quoted(column: pyarrow.Array) -> pyarrow.Array:
    return pc.binary_join_element_wise("'", column, "")


FORMATS: dict[str, Callable[[Records], bytes]] = {
    "parquet": _parquet,
    "csv": _csv,
    "har": lambda records: json.dumps(har(records), indent=1).encode(),
    "otlp": lambda records: json.dumps(otlp(records)).encode(),
}


def export(captures: Sequence[Path], output: str, out: Path) -> None:
    """Write captures in the format of another tool."""
    remarks: list[str] = []
    summaries: list[CaptureSummary] = []
    write_whole(out, FORMATS[output](_records(captures, remarks, summaries)))
    warn(remarks)
    warn(remarks_on(summaries))
    click.echo(str(out))


def _records(
    captures: Sequence[Path], remarks: list[str], summaries: list[CaptureSummary]
) -> Records:
    """Every exchange, one capture in memory at a time."""
    names: dict[str, str] = {}
    for capture in each_readable(capture_sources(captures), whole_capture, remarks):
        summaries.append(summary_of(capture))
        name, capture_id = capture.path.name, capture.header.capture_id
        if capture_id in names:
            remarks.append(f"{name}: the same capture as {names[capture_id]}, both are exported.")
        names.setdefault(capture_id, name)
        for exchange in capture.exchanges:
            yield capture.header, recomputed(exchange)
