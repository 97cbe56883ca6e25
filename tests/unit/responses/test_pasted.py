"""HAR files and stated transports: what is damaged is skipped."""

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.responses.reported import Paste, ending_of, har_entries, read_reported

BODY = b'{"error":{"type":"server_error"}}'


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def entry(url: str, response: object) -> dict[str, object]:
    return {"request": {"url": url}, "response": response}


def test_a_har_gives_the_exchanges_with_zen() -> None:
    pastes = har_entries(
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
    pastes = har_entries(
        har(entry("http://127.0.0.1/", odd), {"response": {"content": {}}}, {"request": 1})
    )
    assert [(paste.status, paste.body) for paste in pastes or ()] == [(None, b""), (None, b"")]


@pytest.mark.parametrize(
    "text", [b'{"entries":1}', b'{"log":{"entries":{}}}', b'{"log":1,"entries"']
)
def test_json_that_is_no_har_has_no_entries(text: bytes) -> None:
    assert har_entries(text) is None


@given(st.binary())
def test_nothing_raises(text: bytes) -> None:
    for start in (b"", b'{"log":{"entries":['):
        har_entries(start + text)


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
