"""What passes through the proxy equals what would have passed without it, byte for byte."""

import socket
from pathlib import Path

import pytest

from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess
from tests.end_to_end.scripted_upstream import (
    Peer,
    Received,
    ScriptedUpstream,
    answer,
    exchange_raw,
    read_message,
)

BODY = '{"model":"big-pickle","messages":[{"role":"user","content":"Grüße"}]}'.encode()
REQUEST_HEADERS = [
    b"Authorization: Bearer public",
    b"Content-Type: application/json",
    b"User-Agent: opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14",
    b"x-opencode-client: cli",
    b"X-Odd-CASE: odd value",
    b"x-repeated: one",
    b"X-Repeated: two",
    b"Connection: keep-alive",
    b"Accept: */*",
    b"Host: %s",
    b"Accept-Encoding: gzip, deflate, br, zstd",
]
ANSWER_HEADERS = [
    b"Content-Type: application/json",
    b"x-LOWER-and-Upper: a",
    b"Set-Cookie: a=1",
    b"set-cookie: b=2",
    b"cf-ray: 8f00aa11bb22cc33-FRA",
    b"Connection: keep-alive",
]


def request(host: str, body: bytes = BODY, target: bytes = b"/zen/v1/chat/completions") -> bytes:
    lines = [b"POST " + target + b" HTTP/1.1", *REQUEST_HEADERS, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body]).replace(b"%s", host.encode())


def differences(direct: Received, through: Received) -> list[tuple[bytes, bytes]]:
    assert len(direct.lines) == len(through.lines)
    assert through.body == direct.body
    pairs = zip(direct.lines, through.lines, strict=True)
    return [(one, other) for one, other in pairs if one != other]


def test_requests_and_answers_differ_in_host_only(tmp_path: Path) -> None:
    with ScriptedUpstream(answer(b'{"cost":"0"}', *ANSWER_HEADERS)) as upstream:
        direct_answer = exchange_raw(upstream.port, request(f"127.0.0.1:{upstream.port}"))
        with ProxyProcess(tmp_path, upstream.url) as proxy:
            # The client names the proxy in Host; what arrives must name the upstream.
            through_answer = exchange_raw(proxy.port, request(f"127.0.0.1:{proxy.port}"))
        direct, through = upstream.received
    assert differences(direct, through) == [], "Host is rewritten to the upstream's own"
    assert direct_answer is not None
    assert through_answer is not None
    assert differences(direct_answer, through_answer) == []


def test_the_one_other_difference_is_space_that_is_no_part_of_a_value(tmp_path: Path) -> None:
    """RFC 9110, section 5.5: a value has no leading or trailing white space."""
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        head = b"GET /zen/v1/models HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % proxy.port
        exchange_raw(proxy.port, head + b"X-Spaced:   a  b \t\r\n\r\n")
        assert b"X-Spaced: a  b" in upstream.received[0].lines


def test_odd_targets_pass_unchanged(tmp_path: Path) -> None:
    target = b"/zen/v1/models/gemini%2D3:streamGenerateContent?alt=sse&x=%20y&&z"
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        exchange_raw(proxy.port, request(f"127.0.0.1:{proxy.port}", target=target))
        assert upstream.received[0].lines[0] == b"POST " + target + b" HTTP/1.1"


@pytest.mark.parametrize("encoding", [b"gzip", b"br"])
def test_an_encoded_body_passes_as_it_is_even_when_it_is_none(
    tmp_path: Path, encoding: bytes
) -> None:
    broken = b"\x1f\x8b\x08\0 not compressed at all"
    script = answer(broken, b"Content-Type: application/json", b"Content-Encoding: " + encoding)
    with ScriptedUpstream(script) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        received = exchange_raw(proxy.port, request(f"127.0.0.1:{proxy.port}"))
        assert received is not None
        assert received.body == broken
        capture = proxy.wait_for_exchanges(1)
    assert capture.exchanges[0].signals.decoding_failed


def test_chunks_reach_the_client_as_they_are_sent_and_not_later(tmp_path: Path) -> None:
    """The upstream sends its second event only after the client has said it has the first."""
    events = [b'data: {"n":1}\n\n', b'data: {"n":2}\n\n']

    def play(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        peer.send(b"Transfer-Encoding: chunked\r\n\r\n")
        peer.send(b"%x\r\n%s\r\n" % (len(events[0]), events[0]))
        assert client_has_first.recv(1) == b"1"
        peer.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(events[1]), events[1]))

    client_has_first, tell = socket.socketpair()
    with (
        client_has_first,
        tell,
        ScriptedUpstream(play) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client,
    ):
        client.sendall(request(f"127.0.0.1:{proxy.port}"))
        seen = b""
        while events[0] not in seen:
            seen += client.recv(65536)
        assert events[1] not in seen
        tell.send(b"1")
        while events[1] not in seen:
            seen += client.recv(65536)
        context = proxy.wait_for_exchanges(1).exchanges[0].context
    assert events[1] in seen
    assert context.client is not None, "the program behind the connection is this one"
    assert context.client.name == "python"


def test_a_large_body_passes_and_leaves_a_safe_record(tmp_path: Path) -> None:
    body = b'{"messages":"' + b"x" * 50_000_000 + b'"}'
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        exchange_raw(proxy.port, request(f"127.0.0.1:{proxy.port}", body))
        assert upstream.received[0].body == body
        facts = proxy.wait_for_exchanges(1).exchanges[0].request.body
    assert facts.state == "too_large"
    assert facts.wire_bytes == len(body)


def test_a_plain_proxy_request_to_another_host_passes_unrecorded(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(answer(b"other", *ANSWER_HEADERS)) as other,
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client,
    ):
        host = f"127.0.0.1:{other.port}"
        client.sendall(f"GET http://{host}/x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        received = read_message(client)
        assert received is not None
        assert received.body == b"other"
        assert proxy.stop()["recorded"] == 0
        assert not proxy.capture().exchanges
        end = proxy.capture().end
    assert end is not None
    assert end.passed_by == 1
    assert not upstream.received
