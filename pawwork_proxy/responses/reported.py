"""Responses as people report them: a line of JSON, a body, or the entries of a HAR file.

Invariant: a report without a status or headers is still read; nothing is assumed in their place.
Entries that cannot be parsed are skipped, never raised.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.numbers import HIGHEST_STATUS
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.responses.response import ReadResponse
from pawwork_proxy.responses.response_reader import ResponseReader
from pawwork_proxy.wire.bounded_json import member, parse_json

TRANSPORTS: dict[str, Ending] = {
    "connect_refused": Ending.UPSTREAM_REFUSED,
    "connection_refused": Ending.UPSTREAM_REFUSED,
    "refused": Ending.UPSTREAM_REFUSED,
    "dns": Ending.UPSTREAM_UNRESOLVABLE,
    "unreachable": Ending.UPSTREAM_UNREACHABLE,
    "tls": Ending.UPSTREAM_TLS,
    "timeout": Ending.TIMEOUT,
    "reset": Ending.UPSTREAM_RESET,
    "truncated_stream": Ending.UPSTREAM_CUT,
    "truncated": Ending.UPSTREAM_CUT,
    "cut": Ending.UPSTREAM_CUT,
    "client_abort": Ending.CLIENT_LEFT_MIDSTREAM,
    "aborted": Ending.CLIENT_LEFT_MIDSTREAM,
    "protocol": Ending.UPSTREAM_PROTOCOL,
}
"""What reporters call a broken transport; an `Ending`'s own name is understood too."""
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip and zstd begin."""
MAX_ENTRIES = 1000


def ending_of(transport: str | None) -> Ending:
    """The ending that a stated transport failure means; an unknown word is a reset."""
    if not transport:
        return Ending.UNSTATED
    word = transport.strip().lower()
    if word in TRANSPORTS:
        return TRANSPORTS[word]
    return Ending(word) if word in set(Ending) else Ending.UPSTREAM_RESET


def read_reported(
    body: bytes,
    *,
    status: int | None = None,
    headers: dict[str, str] | None = None,
    streaming: bool | None = None,
    transport: str | None = None,
) -> ReadResponse:
    """Read a reported response; a stated content-encoding counts only if the body still has it."""
    packed = body.startswith(_PACKED)
    pairs = [
        (name, value)
        for name, value in (headers or {}).items()
        if packed or name.lower() != "content-encoding"
    ]
    reader = ResponseReader(status, pairs, streaming)
    reader.feed(body)
    return reader.finish(ending_of(transport))


def _joined(value: object) -> str:
    """A header value; several lines of one name come as a list (RFC 9110, section 5.3)."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def read_case(case: Mapping[str, Any]) -> ReadResponse:
    """Read one object of `classify --jsonl` or of a labelled set; its fields have their types."""
    headers = {str(name): _joined(value) for name, value in (case.get("headers") or {}).items()}
    if case.get("content_type") and "content-type" not in {name.lower() for name in headers}:
        headers["content-type"] = case["content_type"]
    return read_reported(
        (case.get("body") or "").encode("utf-8", "surrogatepass"),
        status=case.get("status"),
        headers=headers,
        streaming=case.get("streaming"),
        transport=case.get("transport"),
    )


@dataclass(frozen=True, slots=True)
class Paste:
    """One response of a HAR file."""

    body: bytes
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    label: str | None = None
    """Place in a HAR file, `entry 3`."""
    asked: dict[str, str] = field(default_factory=dict)
    """Headers of the request, where a HAR file has them."""


def har_entries(text: bytes) -> list[Paste] | None:
    """The responses that a HAR file holds; None for anything else."""
    stripped = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if stripped.startswith(b"{") and b'"entries"' in stripped:
        return _har(stripped)
    return None


def _har(text: bytes) -> list[Paste] | None:
    entries = member(parse_json(text)[0], "log", "entries")
    if not isinstance(entries, list):
        return None
    numbered = list(enumerate(entries[:MAX_ENTRIES], 1))
    ours = [(n, e) for n, e in numbered if HOST in str(member(e, "request", "url"))]
    return [paste for n, e in ours or numbered if (paste := _har_entry(n, e)) is not None]


def _har_entry(number: int, entry: object) -> Paste | None:
    response = member(entry, "response")
    if not isinstance(response, dict):
        return None
    status, failed = response.get("status"), response.get("_error")
    body = _har_body(response.get("content"))
    if not body and isinstance(failed, str):
        body = failed.encode()
    known = isinstance(status, int) and 0 < status <= HIGHEST_STATUS
    return Paste(
        body,
        status if known else None,
        _har_headers(response),
        f"entry {number}",
        _har_headers(member(entry, "request")),
    )


def _har_headers(message: object) -> dict[str, str]:
    headers: dict[str, str] = {}
    listed = member(message, "headers")
    for header in listed if isinstance(listed, list) else []:
        if isinstance(header, dict):
            headers.setdefault(str(header.get("name")).lower(), str(header.get("value")))
    return headers


def _har_body(content: object) -> bytes:
    text = member(content, "text")
    if not isinstance(text, str):
        return b""
    if member(content, "encoding") == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return b""
    return text.encode("utf-8", "replace")
