"""Exchanges as a table with one flat row each, as CSV or as JSON lines.

Invariant: the columns and their types do not depend on the rows.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from typing import Any, Literal, NamedTuple

from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange

Type = Literal["text", "flag", "status", "count", "number", "time"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""


class Column(NamedTuple):
    """One column: its name, its type, and the path of its value from the exchange or its header."""

    name: str
    type: Type
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
    Column("capture_id", "text", "capture_id", of_header=True),
    Column("study_id", "text", "study_id", of_header=True),
    Column("simulated", "flag", "simulated", of_header=True),
    Column("seq", "count", "seq"),
    Column("started_at", "time", "timing.started_at"),
    Column("first_byte_ms", "number", "timing.first_byte_ms"),
    Column("first_event_ms", "number", "timing.first_event_ms"),
    Column("total_ms", "number", "timing.total_ms"),
    Column("install", "text", "context.install"),
    Column("install_id", "text", "context.install_id"),
    Column("device", "text", "context.device"),
    Column("network", "text", "context.network"),
    Column("egress_address", "text", "context.egress.address"),
    Column("source_address", "text", "context.source_address"),
    Column("upstream_family", "text", "context.upstream_family"),
    Column("method", "text", "request.method"),
    Column("path", "text", "request.path"),
    Column("tier", "text", "request.tier"),
    Column("protocol", "text", "request.protocol"),
    Column("model", "text", "request.model"),
    Column("user_agent", "text", "request.user_agent"),
    Column("client", "text", "request.client"),
    Column("session", "text", "request.session"),
    Column("request", "text", "request.request"),
    Column("project", "text", "request.project"),
    Column("auth_kind", "text", "auth.kind"),
    Column("key", "text", "auth.pseudonym"),
    Column("auth_source", "text", "auth_source.source"),
    Column("status", "status", "response.status"),
    Column("colo", "text", "response.colo"),
    Column("finish_reason", "text", "response.finish_reason"),
    Column("input_tokens", "count", "response.usage.input"),
    Column("output_tokens", "count", "response.usage.output"),
    Column("cost_usd", "number", "response.cost"),
    Column("outcome", "text", "outcome.kind"),
    Column("family", "text", "outcome.family"),
    Column("origin", "text", "outcome.origin_label"),
    Column("rule_id", "text", "outcome.rule_id"),
    Column("retry_after_s", "number", "outcome.retry_after_s"),
    Column("reset_at", "time", "outcome.reset_at"),
    Column("reset_cadence", "text", "outcome.reset_cadence"),
    Column("unobserved", "text", "signals.unobserved"),
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
