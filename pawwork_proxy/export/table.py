"""Exchanges as a table with one flat row each, for CSV and Parquet.

Invariant: the columns and their types do not depend on the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange

TIME = pa.timestamp("us", tz="UTC")


class Column(NamedTuple):
    """One column: name, type, and where the value is."""

    name: str
    type: pa.DataType
    value: Callable[[Header, Exchange], Any]


def _usage(name: str) -> Callable[[Header, Exchange], Any]:
    def value(_: Header, one: Exchange) -> Any:
        usage = one.response.usage if one.response else None
        return getattr(usage, name) if usage else None

    return value


def _response(name: str) -> Callable[[Header, Exchange], Any]:
    return lambda _, one: getattr(one.response, name) if one.response else None


COLUMNS: tuple[Column, ...] = (
    Column("capture_id", pa.string(), lambda head, _: head.capture_id),
    Column("study_id", pa.string(), lambda head, _: head.study_id),
    Column("simulated", pa.bool_(), lambda head, _: head.simulated),
    Column("seq", pa.int64(), lambda _, one: one.seq),
    Column("started_at", TIME, lambda _, one: one.timing.started_at),
    Column("first_byte_ms", pa.float64(), lambda _, one: one.timing.first_byte_ms),
    Column("first_event_ms", pa.float64(), lambda _, one: one.timing.first_event_ms),
    Column("total_ms", pa.float64(), lambda _, one: one.timing.total_ms),
    Column("install", pa.string(), lambda _, one: one.context.install),
    Column("install_id", pa.string(), lambda _, one: one.context.install_id),
    Column("device", pa.string(), lambda _, one: one.context.device),
    Column("network", pa.string(), lambda _, one: one.context.network),
    Column(
        "egress_address",
        pa.string(),
        lambda _, one: one.context.egress.address if one.context.egress else None,
    ),
    Column("source_address", pa.string(), lambda _, one: one.context.source_address),
    Column("upstream_family", pa.string(), lambda _, one: one.context.upstream_family),
    Column("method", pa.string(), lambda _, one: one.request.method),
    Column("path", pa.string(), lambda _, one: one.request.path),
    Column("tier", pa.string(), lambda _, one: one.request.tier),
    Column("protocol", pa.string(), lambda _, one: one.request.protocol),
    Column("model", pa.string(), lambda _, one: one.request.model),
    Column("user_agent", pa.string(), lambda _, one: one.request.user_agent),
    Column("client", pa.string(), lambda _, one: one.request.client),
    Column("session", pa.string(), lambda _, one: one.request.session),
    Column("request", pa.string(), lambda _, one: one.request.request),
    Column("project", pa.string(), lambda _, one: one.request.project),
    Column("auth_kind", pa.string(), lambda _, one: one.auth.kind),
    Column("key", pa.string(), lambda _, one: one.auth.pseudonym),
    Column("auth_source", pa.string(), lambda _, one: one.auth_source.source),
    Column("status", pa.int32(), _response("status")),
    Column("colo", pa.string(), _response("colo")),
    Column("finish_reason", pa.string(), _response("finish_reason")),
    Column("input_tokens", pa.int64(), _usage("input")),
    Column("output_tokens", pa.int64(), _usage("output")),
    Column("cost_usd", pa.float64(), _response("cost")),
    Column("outcome", pa.string(), lambda _, one: one.outcome.kind.value),
    Column("family", pa.string(), lambda _, one: one.outcome.family.value),
    Column("origin", pa.string(), lambda _, one: one.outcome.origin_label),
    Column("rule_id", pa.string(), lambda _, one: one.outcome.rule_id),
    Column("retry_after_s", pa.float64(), lambda _, one: one.outcome.retry_after_s),
    Column("reset_at", TIME, lambda _, one: one.outcome.reset_at),
    Column("reset_cadence", pa.string(), lambda _, one: one.outcome.reset_cadence.value),
)

SCHEMA = pa.schema([pa.field(column.name, column.type) for column in COLUMNS])
BATCH = 10_000


def batches(exchanges: Iterable[tuple[Header, Exchange]]) -> Iterator[pa.RecordBatch]:
    """The rows, some thousands at a time, so that memory does not grow with them."""
    rows: list[dict[str, Any]] = []
    for header, exchange in exchanges:
        rows.append({column.name: column.value(header, exchange) for column in COLUMNS})
        if len(rows) == BATCH:
            yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
            rows = []
    if rows:
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
