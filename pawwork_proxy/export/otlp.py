"""Exchanges as OpenTelemetry client spans, one OTLP/JSON document.

Names follow the semantic conventions for HTTP and for generative AI clients; what they have no name
for is under `pawwork.`. Invariant: ids are made of capture id and sequence number, so the same
capture makes the same spans.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

from pawwork_proxy import __version__
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Family

CLIENT, ERROR = 3, 2
"""Span kind and status code of the protocol."""

OPERATIONS = {"chat": "chat", "messages": "chat", "responses": "chat", "google": "generate_content"}

ARCHITECTURES = {"x86_64": "amd64", "x64": "amd64", "aarch64": "arm64"}
"""The conventions' names for what machines say of themselves."""


def otlp_text(exchanges: Iterable[tuple[Header, Exchange]]) -> Iterator[str]:
    """The document, a span at a time: one resource per capture."""
    scope = json.dumps({"name": "pawwork-proxy", "version": __version__})
    yield '{"resourceSpans": ['
    between = ""
    for header, group in groupby(exchanges, key=lambda pair: pair[0]):
        resource = json.dumps({"attributes": _attributes(_resource(header))})
        yield f'{between}{{"resource": {resource}, "scopeSpans": [{{"scope": {scope}, "spans": ['
        between = ""
        for _, one in group:
            yield between + json.dumps(_span(header, one))
            between = ", "
        yield "]}]}"
        between = ", "
    yield "]}\n"


def _resource(header: Header) -> dict[str, Any]:
    return {
        "service.name": "pawwork-proxy",
        "service.version": header.tool_version,
        "service.instance.id": header.capture_id,
        "os.type": {"macos": "darwin"}.get(header.machine.os, header.machine.os),
        "host.arch": ARCHITECTURES.get(header.machine.arch, header.machine.arch),
        "pawwork.simulated": header.simulated,
        "pawwork.study.id": header.study_id,
    }


def _span(header: Header, one: Exchange) -> dict[str, Any]:
    operation = OPERATIONS.get(one.request.protocol)
    model = one.request.model
    start = one.timing.started_at
    end = start + timedelta(milliseconds=one.timing.total_ms or 0)
    digest = hashlib.sha256(f"{header.capture_id}#{one.seq}".encode()).hexdigest()
    failed = one.outcome.family is not Family.OK
    return {
        "traceId": digest[:32],
        "spanId": digest[32:48],
        "name": f"{operation} {model}" if operation and model else one.request.method,
        "kind": CLIENT,
        "startTimeUnixNano": str(_nanoseconds(start.timestamp())),
        "endTimeUnixNano": str(_nanoseconds(end.timestamp())),
        "attributes": _attributes(_values(header, one, operation)),
        "status": {"code": ERROR} if failed else {},
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000) * 1000


def _values(header: Header, one: Exchange, operation: str | None) -> dict[str, Any]:
    answer, outcome = one.response, one.outcome
    elsewhere = header.simulated or header.options.upstream == "other" or one.answered_here is True
    usage = answer.usage if answer else None
    failed = outcome.family is not Family.OK
    return {
        "http.request.method": one.request.method,
        "http.request.body.size": one.request.body.wire_bytes,
        "http.response.status_code": answer.status if answer else None,
        "http.response.body.size": answer.wire_bytes if answer else None,
        "url.template": one.request.path,
        "server.address": None if elsewhere else HOST,
        "server.port": None if elsewhere else 443,
        "user_agent.original": one.request.user_agent,
        "error.type": outcome.kind.value if failed else None,
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "opencode" if operation else None,
        "gen_ai.request.model": one.request.model,
        "gen_ai.request.stream": one.request.body.stream,
        "gen_ai.request.max_tokens": one.request.body.max_tokens,
        "gen_ai.request.temperature": one.request.body.temperature,
        "gen_ai.conversation.id": one.request.session,
        "gen_ai.response.model": answer.model if answer else None,
        "gen_ai.response.finish_reasons": [answer.finish_reason]
        if answer and answer.finish_reason
        else None,
        "gen_ai.usage.input_tokens": usage.input if usage else None,
        "gen_ai.usage.output_tokens": usage.output if usage else None,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read if usage else None,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write if usage else None,
        "pawwork.seq": one.seq,
        "pawwork.install": one.context.install,
        "pawwork.network": one.context.network,
        "pawwork.auth.kind": one.auth.kind,
        "pawwork.auth.source": one.auth_source.source,
        "pawwork.outcome.family": outcome.family.value,
        "pawwork.outcome.origin": outcome.origin_label,
        "pawwork.outcome.retry_after_s": outcome.retry_after_s,
        "pawwork.outcome.reset_cadence": outcome.reset_cadence.value,
        "pawwork.answered_here": one.answered_here,
        "pawwork.unobserved": one.signals.unobserved,
    }


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": _any_value(value)}
        for name, value in values.items()
        if value is not None
    ]


def _any_value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}  # 64-bit numbers are texts in the JSON mapping
        case float():
            return {"doubleValue": value}
        case list() | tuple():
            return {"arrayValue": {"values": [_any_value(one) for one in value]}}
        case _:
            return {"stringValue": str(value)}
