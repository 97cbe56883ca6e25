"""The forward route: what is decrypted, what is not, and whose certificates count."""

import ipaddress
import os
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.model.handshake import differences
from pawwork_proxy.model.signals import Ending
from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess
from tests.end_to_end.scripted_upstream import ScriptedUpstream, answer
from tests.end_to_end.stock_mitmdump import stock_mitmdump

NAME = "opencode.ai"


def certificate(folder: Path) -> Path:
    """A self-signed certificate for opencode.ai and 127.0.0.1, with its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "upstream.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def http2_upstream(folder: Path, pem: Path) -> Iterator[int]:
    """A TLS server that speaks HTTP/2 (hypercorn)."""
    app = folder / "upstream_app.py"
    app.write_text(
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http':\n"
        "        return\n"
        "    headers = [(b'content-type', b'application/json')]\n"
        "    start = {'type': 'http.response.start', 'status': 200, 'headers': headers}\n"
        "    await send(start)\n"
        '    body = b\'{"choices":[],"cost":"0"}\'\n'
        "    await send({'type': 'http.response.body', 'body': body})\n"
    )
    command = [sys.executable, "-m", "hypercorn", "upstream_app:app"]
    command += ["--certfile", str(pem), "--keyfile", str(pem)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        handed = listener.fileno()
        child = subprocess.Popen(
            [*command, "--bind", f"fd://{handed}"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[handed],
        )
        port = listener.getsockname()[1]
    try:
        yield port
    finally:
        child.terminate()
        child.wait(PATIENCE)


class Http2First(ssl.SSLContext):
    """Offers HTTP/2 before HTTP/1.1, as browsers do; httpx offers it last."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols, key=lambda name: name != "h2"))


def client(proxy: ProxyProcess, *, http2: bool = False, trust: Path | None = None) -> httpx.Client:
    context = Http2First(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(trust or proxy.ca_certificate))
    return httpx.Client(
        proxy=proxy.url, verify=context, http2=http2, trust_env=False, timeout=PATIENCE
    )


def test_opencode_is_decrypted_with_our_ca_and_recorded(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
        client(proxy) as http,
    ):
        assert http.get(f"https://{NAME}/zen/v1/models").status_code == 200
        exchange = proxy.wait_for_exchanges(1).exchanges[0]
        key = proxy.ca_certificate.with_name("mitmproxy-ca.pem")
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert exchange.context.route == "forward"
    assert f"Host: {NAME}".lower().encode() in upstream.received[0].head.lower()


@pytest.mark.parametrize("http2", [True, False])
def test_http2_on_either_side(tmp_path: Path, http2: bool) -> None:
    pem = certificate(tmp_path)
    with (
        http2_upstream(tmp_path, pem) as port,
        ProxyProcess(tmp_path, f"https://127.0.0.1:{port}", "--upstream-ca", str(pem)) as proxy,
        client(proxy, http2=http2) as http,
    ):
        got = http.post(f"https://{NAME}/zen/v1/chat/completions", json={"model": "big-pickle"})
        assert got.json() == {"choices": [], "cost": "0"}
        context = proxy.wait_for_exchanges(1).exchanges[0].context
    version = "HTTP/2.0" if http2 else "HTTP/1.1"
    assert context.client_http == version
    assert context.upstream_http == version
    assert context.upstream_tls == "TLSv1.3"
    capture = proxy.capture()
    client_hello, ours = capture.hellos
    assert (client_hello.by, ours.by) == ("client", "proxy")
    assert (context.client_hello, context.upstream_hello) == (client_hello.digest, ours.digest)
    assert client_hello.alpn == ours.alpn == (("h2", "http/1.1") if http2 else ("http/1.1",))
    assert list(differences(client_hello, ours))
    assert proxy.capture().damages == []


def test_a_bad_upstream_certificate_is_refused_and_said(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with (
        http2_upstream(tmp_path, pem) as port,
        ProxyProcess(tmp_path, f"https://127.0.0.1:{port}") as proxy,
        client(proxy) as http,
    ):
        # Whether a reset or a plain end reaches the client is a race of its kernel.
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            http.get(f"https://{NAME}/zen/v1/models")
        exchange = proxy.wait_for_exchanges(1).exchanges[0]
    assert exchange.signals.ending is Ending.UPSTREAM_TLS
    assert exchange.response is None


def test_a_client_that_distrusts_our_ca_leaves_a_note(tmp_path: Path) -> None:
    other = certificate(tmp_path)
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
        client(proxy, trust=other) as http,
    ):
        with pytest.raises(httpx.ConnectError):
            http.get(f"https://{NAME}/zen/v1/models")
        capture = proxy.wait_for(lambda capture: bool(capture.notes))
    assert [note.event for note in capture.notes] == ["client_distrusts_ca"]
    assert [hello.by for hello in capture.hellos] == ["client"]
    assert not upstream.received


def test_another_host_is_tunnelled_with_its_own_certificate(tmp_path: Path) -> None:
    """Nothing of it is decrypted: the client sees the certificate that the host itself has."""
    pem = certificate(tmp_path)
    with (
        http2_upstream(tmp_path, pem) as port,
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url) as proxy,
    ):
        with client(proxy, trust=pem) as http:
            assert http.get(f"https://127.0.0.1:{port}/").status_code == 200
        assert proxy.stop()["recorded"] == 0
        end = proxy.capture().end
    assert end is not None
    assert end.passed_by == 1
    assert not upstream.received


def test_a_chained_proxy_named_by_the_environment_is_used(tmp_path: Path) -> None:
    """The upstream is asked for at the chained proxy, by name, with its credentials."""
    with ScriptedUpstream(answer(b"{}")) as other_proxy:
        via = f"http://someone:word@127.0.0.1:{other_proxy.port}"
        with ProxyProcess(tmp_path, "http://zen.example", env={"HTTP_PROXY": via}) as proxy:
            with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
                assert http.get(f"{proxy.url}/zen/v1/models").status_code == 200
            exchange = proxy.wait_for_exchanges(1).exchanges[0]
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            assert not any(b"someone" in path.read_bytes() for path in files)
    lines = other_proxy.received[0].lines
    assert lines[0] == b"GET http://zen.example/zen/v1/models HTTP/1.1"
    assert any(line.lower().startswith(b"proxy-authorization: basic ") for line in lines)
    assert exchange.context.chained_proxy


def test_stock_mitmdump_records_the_same_capture(tmp_path: Path) -> None:
    expired = tmp_path / "captures" / "capture-20260101T000000Z-0a0a0a0a.jsonl"
    expired.parent.mkdir()
    expired.touch()
    os.utime(expired, (0, 0))
    options = ["-q", "--set", "pawwork_install=stock", "--set", "pawwork_network=here"]
    said = tmp_path / "said"
    with (
        ScriptedUpstream(answer(b'{"choices":[],"cost":"0"}')) as upstream,
        said.open("wb") as stderr,
        stock_mitmdump(tmp_path, upstream.url, *options, stderr=stderr) as port,
        httpx.Client(trust_env=False, timeout=PATIENCE) as http,
    ):
        body = {"model": "big-pickle", "messages": []}
        http.post(f"http://127.0.0.1:{port}/zen/v1/chat/completions", json=body)
    (path,) = (tmp_path / "captures").glob("*.jsonl")
    removed, written = said.read_text().splitlines()
    assert removed == "removed 1 captures older than 90 days (pawwork_keep_days)"
    assert written == f"capture: {path}"
    capture = read_capture(path)
    (exchange,) = capture.exchanges
    assert exchange.context.install == "stock"
    assert exchange.context.network == "here"
    assert exchange.request.model == "big-pickle"
    assert exchange.outcome.kind == "success"
    assert capture.header.simulated
    assert capture.end is not None
