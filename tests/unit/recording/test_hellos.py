"""Both handshakes of a run: each kind once on disk, and ours as the server sees it."""

from dataclasses import replace
from typing import cast

import pytest
from mitmproxy import connection, tls
from mitmproxy.net import tls as net_tls
from OpenSSL import SSL

from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.hellos import MOST_KINDS, OwnHellos
from pawwork_proxy.recording.ongoing import UpstreamFacts
from pawwork_proxy.redaction.taint_gate import Hit, TaintGate
from pawwork_proxy.wire.client_hello import read_client_hello
from tests.unit.recording.runs import ARRIVAL, Run, identity, run
from tests.unit.wire.test_client_hello import BUN, block, made_hello

__all__ = ["identity", "run"]  # fixtures
DIGEST = "6a62f9e303546ccc"


def ended(run: Run) -> Capture:
    run.recorder.close("finished")
    return run.capture()


def test_each_kind_is_written_once_for_each_side(run: Run) -> None:
    digests = [run.recorder.hello("client", BUN), run.recorder.hello("client", BUN)]
    assert digests == [DIGEST, DIGEST]
    assert run.recorder.hello("proxy", BUN) == DIGEST
    client, ours = ended(run).hellos
    assert (client.by, ours.by) == ("client", "proxy")
    assert client.digest == ours.digest == DIGEST
    assert client.suites == (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F)
    assert client.alpn == ("http/1.1",)


def test_an_unknown_protocol_is_no_text_of_the_record(run: Run) -> None:
    offered = block(block(b"sk-a-very-secret-key", 1) + block(b"h2", 1), 2)
    run.recorder.hello("client", made_hello([0x1301], [(16, offered)]))
    (hello,) = ended(run).hellos
    assert hello.alpn == ("other", "h2")


def test_a_client_cannot_fill_the_capture_with_hellos(run: Run) -> None:
    for suite in range(MOST_KINDS + 5):
        digest = run.recorder.hello("client", made_hello([suite], []))
        assert (digest is None) == (suite >= MOST_KINDS)
    assert run.recorder.hello("proxy", BUN) == DIGEST
    assert len(ended(run).hellos) == MOST_KINDS + 1


def test_long_lists_are_cut_to_what_a_line_may_hold(run: Run) -> None:
    assert run.recorder.hello("client", made_hello(list(range(5000)), [])) is not None
    (hello,) = ended(run).hellos
    assert len(hello.suites) == 256


@pytest.mark.parametrize("raw", [b"", b"GET / HTTP/1.1", BUN[:40]])
def test_what_is_no_hello_leaves_no_line(run: Run, raw: bytes) -> None:
    assert run.recorder.hello("client", raw) is None
    assert ended(run).hellos == []


def test_a_hello_that_does_not_pass_the_gate_is_not_written(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TaintGate, "check", lambda *_: Hit("shared_text", "ja4"))
    assert run.recorder.hello("client", BUN) is None
    assert ended(run).hellos == []


def test_an_exchange_names_both_and_passes_the_gate_unlooked_at(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, ours = made_hello([1], []), made_hello([2], [])
    arrival = replace(ARRIVAL, client_hello=run.recorder.hello("client", client))
    facts = UpstreamFacts(hello=run.recorder.hello("proxy", ours))
    looked: list[object] = []

    def look(raw: object) -> bytes:
        looked.append(raw)
        return b""

    monkeypatch.setattr("pawwork_proxy.redaction.taint_gate._haystack", look)
    run.recorder.open(arrival).finish(Ending.COMPLETE, facts)
    capture = ended(run)
    (exchange,) = capture.exchanges
    assert [one.digest for one in capture.hellos] == [
        exchange.context.client_hello,
        exchange.context.upstream_hello,
    ]
    assert not looked


def connection_to(name: bytes | None, protocols: list[bytes]) -> tuple[tls.TlsData, bytes]:
    """A connection of ours as mitmproxy makes it, and the hello that it sends."""
    context = net_tls.create_proxy_server_context(
        method=net_tls.Method.TLS_CLIENT_METHOD,
        min_version=net_tls.Version.TLS1_2,
        max_version=net_tls.Version.UNBOUNDED,
        cipher_list=("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"),
        ecdh_curve=None,
        verify=net_tls.Verify.VERIFY_PEER,
        ca_path=None,
        ca_pemfile=None,
        client_cert=None,
        legacy_server_connect=False,
    )
    ours = SSL.Connection(context)
    if name is not None:
        ours.set_tlsext_host_name(name)
    if protocols:
        ours.set_alpn_protos(protocols)
    ours.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        ours.do_handshake()
    server = connection.Server(address=("opencode.ai", 443))
    server.sni = name.decode() if name else "127.0.0.1"
    server.alpn_offers = protocols
    return cast(tls.TlsData, FakeData(server, ours)), ours.bio_read(65535)


class FakeData:
    def __init__(self, conn: connection.Server, ssl_conn: SSL.Connection | None) -> None:
        self.conn = conn
        self.ssl_conn = ssl_conn


@pytest.mark.parametrize("name", [b"opencode.ai", None])
@pytest.mark.parametrize("protocols", [[b"http/1.1"], [b"h2", b"http/1.1"], []])
def test_our_hello_is_the_one_that_was_sent(name: bytes | None, protocols: list[bytes]) -> None:
    kept: list[bytes] = []

    def keep(raw: bytes) -> str:
        kept.append(raw)
        return "digest"

    hellos = OwnHellos(keep)
    data, sent = connection_to(name, protocols)
    server = cast(connection.Server, data.conn)
    assert hellos.digest_of(server) is None
    hellos.connected(data)
    hellos.connected(data)
    assert not kept
    assert [hellos.digest_of(server), hellos.digest_of(server)] == ["digest", "digest"]
    (again,) = kept
    assert read_client_hello(again) == read_client_hello(sent) is not None


def test_without_openssl_there_is_no_hello_of_ours() -> None:
    server = connection.Server(address=("opencode.ai", 443))
    hellos = OwnHellos(lambda _: "digest")
    hellos.connected(cast(tls.TlsData, FakeData(server, None)))
    assert hellos.digest_of(server) is None
