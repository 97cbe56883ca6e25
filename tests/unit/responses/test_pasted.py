"""Pastes: bodies, transcripts with several header blocks, HAR files; damage is skipped."""

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.responses.reported import Paste, ending_of, read_reported, responses_in

BODY = b'{"error":{"type":"server_error"}}'


def test_a_body_is_a_body() -> None:
    assert responses_in(BODY) == [Paste(BODY)]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_the_last_header_block_counts(newline: bytes) -> None:
    text = newline.join(
        [
            b"HTTP/1.1 200 Connection established", b"Via: 1.1 proxy", b"",
            b"HTTP/1.1 100 Continue", b"",
            b"HTTP/2 429 ", b"Date: Mon, 23 Nov 2026 10:02:58 GMT", b"retry-after: 9", b"odd", b"",
            BODY,
        ]
    )  # fmt: skip
    (paste,) = responses_in(text)
    assert (paste.status, paste.body) == (429, BODY)
    assert paste.headers == {"date": "Mon, 23 Nov 2026 10:02:58 GMT", "retry-after": "9"}


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        (b"HTTP/1.1 503 Busy\r\n\r\nbusy", 503, b"busy"),
        (b"HTTP/2 204\nserver: x\n", 204, b""),
        (b"HTTP/2 204\nserver: x", 204, b""),
    ],
)
def test_short_transcripts(text: bytes, status: int, body: bytes) -> None:
    (paste,) = responses_in(text)
    assert (paste.status, paste.body) == (status, body)


def test_verbose_curl_is_unprefixed() -> None:
    text = (
        b"*   Trying 192.0.2.1:443...\n> GET / HTTP/2\n> Host: x\n>\n< HTTP/2 429 \n"
        b"< retry-after: 5\n< \n{ [33 bytes data]\n" + BODY + b"\n* Connection left intact\n"
    )
    (paste,) = responses_in(text)
    assert (paste.status, paste.headers, paste.body.strip()) == (429, {"retry-after": "5"}, BODY)


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def entry(url: str, response: object) -> dict[str, object]:
    return {"request": {"url": url}, "response": response}


def test_a_har_gives_the_exchanges_with_zen() -> None:
    pastes = responses_in(
        har(
            entry("https://example.invalid/", {"status": 200}),
            entry(
                "https://opencode.ai/zen/v1/models",
                {
                    "status": 429,
                    "headers": [{"name": "Retry-After", "value": "7"}, "odd"],
                    "content": {"text": BODY.decode()},
                },
            ),
            "odd",
            entry(
                "https://opencode.ai/x",
                {
                    "status": 500,
                    "content": {"text": base64.b64encode(BODY).decode(), "encoding": "base64"},
                },
            ),
            entry("https://opencode.ai/y", {"status": 0, "_error": "net::ERR_CONNECTION_RESET"}),
            entry("https://opencode.ai/z", None),
        )
    )
    assert pastes == [
        Paste(BODY, 429, {"retry-after": "7"}, label="entry 2"),
        Paste(BODY, 500, {}, label="entry 4"),
        Paste(b"net::ERR_CONNECTION_RESET", None, {}, label="entry 5"),
    ]


def test_a_har_of_other_hosts_is_read_too() -> None:
    odd = {"status": "x", "headers": None, "content": {"text": "€", "encoding": "base64"}}
    pastes = responses_in(
        har(entry("http://127.0.0.1/", odd), {"response": {"content": {}}}, {"request": 1})
    )
    assert [(paste.status, paste.body) for paste in pastes] == [(None, b""), (None, b"")]


@pytest.mark.parametrize(
    "text", [b'{"entries":1}', b'{"log":{"entries":{}}}', b'{"log":1,"entries"']
)
def test_json_that_is_no_har_is_a_body(text: bytes) -> None:
    assert responses_in(text) == [Paste(text)]


@given(st.binary())
def test_nothing_raises(text: bytes) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\n", b'{"log":{"entries":[', b"< HTTP/2 200\n< a: b\n"):
        responses_in(start + text)


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        (None, Ending.UNSTATED),
        ("", Ending.UNSTATED),
        ("connect_refused", Ending.UPSTREAM_REFUSED),
        (" TLS ", Ending.UPSTREAM_TLS),
        ("truncated_stream", Ending.UPSTREAM_CUT),
        ("client_left_midstream", Ending.CLIENT_LEFT_MIDSTREAM),
        ("gremlins", Ending.UPSTREAM_RESET),
    ],
)
def test_stated_transports(word: str | None, ending: Ending) -> None:
    assert ending_of(word) is ending


def test_a_stated_encoding_counts_only_when_the_body_still_has_it() -> None:
    headers = {"Content-Encoding": "gzip"}
    for body in (BODY, gzip.compress(BODY)):
        signals = read_reported(body, status=500, headers=headers).signals
        assert signals.errors[0].type == "server_error"
