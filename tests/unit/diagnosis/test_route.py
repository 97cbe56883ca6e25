"""What is asked along the route, against small servers of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from pawwork_proxy.diagnosis.route import chained_answer, passage_through, presence_on
from pawwork_proxy.diagnosis.situation import Chained, Passage

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@contextmanager
def server(said: bytes) -> Iterator[int]:
    """The port of a server that says this to the first who asks, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("body", "answer", "decrypts"),
    [
        (b'{"program": "pawwork-proxy", "version": "0.1.0", "decrypts": true}', "ours", True),
        (b'{"program": "pawwork-proxy", "version": "0.1.0", "decrypts": false}', "ours", False),
        (b'{"program": "another"}', "other", False),
        (b"[]", "other", False),
        (b"<html>", "other", False),
        (b"", "other", False),
    ],
)
def test_only_our_listeners_answer_so(body: bytes, answer: str, decrypts: bool) -> None:
    with server(b"HTTP/1.1 200 OK\r\n\r\n" + body) as port:
        assert presence_on(port) == (answer, decrypts)


def test_what_speaks_no_http_is_another_program() -> None:
    with server(b"SSH-2.0-x\r\n") as port:
        assert presence_on(port).answer == "other"


@pytest.mark.parametrize("ahead", [0, 600, -600])
def test_the_clock_is_held_against_the_servers(ahead: int) -> None:
    now = NOON + timedelta(seconds=ahead)
    date = b"Date: Sat, 28 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with server(b"HTTP/1.1 200 OK\r\n" + date) as port:
        assert passage_through(port, lambda: now) == Passage(port, 200, ahead)


@pytest.mark.parametrize(
    "date", [b"", b"Date: yesterday\r\n", b"Date: Sat, 28 Nov 2026 12:00:00\r\n"]
)
def test_without_a_date_nothing_is_said_of_the_clock(date: bytes) -> None:
    with server(b"HTTP/1.1 404 Not Found\r\n" + date + b"Content-Length: 0\r\n\r\n") as port:
        found = passage_through(port)
    assert (found.status, found.clock_ahead_s, found.failed) == (404, None, True)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"]
)
def test_a_request_that_is_broken_off_has_no_status(said: bytes) -> None:
    """Also in the middle of the list: it is read to its end, so that our record is whole."""
    with server(said) as port:
        assert passage_through(port) == Passage(port)


@pytest.mark.parametrize(
    ("scheme", "said", "answer"),
    [
        ("http", b"HTTP/1.1 200 Connection established\r\n\r\n", "up"),
        ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants_password"),
        ("http", b"HTTP/1.1 403 Forbidden\r\n\r\n", "refuses"),
        ("http", b"", "refuses"),
        ("https", b"", "up"),
    ],
)
def test_the_proxy_behind_ours_is_asked_for_a_tunnel(scheme: str, said: bytes, answer: str) -> None:
    with server(said) as port:
        address = f"{scheme}://127.0.0.1:{port}"
        assert chained_answer(address, "opencode.ai:443") == Chained(address, answer)  # type: ignore[arg-type]


def test_a_proxy_that_is_not_there_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert chained_answer(f"http://127.0.0.1:{port}", "opencode.ai:443").answer == "down"
