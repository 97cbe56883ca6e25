"""Secrets of many formats in every position of an exchange, through the real proxy; then a search.

Invariant of the search: each secret raw, percent-encoded, hex, base64 and JSON-escaped, and any
twelve characters of it, in every file and stream that the proxy leaves behind.
"""

import base64
import gzip
import itertools
import json
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from tests.end_to_end.proxy_process import ProxyProcess
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream, exchange_raw
from tests.end_to_end.stock_mitmdump import stock_mitmdump
from tests.unit.redaction.canaries import canaries, pieces

FILLER = {"model": "big-pickle", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
Request = tuple[bytes, list[bytes], bytes]
"""Target, header lines, body."""


def sent(**more: object) -> bytes:
    return json.dumps({**FILLER, **more}).encode()


def requests_with(secret: str) -> Iterator[Request]:
    """A request for each position that the secret can be in."""
    flat = secret.replace("\n", " ")
    line = flat.encode()
    path = quote(secret, safe="").encode()
    chat = b"/zen/v1/chat/completions"
    basic = base64.b64encode(f"user:{secret}".encode())
    for header in (
        b"Authorization: Bearer " + line,
        b"authorization: " + line,
        b"AUTHORIZATION: Basic " + basic,
        b"x-api-key: " + line,
        b"X-Goog-Api-Key: " + line,
        b"Cookie: session=" + line + b"; other=1",
        b"User-Agent: " + line,
        b"User-Agent: opencode/1.18.33 (" + line + b")",
        b"User-Agent: opencode/" + line.replace(b" ", b"-"),
        b"x-OpenCode-Session: " + line,
        b"x-opencode-client: " + line,
        b"x-opencode-project: " + line,
        b"x-unheard-of: " + line,
        b"Accept-Language: " + line,
        b"Content-Type: multipart/form-data; boundary=" + line,
        b"Referer: https://example.org/?k=" + path,
        b"X-Forwarded-For: " + line,
        b"cf-ray: " + line,
        b"anthropic-beta: " + line,
    ):
        yield chat, [header, b"x-twice: " + line, b"X-Twice: " + line], sent()
    name = "".join(character for character in flat if character.isalnum() or character in "-_")
    yield chat, [name.encode("ascii", "ignore") + b": 1"], sent()
    yield chat + b"?key=" + path, [], sent()
    yield chat + b"?" + path + b"=1", [], sent()
    yield b"/zen/v1/" + path, [], sent()
    yield b"/zen/v1/models/" + path + b":streamGenerateContent?alt=sse", [], b'{"contents":[]}'
    yield chat, [], sent(model=secret)
    yield chat, [], sent(model="gpt-5-" + secret, user=secret, metadata={secret: secret})
    yield chat, [], sent(**{secret: {secret: [secret]}})
    yield chat, [], sent(messages=[{"role": secret, "content": json.dumps({"k": secret})}])
    yield chat, [], sent(tools=[{"function": {"name": secret}}], max_tokens=secret)
    yield chat, [], secret.encode() + b'{"broken'
    packed = gzip.compress(sent(model=secret))
    yield chat, [b"Content-Encoding: gzip"], packed


def answers_with(secret: str) -> Iterator[Callable[[Peer], None]]:
    """An answer for each position that the secret can be in."""
    line = secret.replace("\n", " ").encode()
    error = {"type": "error", "error": {"type": secret, "message": secret, "code": secret}}
    limit = {
        "type": "error",
        "error": {"type": "GoUsageLimitError", "message": f"see {secret}"},
        "metadata": {"workspace": secret, "limitName": secret},
    }
    relayed = {
        "error": {"type": "FreeUsageLimitError", "message": f"Error from provider ({secret}): no"}
    }
    chunk = {
        "id": secret, "model": secret, "usage": {"prompt_tokens": secret},
        "choices": [{"delta": {"content": secret}, "finish_reason": secret}],
    }  # fmt: skip
    events = f"event: {secret.splitlines()[0]}\ndata: {json.dumps(chunk)}\n\n: {line.decode()}\n\n"
    stream = b"Content-Type: text/event-stream"
    plain = b"Content-Type: application/json"
    half = len(events) // 2
    yield _answer(b"429 Too Many", [plain], json.dumps(error).encode())
    yield _answer(b"429 X", [b"Content-Type: text/plain"], json.dumps(limit).encode())
    yield _answer(b"429 X", [plain], json.dumps(relayed).encode())
    yield _answer(b"429 X", [plain], json.dumps({"error": json.dumps(error)}).encode())
    yield _answer(b"403 " + line, [b"Content-Type: text/html"], b"<html>" + secret.encode())
    yield _answer(b"500 X", [b"Content-Type: text/plain"], secret.encode())
    yield _answer(
        b"302 X",
        [b"Location: /" + line, b"Set-Cookie: a=" + line, b"Server: " + line, b"cf-ray: " + line,
         b"retry-after: " + line, b"x-request-id: " + line, b"date: " + line, b"x-new: " + line],
        b"",
    )  # fmt: skip
    yield _answer(b"200 OK", [stream], events[:half].encode(), events[half:].encode())
    yield _answer(b"200 OK", [stream, b"Content-Encoding: gzip"], gzip.compress(events.encode()))
    yield _answer(
        b"200 OK", [plain, b"Content-Encoding: deflate"], zlib.compress(json.dumps(chunk).encode())
    )
    yield _answer(b"200 OK", [b"Content-Type: " + line], json.dumps(chunk).encode())
    yield _answer(b"200 OK", [plain], json.dumps(chunk).encode()[:-9])


def _answer(status: bytes, headers: list[bytes], *pieces_: bytes) -> Callable[[Peer], None]:
    def play(peer: Peer) -> None:
        head = [b"HTTP/1.1 " + status, *headers, b"Transfer-Encoding: chunked"]
        peer.send(b"\r\n".join([*head, b"", b""]))
        for piece in pieces_:
            if piece:
                peer.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        peer.send(b"0\r\n\r\n")

    return play


def spellings(secret: str) -> Iterator[str]:
    raw = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield raw.hex()
    yield json.dumps(secret)[1:-1]
    for offset in range(3):
        yield base64.b64encode(b"\0" * offset + raw).decode()[4:-4] or secret


def left_behind(home: Path, stdout: str) -> dict[str, str]:
    """Every file below the run's folder but our own keys, and what the run printed."""
    found = {"stdout": stdout}
    for folder, inner, names in os.walk(home):
        if "ca" in inner:
            inner.remove("ca")  # a certificate authority is a PEM file, as one canary is
        for name in names:
            path = Path(folder) / name
            found[str(path.relative_to(home))] = path.read_bytes().decode("latin-1")
    return found


def play_all(port: int, upstream: ScriptedUpstream, secrets: Mapping[str, str]) -> int:
    """Send every secret in every position through the proxy; how many requests that took."""
    count = 0
    for secret in secrets.values():
        answers = itertools.cycle(answers_with(secret))
        for target, headers, body in requests_with(secret):
            upstream.script = next(answers)
            lines = [
                b"POST " + target + b" HTTP/1.1",
                b"Host: 127.0.0.1:%d" % port,
                *headers,
                b"Content-Length: %d" % len(body),
                b"Connection: close",
            ]
            exchange_raw(port, b"\r\n".join([*lines, b"", body]))
            count += 1
    return count


def check(
    home: Path, printed: str, capture: Capture, count: int, secrets: Mapping[str, str]
) -> None:
    """Nothing lost, nothing thrown away, nothing left."""
    assert len(capture.exchanges) + len(capture.stubs) == count
    assert len(capture.stubs) <= count * 0.01, "safe records must not be thrown away"
    texts = left_behind(home, printed)
    forms: dict[int, dict[str, str]] = defaultdict(dict)
    for form, secret in secrets.items():
        for spelling in spellings(secret):
            for piece in pieces(spelling):
                forms[len(piece)][piece] = form
    for place, text in texts.items():
        for length, of_piece in forms.items():
            windows = (text[at : at + length] for at in range(len(text)))
            assert [of_piece[window] for window in windows if window in of_piece] == [], place


@pytest.mark.slow
def test_no_secret_is_left_by_run(tmp_path: Path) -> None:
    secrets = canaries(11)
    with (
        ScriptedUpstream(_answer(b"200 OK", [], b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        count = play_all(proxy.port, upstream, secrets)
        printed = json.dumps(proxy.stop())
        capture = proxy.capture()
    check(tmp_path, printed, capture, count, secrets)


@pytest.mark.slow
def test_no_secret_is_left_by_stock_mitmdump(tmp_path: Path) -> None:
    """Without -q: what mitmdump itself prints counts as well."""
    secrets = dict(list(canaries(12).items())[::3])
    output = tmp_path / "mitmdump.out"
    with (
        ScriptedUpstream(_answer(b"200 OK", [], b"{}")) as upstream,
        output.open("wb") as stream,
        stock_mitmdump(tmp_path, upstream.url, stdout=stream, stderr=stream) as port,
    ):
        count = play_all(port, upstream, secrets)
    (path,) = (tmp_path / "captures").glob("*.jsonl")
    check(tmp_path, "", read_capture(path), count, secrets)
