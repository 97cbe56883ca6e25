"""Exchanges as a table with one flat row each, as CSV or as JSON lines.

Invariant: the columns and their types do not depend on the rows.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""


class Column(NamedTuple):
    """One column: name, type in SQL, and the path of its value from the exchange or its header."""

    name: str
    type: str
    path: str
    of_header: bool = False

    def value(self, header: Header, exchange: Exchange) -> Any:
        """The value, several words in one text; None where something on the path is missing."""
        found: Any = header if self.of_header else exchange
        for name in self.path.split("."):
            found = None if found is None else getattr(found, name)
        if isinstance(found, tuple):
            return " ".join(found)
        return found.value if isinstance(found, Enum) else found


COLUMNS: tuple[Column, ...] = (
    Column("capture_id", "VARCHAR", "capture_id", of_header=True),
    Column("study_id", "VARCHAR", "study_id", of_header=True),
    Column("simulated", "BOOLEAN", "simulated", of_header=True),
    Column("seq", "BIGINT", "seq"),
    Column("started_at", "TIMESTAMPTZ", "timing.started_at"),
    Column("first_byte_ms", "DOUBLE", "timing.first_byte_ms"),
    Column("first_event_ms", "DOUBLE", "timing.first_event_ms"),
    Column("total_ms", "DOUBLE", "timing.total_ms"),
    Column("install", "VARCHAR", "context.install"),
    Column("install_id", "VARCHAR", "context.install_id"),
    Column("device", "VARCHAR", "context.device"),
    Column("network", "VARCHAR", "context.network"),
    Column("egress_address", "VARCHAR", "context.egress.address"),
    Column("source_address", "VARCHAR", "context.source_address"),
    Column("upstream_family", "VARCHAR", "context.upstream_family"),
    Column("method", "VARCHAR", "request.method"),
    Column("path", "VARCHAR", "request.path"),
    Column("tier", "VARCHAR", "request.tier"),
    Column("protocol", "VARCHAR", "request.protocol"),
    Column("model", "VARCHAR", "request.model"),
    Column("user_agent", "VARCHAR", "request.user_agent"),
    Column("client", "VARCHAR", "request.client"),
    Column("session", "VARCHAR", "request.session"),
    Column("request", "VARCHAR", "request.request"),
    Column("project", "VARCHAR", "request.project"),
    Column("auth_kind", "VARCHAR", "auth.kind"),
    Column("key", "VARCHAR", "auth.pseudonym"),
    Column("auth_source", "VARCHAR", "auth_source.source"),
    Column("status", "INTEGER", "response.status"),
    Column("colo", "VARCHAR", "response.colo"),
    Column("finish_reason", "VARCHAR", "response.finish_reason"),
    Column("input_tokens", "BIGINT", "response.usage.input"),
    Column("output_tokens", "BIGINT", "response.usage.output"),
    Column("cost_usd", "DOUBLE", "response.cost"),
    Column("outcome", "VARCHAR", "outcome.kind"),
    Column("family", "VARCHAR", "outcome.family"),
    Column("origin", "VARCHAR", "outcome.origin_label"),
    Column("rule_id", "VARCHAR", "outcome.rule_id"),
    Column("retry_after_s", "DOUBLE", "outcome.retry_after_s"),
    Column("reset_at", "TIMESTAMPTZ", "outcome.reset_at"),
    Column("reset_cadence", "VARCHAR", "outcome.reset_cadence"),
    Column("answered_here", "BOOLEAN", "answered_here"),
    Column("unobserved", "VARCHAR", "signals.unobserved"),
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
