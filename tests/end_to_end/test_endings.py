"""However an exchange ends, it ends as a record that says how, and on whose side."""

import socket
import subprocess
from pathlib import Path

import pytest

from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending
from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess, clean_environment
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream, answer, exchange_raw

EVENT = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'


def request(port: int, body: bytes = b'{"model":"big-pickle"}') -> bytes:
    head = f"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def start_stream(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    peer.send(b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(EVENT), EVENT))


def only(proxy: ProxyProcess) -> Exchange:
    return proxy.wait_for_exchanges(1).exchanges[0]


def exchange_raw_or_cut(port: int) -> bytes:
    """What a client gets until the connection ends, however it ends."""
    seen = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(request(port))
        try:
            while chunk := client.recv(65536):
                seen += chunk
        except OSError:
            pass
    return seen


def test_a_client_that_leaves_mid_stream_is_recorded_and_the_upstream_told(tmp_path: Path) -> None:
    def play(peer: Peer) -> None:
        start_stream(peer)
        peer.wait_for_hang_up()

    with ScriptedUpstream(play) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
            client.sendall(request(proxy.port))
            seen = b""
            while EVENT not in seen:
                seen += client.recv(65536)
        exchange = only(proxy)
        assert upstream.peers[0].hung_up.wait(PATIENCE), "the abort reached the upstream"
    assert exchange.signals.ending is Ending.CLIENT_LEFT_MIDSTREAM
    assert exchange.response is not None
    assert exchange.response.status == 200


def test_a_client_that_leaves_before_the_answer(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(Peer.wait_for_hang_up) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
            client.sendall(request(proxy.port))
            proxy.wait_for(lambda capture: bool(capture.interrupted))
        exchange = only(proxy)
    assert exchange.signals.ending is Ending.CLIENT_LEFT_BEFORE_ANSWER
    assert exchange.response is None


def test_an_upstream_that_cuts_a_stream(tmp_path: Path) -> None:
    def play(peer: Peer) -> None:
        start_stream(peer)
        peer.reset()

    with ScriptedUpstream(play) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        exchange_raw_or_cut(proxy.port)
        exchange = only(proxy)
    assert exchange.signals.ending is Ending.UPSTREAM_CUT
    assert exchange.outcome.kind == "transport_error"


def test_an_upstream_that_closes_without_an_answer(tmp_path: Path) -> None:
    with ScriptedUpstream(Peer.reset) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        assert exchange_raw_or_cut(proxy.port) == b""
        exchange = only(proxy)
    assert exchange.response is None
    assert exchange.signals.status is None
    assert exchange.signals.ending is Ending.UPSTREAM_RESET


def test_an_upstream_that_refuses(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and listens not
        port = nobody.getsockname()[1]
        with ProxyProcess(tmp_path, f"http://127.0.0.1:{port}") as proxy:
            assert exchange_raw_or_cut(proxy.port) == b""
            exchange = only(proxy)
    assert exchange.signals.ending is Ending.UPSTREAM_REFUSED
    assert exchange.outcome.kind == "transport_error"


def test_a_upstream_that_speaks_no_http(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(lambda peer: peer.send(b"SSH-2.0-OpenSSH_9\r\n\r\n")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        exchange_raw(proxy.port, request(proxy.port))
        exchange = only(proxy)
    assert exchange.response is None
    assert exchange.signals.ending is Ending.UPSTREAM_PROTOCOL


def test_a_client_that_leaves_after_the_end_has_missed_nothing(tmp_path: Path) -> None:
    last = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

    def play(peer: Peer) -> None:
        start_stream(peer)
        peer.send(b"%x\r\n%s\r\n" % (len(last), last))
        peer.wait_for_hang_up()

    with ScriptedUpstream(play) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
            client.sendall(request(proxy.port))
            seen = b""
            while b"[DONE]" not in seen:
                seen += client.recv(65536)
        exchange = only(proxy)
    assert exchange.signals.ending is Ending.CLIENT_LEFT_AFTER_BODY
    assert exchange.outcome.kind == "success"


def test_what_is_open_when_the_run_is_stopped_is_recorded_with_all_that_is_known(
    tmp_path: Path,
) -> None:
    def play(peer: Peer) -> None:
        start_stream(peer)
        peer.wait_for_hang_up()

    with ScriptedUpstream(play) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
            client.sendall(request(proxy.port))
            seen = b""
            while EVENT not in seen:
                seen += client.recv(65536)
            proxy.stop()
        capture = proxy.capture()
    (exchange,) = capture.exchanges
    assert not capture.interrupted
    assert exchange.signals.ending in (Ending.INTERRUPTED, Ending.CLIENT_LEFT_MIDSTREAM)
    assert exchange.response is not None
    assert exchange.request.model == "big-pickle"


def test_trailers_of_a_request_cost_nothing_but_themselves(tmp_path: Path) -> None:
    """mitmproxy gives up on trailers of an HTTP/1 request, without telling anybody."""
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        head = f"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n"
        chunked = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
        assert exchange_raw(proxy.port, chunked + b"X-Trailer: 1\r\n\r\n") is not None
        exchange = only(proxy)
    assert exchange.signals.ending is Ending.COMPLETE


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\0\x01",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"GET\r\n\r\n",
        b"\0" * 5000,
        b"\xff\xfe",
    ],
)
def test_noise_on_the_port_harms_nobody(tmp_path: Path, noise: bytes) -> None:
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
            client.sendall(noise)
        assert exchange_raw(proxy.port, request(proxy.port)) is not None
        assert only(proxy).response is not None


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b'{"model": "big-pi', "malformed"),
        (b'{"model":"\xff\xfe"}', "invalid_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b"", "empty"),
        (b"[1]", "not_an_object"),
    ],
)
def test_bodies_that_are_no_request_leave_a_safe_record(
    tmp_path: Path, body: bytes, state: str
) -> None:
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        exchange_raw(proxy.port, request(proxy.port, body))
        assert upstream.received[0].body == body
        assert only(proxy).request.body.state == state


def test_a_header_bomb_is_bounded_in_the_record(tmp_path: Path) -> None:
    bomb = b"".join(b"x-bomb-%d: %s\r\n" % (number, b"y" * 100) for number in range(3000))
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        head = b"GET /zen/v1/models HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % proxy.port
        exchange_raw(proxy.port, head + bomb + b"\r\n")
        exchange = only(proxy)
    assert exchange.request.headers_cut > 2900
    assert len(exchange.model_dump_json()) < 40_000


def test_a_killed_run_keeps_every_exchange_and_names_the_open_one(tmp_path: Path) -> None:
    def play(peer: Peer) -> None:
        if b"last" in peer.request.body:
            peer.wait_for_hang_up()
        answer(b"{}")(peer)

    with ScriptedUpstream(play) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        for _ in range(3):
            exchange_raw(proxy.port, request(proxy.port))
        proxy.wait_for_exchanges(3)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
            client.sendall(request(proxy.port, b"last"))
            proxy.wait_for(lambda capture: bool(capture.interrupted))
            proxy.kill()
        capture = proxy.capture()
    assert [one.seq for one in capture.exchanges] == [1, 2, 3]
    assert [one.seq for one in capture.interrupted] == [4]
    assert capture.end is None


def test_pages_and_foreign_hosts_are_refused_here(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        own = b"Host: 127.0.0.1:%d" % proxy.port
        for headers, status in (
            ([b"Host: evil.example"], b" 421 "),
            ([b"Host: evil.example:%d" % proxy.port], b" 421 "),
            ([own, b"Origin: https://evil.example"], b" 403 "),
            ([own, b"Sec-Fetch-Site: cross-site"], b" 403 "),
        ):
            lines = [b"GET /zen/v1/models HTTP/1.1", *headers, b"", b""]
            received = exchange_raw(proxy.port, b"\r\n".join(lines))
            assert received is not None
            assert status in received.lines[0]
        assert not upstream.received
        assert proxy.stop()["recorded"] == 0


def test_the_listener_is_bound_to_loopback_only(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        for address in local_addresses() - {"127.0.0.1"}:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, proxy.port), timeout=PATIENCE).close()


def local_addresses() -> set[str]:
    import psutil

    return {
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET
    }


def test_a_folder_that_vanishes_comes_back_and_traffic_goes_on(tmp_path: Path) -> None:
    import shutil

    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        exchange_raw(proxy.port, request(proxy.port))
        proxy.wait_for_exchanges(1)
        shutil.rmtree(proxy.capture_path.parent)
        assert exchange_raw(proxy.port, request(proxy.port)) is not None
        assert len(proxy.wait_for_exchanges(2).exchanges) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--install", "a@x"], "not a number"),
        (["--captures", "/proc/nowhere"], "cannot write a capture"),
        (["--upstream", "nonsense"], "--upstream must be"),
        (["--no-such-option"], "No such option"),
        (["--via", "socks5://h:1"], "no HTTP proxy"),
        (["--network", "two words"], "--network must be"),
    ],
)
def test_bad_usage_is_a_message_with_exit_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    from tests.end_to_end.proxy_process import cli

    done = subprocess.run(
        cli("run", "--install", "b@0", *arguments)
        if "--install" not in arguments
        else cli("run", *arguments),
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
