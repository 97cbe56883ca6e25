"""Exchanges as a table with one flat row each, as CSV or as JSON lines.

Invariant: the columns and their types do not depend on the rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange

Type = Literal["text", "flag", "status", "count", "number", "time"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""


class Column(NamedTuple):
    """One column: name, type, and where the value is."""

    name: str
    type: Type
    value: Callable[[Header, Exchange], Any]


def _usage(name: str) -> Callable[[Header, Exchange], Any]:
    def value(_: Header, one: Exchange) -> Any:
        usage = one.response.usage if one.response else None
        return getattr(usage, name) if usage else None

    return value


def _response(name: str) -> Callable[[Header, Exchange], Any]:
    return lambda _, one: getattr(one.response, name) if one.response else None


COLUMNS: tuple[Column, ...] = (
    Column("capture_id", "text", lambda head, _: head.capture_id),
    Column("study_id", "text", lambda head, _: head.study_id),
    Column("simulated", "flag", lambda head, _: head.simulated),
    Column("seq", "count", lambda _, one: one.seq),
    Column("started_at", "time", lambda _, one: one.timing.started_at),
    Column("first_byte_ms", "number", lambda _, one: one.timing.first_byte_ms),
    Column("first_event_ms", "number", lambda _, one: one.timing.first_event_ms),
    Column("total_ms", "number", lambda _, one: one.timing.total_ms),
    Column("install", "text", lambda _, one: one.context.install),
    Column("install_id", "text", lambda _, one: one.context.install_id),
    Column("device", "text", lambda _, one: one.context.device),
    Column("network", "text", lambda _, one: one.context.network),
    Column(
        "egress_address",
        "text",
        lambda _, one: one.context.egress.address if one.context.egress else None,
    ),
    Column("source_address", "text", lambda _, one: one.context.source_address),
    Column("upstream_family", "text", lambda _, one: one.context.upstream_family),
    Column("method", "text", lambda _, one: one.request.method),
    Column("path", "text", lambda _, one: one.request.path),
    Column("tier", "text", lambda _, one: one.request.tier),
    Column("protocol", "text", lambda _, one: one.request.protocol),
    Column("model", "text", lambda _, one: one.request.model),
    Column("user_agent", "text", lambda _, one: one.request.user_agent),
    Column("client", "text", lambda _, one: one.request.client),
    Column("session", "text", lambda _, one: one.request.session),
    Column("request", "text", lambda _, one: one.request.request),
    Column("project", "text", lambda _, one: one.request.project),
    Column("auth_kind", "text", lambda _, one: one.auth.kind),
    Column("key", "text", lambda _, one: one.auth.pseudonym),
    Column("auth_source", "text", lambda _, one: one.auth_source.source),
    Column("status", "status", _response("status")),
    Column("colo", "text", _response("colo")),
    Column("finish_reason", "text", _response("finish_reason")),
    Column("input_tokens", "count", _usage("input")),
    Column("output_tokens", "count", _usage("output")),
    Column("cost_usd", "number", _response("cost")),
    Column("outcome", "text", lambda _, one: one.outcome.kind.value),
    Column("family", "text", lambda _, one: one.outcome.family.value),
    Column("origin", "text", lambda _, one: one.outcome.origin_label),
    Column("rule_id", "text", lambda _, one: one.outcome.rule_id),
    Column("retry_after_s", "number", lambda _, one: one.outcome.retry_after_s),
    Column("reset_at", "time", lambda _, one: one.outcome.reset_at),
    Column("reset_cadence", "text", lambda _, one: one.outcome.reset_cadence.value),
)


def csv_lines(exchanges: Iterable[tuple[Header, Exchange]]) -> Iterator[str]:
    """Comma-separated values with a line of names; cells like formulas get a quote in front."""
    yield ",".join(f'"{column.name}"' for column in COLUMNS) + "\n"
    for header, exchange in exchanges:
        yield ",".join(_cell(column.value(header, exchange)) for column in COLUMNS) + "\n"


def json_lines(exchanges: Iterable[tuple[Header, Exchange]]) -> Iterator[str]:
    """One object a line."""
    for header, exchange in exchanges:
        row = {column.name: column.value(header, exchange) for column in COLUMNS}
        yield json.dumps(row, default=datetime.isoformat) + "\n"


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return repr(value).removesuffix(".0")
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S.%f}Z"
        case str():
            text = f"'{value}" if value.startswith(FORMULA) else value
            return '"' + text.replace('"', '""') + '"'
        case _:
            return str(value)
