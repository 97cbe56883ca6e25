"""Plain bodies: errors in each shape the server really uses, listings, usage, trace, edge pages.

Zen's own errors carry no content type of their own and so arrive labelled as plain text
(zen-facts 8); provider and relay errors are JSON. All pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pawwork_proxy.facts.addresses import default_base
from pawwork_proxy.simulator.answer import Answer
from pawwork_proxy.simulator.faults import Fault, FaultKind, FrameError
from pawwork_proxy.simulator.limits import GoUse
from pawwork_proxy.simulator.messages import ENGLISH
from pawwork_proxy.simulator.scenario import Account, Scenario

TEXT = "text/plain;charset=UTF-8"
JSON = "application/json"
HTML = "text/html; charset=UTF-8"


class Plain(NamedTuple):
    """A whole body, its content type, and further headers."""

    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def compact(value: object) -> bytes:
    """JSON as servers write it: no blanks, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def refusal(answer: Answer) -> Plain:
    """The body of a refusal: own (`text/plain`, `retry-after`) or relayed (JSON, neither)."""
    body: dict[str, Any] = {
        "type": "error",
        "error": {"type": answer.error_type, "message": answer.message},
    }
    if answer.provider:
        return Plain(JSON, compact(body))
    if answer.status == 429:
        body["metadata"] = dict(answer.metadata)
    wait = () if answer.retry_after is None else (("retry-after", str(answer.retry_after)),)
    return Plain(TEXT, compact(body), wait)


class FrameWords(NamedTuple):
    """How providers word one kind of error."""

    error_type: str
    code: str
    message: str


FRAME_WORDS: Mapping[FrameError, FrameWords] = {
    "overload": FrameWords("overloaded_error", "server_is_overloaded", "Overloaded"),
    "rate_limit": FrameWords(
        "rate_limit_error", "rate_limit_exceeded", "Too many requests, please slow down"
    ),
    "server_error": FrameWords("server_error", "server_error", "The server had an error"),
    "free_limit": FrameWords(
        "FreeUsageLimitError", "FreeUsageLimitError", ENGLISH["rate_limit_exceeded"]
    ),
}


def error_frame(fault: Fault) -> bytes:
    """An error as one event of a stream, in the shape of the fault's kind."""
    words = FRAME_WORDS[fault.error]
    inner = {"type": words.error_type, "message": words.message}
    if fault.kind == "error_flat":
        flat = {"type": "error", "code": words.code, "message": words.message, "param": None}
        return b"data: " + compact(flat) + b"\n\n"
    if fault.kind == "error_event":
        return b"event: error\ndata: " + compact({"type": "error", "error": inner}) + b"\n\n"
    return b"data: " + compact({"error": {**inner, "code": words.code, "param": None}}) + b"\n\n"


def _own(error_type: str, message: str) -> bytes:
    return compact({"type": "error", "error": {"type": error_type, "message": message}})


def _edge_page(status: int, title: str) -> Plain:
    page = (
        '<!DOCTYPE html>\n<html lang="en-US"><head><title>opencode.ai | '
        f"{status}: {title}</title></head>\n<body><h1>{title}</h1>"
        f"<span>Error code {status}</span><p>Visit cloudflare.com for more information."
        "</p></body></html>\n"
    )
    return Plain(HTML, page.encode(), (("cache-control", "no-store"),))


FAULT_BODIES: Mapping[FaultKind, Plain] = {
    "bad_gateway": _edge_page(502, "Bad gateway"),
    "edge_timeout": _edge_page(524, "A timeout occurred"),
    "edge_blocked": Plain("text/plain; charset=UTF-8", b"error code: 1010"),
    "site_page": Plain(
        HTML, b"<!DOCTYPE html><html><head><title>OpenCode</title></head><body></body></html>"
    ),
    "redirect": Plain(TEXT, b"", (("location", "https://opencode.ai/"),)),
    "overload": Plain(
        JSON,
        compact({"error": {"type": "api_error", "message": "Inference service unavailable"}}),
        (("cache-control", "no-store"),),
    ),
    "overloaded_529": Plain(JSON, _own("overloaded_error", "Overloaded")),
    "no_provider": Plain(TEXT, _own("ModelError", ENGLISH["no_provider"])),
    "provider_limit": Plain(
        JSON,
        compact(
            {
                "error": {
                    "type": "rate_limit_error",
                    "code": "rate_limit_exceeded",
                    "message": "Error from provider (Fireworks): Too many requests",
                }
            }
        ),
    ),
    "provider_error": Plain(
        JSON,
        compact(
            {
                "error": {
                    "type": "server_error",
                    "code": None,
                    "message": "Error from provider (Fireworks): Internal error",
                }
            }
        ),
    ),
    "client_closed": Plain(TEXT, b""),
    "internal_error": Plain(TEXT, _own("error", ENGLISH["internal"])),
    "empty_body": Plain(JSON, b""),
}
"""Bodies of the faults that answer whole; `big_body` is made to measure."""


def models_listing(scenario: Scenario, now: datetime) -> bytes:
    """`GET .../models`: every model still offered."""
    created = int(now.timestamp())
    return compact(
        {
            "object": "list",
            "data": [
                {"id": offer.id, "object": "model", "created": created, "owned_by": "opencode"}
                for offer in scenario.models
                if offer.state != "promotion_ended"
            ],
        }
    )


def go_usage(account: Account, uses: Iterable[GoUse]) -> bytes:
    """`GET /zen/go/v1/usage` (zen-facts 9)."""
    names = {"5 hour": "rolling", "weekly": "weekly", "monthly": "monthly"}
    return compact(
        {
            "workspaceID": account.workspace,
            "userID": account.user,
            "usage": {
                names[use.name]: {
                    "status": "rate-limited" if use.exhausted else "ok",
                    "percent": use.percent,
                    "resetsAt": use.resets_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                }
                for use in uses
            },
        }
    )


def trace(address: str, region: str, now: datetime) -> bytes:
    """`GET /cdn-cgi/trace`: the egress address as this edge sees it."""
    rows = {
        "fl": "465f1",
        "h": "opencode.ai",
        "ip": address,
        "ts": f"{now.timestamp():.3f}",
        "visit_scheme": "https",
        "colo": "SIM",
        "sliver": "none",
        "http": "http/1.1",
        "loc": region,
        "tls": "TLSv1.3",
    }
    return "".join(f"{name}={value}\n" for name, value in rows.items()).encode()


def catalogue(scenario: Scenario, origin: str) -> bytes:
    """A minimal models.dev catalogue with this scenario's models, for clients kept off the net."""
    packages = {
        "chat": "@ai-sdk/openai-compatible",
        "messages": "@ai-sdk/anthropic",
        "responses": "@ai-sdk/openai",
        "google": "@ai-sdk/google",
    }
    models = {
        offer.id: {
            "id": offer.id,
            "name": offer.id,
            "attachment": False,
            "reasoning": False,
            "temperature": True,
            "tool_call": True,
            "release_date": "2026-01-01",
            "last_updated": "2026-01-01",
            "modalities": {"input": ["text"], "output": ["text"]},
            "open_weights": False,
            "cost": {"input": 0 if offer.free else 1, "output": 0 if offer.free else 2},
            "limit": {"context": 200_000, "output": 32_000},
            "provider": {"npm": packages[offer.protocol]},
        }
        for offer in scenario.models
    }
    return compact(
        {
            "opencode": {
                "id": "opencode",
                "name": "OpenCode Zen",
                "env": ["OPENCODE_API_KEY"],
                "npm": packages["chat"],
                "api": f"{origin}{default_base()}",
                "doc": "https://opencode.ai/docs/zen",
                "models": models,
            }
        }
    )
