"""A body that is sent whole, and the form of the server's own errors."""

import json
from typing import Any, NamedTuple

TEXT = "text/plain;charset=UTF-8"
"""Zen sets no content type on its own errors, and so the edge labels their JSON."""
JSON = "application/json"


class WholeBody(NamedTuple):
    """A whole body, its content type, and further headers."""

    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def compact(value: object) -> bytes:
    """JSON as servers write it: no blanks, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def own_error(
    error_type: str,
    message: str,
    content_type: str = TEXT,
    headers: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> WholeBody:
    """An error in Zen's own form; `more` are further fields of the outer object."""
    body = {"type": "error", "error": {"type": error_type, "message": message}, **more}
    return WholeBody(content_type, compact(body), headers)
