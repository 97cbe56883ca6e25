"""A response as somebody reports it - a line of JSON, a paste - brought before the reader.

Invariant: a report without a status or headers is still read; nothing is assumed in their place.
"""

from collections.abc import Mapping
from typing import Any

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.responses.response import ReadResponse
from pawwork_proxy.responses.response_reader import ResponseReader

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
