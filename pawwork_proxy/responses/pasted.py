"""Takes apart what people paste: a body, an error line, a curl transcript, a HAR file.

Invariant: unparseable parts are skipped, never raised; a paste that is none of these is a body.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.numbers import HIGHEST_STATUS
from pawwork_proxy.wire.bounded_json import parse_json

_STATUS_LINE = re.compile(rb"^HTTP/[\d.]+ +(\d{3})[^\r\n]*\r?\n")
_VERBOSE = re.compile(rb"^< HTTP/[\d.]+ +\d{3}", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n")
_CURL_NOISE = (b"* ", b"> ", b"{ [", b"} [", b">\r", b"<\r")
MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Paste:
    """One response found in a paste."""

    body: bytes
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    transport: str | None = None
    label: str | None = None
    """Place in a HAR file, `entry 3`."""


def responses_in(text: bytes) -> list[Paste]:
    """The responses that a paste holds; one, unless it is a HAR file."""
    stripped = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if stripped.startswith(b"{") and b'"entries"' in stripped:
        entries = _har(stripped)
        if entries is not None:
            return entries
    if _VERBOSE.search(stripped):
        stripped = _unprefixed(stripped)
    if _STATUS_LINE.match(stripped):
        return [_transcript(stripped)]
    return [Paste(text)]


def _unprefixed(text: bytes) -> bytes:
    """What `curl -v` printed, without its marks and its own remarks."""
    start = _VERBOSE.search(text)
    assert start is not None
    kept = []
    for line in text[start.start() :].split(b"\n"):
        if line.startswith(b"< ") or line.rstrip() == b"<":
            kept.append(line[2:])
        elif not line.startswith(_CURL_NOISE) and line.rstrip() not in (b"*", b">"):
            kept.append(line)
    return b"\n".join(kept)


def _transcript(text: bytes) -> Paste:
    """The last header block counts: earlier ones are proxies, 100s and redirects."""
    status: int | None = None
    headers: dict[str, str] = {}
    while match := _STATUS_LINE.match(text):
        status = int(match.group(1))
        text = text[match.end() :]
        block, text = _header_block(text)
        headers = {}
        for line in block.replace(b"\r", b"").split(b"\n"):
            name, colon, value = line.decode("utf-8", "replace").partition(":")
            if colon and name.strip():
                headers.setdefault(name.strip().lower(), value.strip())
    return Paste(text, status, headers)


def _header_block(text: bytes) -> tuple[bytes, bytes]:
    """The header lines, and what follows the blank line behind them."""
    if text.startswith((b"\r\n", b"\n")):
        return b"", text.lstrip(b"\r\n")
    blank = _BLANK_LINE.search(text)
    return (text[: blank.start()], text[blank.end() :]) if blank else (text, b"")


def _har(text: bytes) -> list[Paste] | None:
    value, _ = parse_json(text)
    log = value.get("log") if isinstance(value, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        return None
    numbered = [(n, e) for n, e in enumerate(entries[:MAX_ENTRIES], 1) if isinstance(e, dict)]
    ours = [(n, e) for n, e in numbered if HOST in _url(e)]
    return [paste for n, e in ours or numbered if (paste := _har_entry(n, e)) is not None]


def _url(entry: dict[str, object]) -> str:
    request = entry.get("request")
    return str(request.get("url", "")) if isinstance(request, dict) else ""


def _har_entry(number: int, entry: dict[str, object]) -> Paste | None:
    response = entry.get("response")
    if not isinstance(response, dict):
        return None
    status = response.get("status")
    headers: dict[str, str] = {}
    listed = response.get("headers")
    for header in listed if isinstance(listed, list) else []:
        if isinstance(header, dict):
            headers.setdefault(str(header.get("name")).lower(), str(header.get("value")))
    content = response.get("content")
    body = _har_body(content) if isinstance(content, dict) else b""
    failed = response.get("_error")
    if not body and isinstance(failed, str):
        body = failed.encode()
    return Paste(
        body,
        status if isinstance(status, int) and 0 < status <= HIGHEST_STATUS else None,
        headers,
        label=f"entry {number}",
    )


def _har_body(content: dict[str, object]) -> bytes:
    text = content.get("text")
    if not isinstance(text, str):
        return b""
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return b""
    return text.encode("utf-8", "replace")
