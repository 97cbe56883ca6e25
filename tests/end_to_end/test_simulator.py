"""The simulator over real sockets: what is on the wire, what it saw, and its command."""

import asyncio
import gzip
import hashlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.simulator.faults import FAULTS, Fault
from pawwork_proxy.simulator.plan import Shape
from pawwork_proxy.simulator.presets import preset
from pawwork_proxy.simulator.scenario import FreeLimit, Scenario
from pawwork_proxy.simulator.server import Simulator
from pawwork_proxy.simulator.state import Seen
from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli

CHAT = "/zen/v1/chat/completions"
ASK = {"model": "big-pickle", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
NOON = datetime(2026, 9, 1, 12, 0, 0, tzinfo=UTC)
HALF_A_DAY_S = 43_200


@dataclass
class Wire:
    """An answer as raw bytes, and how the connection ended."""

    head: bytes
    body: bytes
    reset: bool

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    @property
    def chunked_to_the_end(self) -> bool:
        return self.body.endswith(b"0\r\n\r\n")


def request_bytes(body: dict[str, Any], *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = [
        f"POST {CHAT} HTTP/1.1",
        "Host: opencode.ai",
        "Connection: close",
        *headers,
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content


async def raw(port: int, request: bytes) -> Wire:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    received, reset = b"", False
    try:
        async with asyncio.timeout(PATIENCE):
            while part := await reader.read(65536):
                received += part
    except ConnectionResetError:
        reset = True
    writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    return Wire(head, body, reset)


@asynccontextmanager
async def served(
    scenario: Scenario | None = None, **options: Any
) -> AsyncIterator[tuple[Simulator, httpx.AsyncClient]]:
    """A simulator at whose noon no day ends, whenever the tests run."""
    async with (
        Simulator(scenario, start=NOON, **options) as simulator,
        httpx.AsyncClient(base_url=simulator.url, trust_env=False, timeout=PATIENCE) as client,
    ):
        yield simulator, client


async def test_requests_are_seen_as_they_were_sent() -> None:
    request = request_bytes(ASK, "X-b: caf\xe9", "x-B: two", "USER-agent: opencode/1.18.33")
    async with served() as (simulator, _):
        answer = await raw(simulator.port, request)
    seen = simulator.seen[0]
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    assert [name + b": " + value for name, value in seen.headers] == lines
    body = request.partition(b"\r\n\r\n")[2]
    assert (seen.body_length, seen.body_sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert (seen.target, seen.kind, seen.status, seen.ending) == (CHAT, "admitted", 200, "complete")
    assert answer.chunked_to_the_end


@pytest.mark.parametrize(
    ("path", "model", "last"),
    [
        (CHAT, "big-pickle", b"data: [DONE]\n\n"),
        ("/zen/v1/messages", "qwen3.6-plus-free", b'{"type":"ping","cost":"0"}\n\n'),
        ("/zen/v1/responses", "gpt-5.2-codex", b'{"type":"ping","cost":"0"}\n\n'),
        ("/zen/go/v1/chat/completions", "glm-5.2", b"data: [DONE]\n\n"),
        (
            "/zen/v1/models/gemini-3-flash:streamGenerateContent?alt=sse",
            "gemini-3-flash",
            b'"responseId":"gen00000001"}\n\n',
        ),
    ],
)
async def test_each_protocol_streams_to_its_end(path: str, model: str, last: bytes) -> None:
    async with served() as (_, client):
        answer = await client.post(
            path,
            json={"model": model, "stream": True},
            headers={"authorization": "Bearer sk-made-up"},
        )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.content.endswith(last)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_codings_are_flushed_at_each_event(coding: str) -> None:
    """The first event can be decoded while the stream is still held back."""
    stall = Scenario(faults=(Fault(kind="stall", after=2),))
    async with (
        served(stall) as (_, client),
        client.stream("POST", CHAT, json=ASK, headers={"accept-encoding": coding}) as answer,
    ):
        assert answer.headers["content-encoding"] == coding
        text = ""
        async for part in answer.aiter_text():
            text += part
            if text.count("\n\n") == 2:
                break
    assert '"Hello"' in text


async def test_an_answer_looks_as_from_the_edge() -> None:
    async with served() as (_, client):
        answer = await client.post(CHAT, json=ASK)
    assert answer.headers["server"] == "cloudflare"
    assert answer.headers["cf-ray"].endswith("-SIM")
    passed = parsedate_to_datetime(answer.headers["date"]) - NOON
    assert 0 <= passed.total_seconds() < PATIENCE


async def test_the_quota_is_refused_until_midnight_and_then_admitted() -> None:
    async with served(preset("small")) as (simulator, client):
        statuses = [(await client.post(CHAT, json=ASK)).status_code for _ in range(6)]
        refused = await client.post(CHAT, json={**ASK, "stream": False})
        await client.post("/_simulator/clock", json={"now": "2026-09-02T00:00:01Z"})
        after = await client.post(CHAT, json=ASK)
    assert statuses == [200] * 5 + [429]
    assert refused.json()["error"]["type"] == "FreeUsageLimitError"
    assert refused.headers["content-type"] == "text/plain;charset=UTF-8"
    assert HALF_A_DAY_S - PATIENCE < int(refused.headers["retry-after"]) <= HALF_A_DAY_S
    assert after.status_code == 200
    assert [one.pool_used for one in simulator.seen.calls()] == [0, 1, 2, 3, 4, 5, 5, 0]


async def test_networks_and_peer_addresses_are_different_pools() -> None:
    async with served(preset("small"), networks=("203.0.113.7", "2001:db8:1:2::5")) as (
        simulator,
        client,
    ):
        for url in simulator.urls:
            statuses = [
                (await client.post(url + CHAT, json=ASK, headers={"x-real-ip": "192.0.2.1"}))
                for _ in range(6)
            ]
            assert [one.status_code for one in statuses] == [200] * 5 + [429]
        trace = await client.get(simulator.urls[1] + "/cdn-cgi/trace")
    assert "ip=203.0.113.7\n" in trace.text
    addresses = {one.address for one in simulator.seen}
    assert addresses == {"127.0.0.1", "203.0.113.7", "2001:db8:1:2::5"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
async def test_loopback_peers_are_mapped_to_public_addresses() -> None:
    async with Simulator(addresses={"127.0.0.2": "198.51.100.2"}) as simulator:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", simulator.port, local_addr=("127.0.0.2", 0)
        )
        writer.write(b"GET /cdn-cgi/trace HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"ip=198.51.100.2\n" in await reader.read()
        writer.close()


async def test_listings_usage_and_the_site() -> None:
    async with served() as (simulator, client):
        models = await client.get("/zen/v1/models")
        unauthorised = await client.get("/zen/go/v1/usage")
        usage = await client.get("/zen/go/v1/usage", headers={"authorization": "Bearer sk-made-up"})
        site = await client.get("/zen/v1/nothing")
        catalogue = await client.get("/_simulator/api.json")
    assert models.json()["object"] == "list"
    assert (unauthorised.status_code, unauthorised.json()["error"]["type"]) == (401, "AuthError")
    assert usage.json()["usage"]["monthly"]["status"] == "ok"
    assert (site.status_code, site.headers["content-type"][:9]) == (404, "text/html")
    assert catalogue.json()["opencode"]["api"] == f"{simulator.url}/zen/v1"
    assert [one.route for one in simulator.seen] == ["listing", "usage", "usage", "site"]


async def test_the_catalogue_stays_on_the_host_that_was_asked() -> None:
    async with served(preset("v7")) as (_, client):
        asked = await client.get("/_simulator/api.json", headers={"host": "opencode.ai"})
    assert asked.json()["opencode"]["api"] == "http://opencode.ai/inference/openai/v1"


async def test_the_address_without_a_key_is_closed_and_the_new_one_is_served() -> None:
    rules = preset("v7").model_copy(update={"client_gate": None})
    keyed = {"authorization": "Bearer sk-made-up"}
    async with served(rules) as (simulator, client):
        for path, headers in (
            (CHAT, {}),
            (CHAT, keyed),
            ("/inference/openai/v1/chat/completions", {}),
            ("/inference/go/openai/v1/chat/completions", keyed),
        ):
            await client.post(path, json=ASK, headers=headers)
        listing = await client.get("/zen/v1/models")
    assert listing.status_code == 200
    assert [one.status for one in simulator.seen] == [403, 200, 200, 200, 200]
    assert [one.kind for one in simulator.seen][:2] == ["client_gate", "admitted"]


async def test_a_body_that_is_no_json_is_an_internal_error_and_is_not_counted() -> None:
    async with served(preset("small")) as (simulator, client):
        answer = await client.post(CHAT, content=b"\xff{")
        assert (answer.status_code, answer.json()["error"]["type"]) == (500, "error")
        await client.post(CHAT, json=ASK)
    assert [one.pool_used for one in simulator.seen] == [None, 0]


def faulty(kind: str, **fields: Any) -> Scenario:
    return Scenario(faults=(Fault(kind=kind, **fields),))


WHOLE = [
    row.kind for row in FAULTS.values() if row.stage in ("edge", "provider") and row.kind != "reset"
]


@pytest.mark.parametrize("kind", WHOLE)
async def test_whole_faults_are_well_formed_answers(kind: str) -> None:
    wanted = next(row.status for row in FAULTS.values() if row.kind == kind)
    async with served(faulty(kind, size=2_000_000)) as (simulator, client):
        answer = await client.post(CHAT, json=ASK)
    assert answer.status_code == wanted
    seen = simulator.seen[0]
    assert (seen.kind, seen.status, seen.ending) == (kind, wanted, "complete")


async def test_reset_comes_before_any_byte() -> None:
    async with served(faulty("reset")) as (simulator, _):
        answer = await raw(simulator.port, request_bytes(ASK))
    assert (answer.head, answer.reset) == (b"", True)
    assert (simulator.seen[0].status, simulator.seen[0].ending) == (None, "fault")


async def test_a_cut_stream_lacks_its_last_chunk() -> None:
    async with served(faulty("cut", after=2)) as (simulator, _):
        answer = await raw(simulator.port, request_bytes(ASK))
    assert answer.status == 200
    assert not answer.chunked_to_the_end
    assert answer.body.count(b"data: ") == 3
    assert simulator.seen[0].ending == "fault"


async def test_a_truncated_coding_has_whole_framing() -> None:
    async with served(faulty("truncated_encoding")) as (simulator, _):
        answer = await raw(
            simulator.port, request_bytes({**ASK, "stream": False}, "Accept-Encoding: gzip")
        )
    assert b"Content-Encoding: gzip" in answer.head
    assert answer.chunked_to_the_end
    coded = answer.body.partition(b"\r\n")[2].rpartition(b"\r\n0\r\n")[0]
    with pytest.raises(EOFError):
        gzip.decompress(coded)
    assert zlib.decompressobj(31).decompress(coded)


async def test_a_stream_may_end_without_trailer() -> None:
    async with served(faulty("no_end")) as (simulator, _):
        answer = await raw(simulator.port, request_bytes(ASK))
    assert answer.chunked_to_the_end
    assert b"[DONE]" not in answer.body


async def test_an_error_hides_in_a_200_stream() -> None:
    async with served(faulty("error_event", after=1, error="free_limit")) as (_, client):
        answer = await client.post(CHAT, json=ASK)
    assert answer.status_code == 200
    assert "event: error\n" in answer.text
    assert "FreeUsageLimitError" in answer.text


async def test_pauses_are_kept() -> None:
    loop = asyncio.get_running_loop()
    async with served(shape=Shape(text_events=4, event_interval_s=0.02)) as (_, client):
        began = loop.time()
        await client.post(CHAT, json=ASK)
    assert loop.time() - began >= 0.02 * 8
    async with served(faulty("slow_first_byte", seconds=0.1)) as (_, client):
        began = loop.time()
        await client.post(CHAT, json=ASK)
    assert loop.time() - began >= 0.1


@pytest.mark.parametrize(("counted", "status"), [(True, 429), (False, 200)])
async def test_a_client_that_leaves_is_noticed_and_counts_by_rule(
    counted: bool, status: int
) -> None:
    free = FreeLimit(limit=1, double_new=False, count_aborted=counted)
    scenario = Scenario(free=free, faults=(Fault(kind="stall", at=(1,)),))
    over: asyncio.Queue[Seen] = asyncio.Queue()
    async with served(scenario, on_response=over.put_nowait) as (_, client):
        async with client.stream("POST", CHAT, json=ASK) as answer:
            async for _ in answer.aiter_raw():
                break
        left = await asyncio.wait_for(over.get(), PATIENCE)
        assert (left.status, left.ending) == (200, "client_left")
        assert (await client.post(CHAT, json=ASK)).status_code == status


async def test_stopping_does_not_wait_for_a_stalled_stream() -> None:
    async with asyncio.timeout(PATIENCE):
        async with served(faulty("stall")) as (simulator, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
            writer.write(request_bytes(ASK))
            await reader.readuntil(b'"Hello"')
        writer.close()


async def test_a_scenario_can_be_replaced_while_it_runs() -> None:
    async with served(preset("exhausted")) as (_, client):
        assert (await client.post(CHAT, json=ASK)).status_code == 429
        replaced = await client.put("/_simulator/scenario", json={"base": "fault-bad-gateway"})
        assert replaced.json() == {"name": "fault-bad-gateway"}
        assert (await client.post(CHAT, json=ASK)).status_code == 502
        bad = await client.put("/_simulator/scenario", json={"free": {"limit": "x"}})
        assert (bad.status_code, "free.limit" in bad.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"now": "2026-09-01T12:00:00"}', 200),
        (b'{"advance_s": 60}', 200),
        (b'{"now": "soon"}', 400),
        (b'{"advance_s": "x"}', 400),
        (b'{"advance_s": 1e300}', 400),
        (b"{}", 400),
        (b"not json", 400),
    ],
)
async def test_the_clock_endpoint_refuses_nonsense(body: bytes, status: int) -> None:
    async with served() as (_, client):
        answer = await client.post("/_simulator/clock", content=body)
        assert answer.status_code == status
        now = (await client.get("/_simulator/clock")).json()["now"]
        assert datetime.fromisoformat(now).tzinfo is not None


async def test_what_was_seen_can_be_asked_for() -> None:
    async with served() as (_, client):
        for session in ("ses_a", "ses_b"):
            await client.post(CHAT, json=ASK, headers={"X-OpenCode-Session": session})
        shown = (await client.get("/_simulator/seen?after=1")).json()
        assert (await client.get("/_simulator/seen?after=x")).status_code == 400
        assert (await client.get("/_simulator/other")).status_code == 404
    assert shown["total"] == 2
    (second,) = shown["requests"]
    assert ["X-OpenCode-Session", "ses_b"] in second["headers"]
    assert (second["number"], second["kind"], second["status"]) == (2, "admitted", 200)


async def test_a_taken_port_is_an_error_with_a_hint() -> None:
    async with Simulator() as simulator:
        with pytest.raises(ConfigurationError) as caught:
            async with Simulator(port=simulator.port):
                pass
    assert "--port" in caught.value.hint


async def test_many_streams_at_once_are_all_counted() -> None:
    free = FreeLimit(limit=1000, double_new=False)
    async with served(Scenario(free=free)) as (simulator, client):
        answers = await asyncio.gather(*[client.post(CHAT, json=ASK) for _ in range(100)])
        assert {one.status_code for one in answers} == {200}
        last = await client.post(CHAT, json=ASK)
    assert last.status_code == 200
    assert simulator.seen[-1].pool_used == 100


def start(*options: str, home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        cli("simulate", *options),
        env=clean_environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_ends_cleanly(tmp_path: Path, stop: int) -> None:
    process = start("--format", "json", "--network", "203.0.113.7", home=tmp_path)
    assert process.stdout is not None
    started = json.loads(process.stdout.readline())
    network = started["networks"]["203.0.113.7"]
    canary = "canary-of-the-user"
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        answer = client.post(
            network + CHAT,
            json={**ASK, "messages": [{"role": "user", "content": canary}]},
            headers={"authorization": f"Bearer sk-{canary}"},
        )
        assert answer.status_code == 200
    process.send_signal(stop)
    output, messages = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (0, "")
    assert " 200 admitted 0/400 " in messages
    assert "1 requests: admitted 1" in messages
    assert canary not in messages


HEAD = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: opencode.ai\r\n"
BAD_INPUT = {
    "not HTTP": b"\x16\x03\x01canary\r\n\r\n",
    "header bomb": HEAD + b"X-Canary: " + b"canary" * 100_000 + b"\r\n\r\n",
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\ncanary",
    "half a body": HEAD + b"Content-Length: 1000\r\n\r\n{canary",
    "no gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\ncanary",
    "left at once": HEAD + b"Content-Length: 36\r\n\r\n" + b'{"model":"big-pickle","stream":true}',
}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_bad_input_neither_stops_it_nor_reaches_its_log(tmp_path: Path) -> None:
    process = start("--format", "json", home=tmp_path)
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    port = int(url.rpartition(":")[2])
    for sent in BAD_INPUT.values():
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(sent)
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        assert client.post(url + CHAT, json=ASK).status_code == 200
    process.send_signal(signal.SIGTERM)
    _, messages = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "canary" not in messages
    assert "Traceback" not in messages
    assert "simulator_failed" not in messages


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--preset", "no-such"], "no preset"),
        (["--scenario", "missing.json"], "cannot be read: No such file or directory"),
        (["--network", "here"], "--network here is no IP"),
        (["--address", "127.0.0.2"], "PEER=IP"),
        (["--address", "a=b"], "a is no IP address\nhint: for example: --address 127.0.0.2=203"),
        (["--clock", "noon"], "a date and time"),
        (["--tls-cert", "missing.pem"], "certificate"),
        (["--tls", "--tls-cert", "missing.pem"], "exclude each other"),
        (["--port", "70000"], "70000"),
    ],
)
def test_bad_options_are_explained(tmp_path: Path, options: list[str], part: str) -> None:
    process = start(*options, home=tmp_path)
    output, messages = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (2, "")
    assert part in messages
    assert "Traceback" not in messages


def test_the_list_shows_every_preset(tmp_path: Path) -> None:
    process = start("--list", home=tmp_path)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert len(output.splitlines()) > 30
    assert "fault-cut" in output


@pytest.mark.parametrize(("options", "said"), [([], True), (["--tls"], False)])
def test_rules_that_look_at_the_handshake_ask_for_tls(
    tmp_path: Path, options: list[str], said: bool
) -> None:
    process = start("--preset", "v7b", *options, home=tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("simulator: http")
    process.terminate()
    _, messages = process.communicate(timeout=PATIENCE)
    assert ("add --tls" in messages) is said
    assert "/inference/openai/v1" in messages


def test_it_makes_a_certificate_for_one_run(tmp_path: Path) -> None:
    process = start("--tls", "--format", "json", home=tmp_path)
    assert process.stdout is not None
    started = json.loads(process.stdout.readline())
    trusted = Path(started["ca_certificate"])
    context = ssl.create_default_context(cafile=trusted)
    with httpx.Client(verify=context, trust_env=False, timeout=PATIENCE) as client:
        assert client.post(started["url"] + CHAT, json=ASK).status_code == 200
        (seen,) = client.get(f"{started['url']}/_simulator/seen").json()["requests"]
    assert seen["client_hello"]["ja4"].startswith("t13i")
    assert [path.name for path in trusted.parent.iterdir()] == [trusted.name]
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert not trusted.parent.exists()


async def test_it_serves_tls_with_a_given_certificate(tmp_path: Path) -> None:
    cert = certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert)
    trusted = ssl.create_default_context(cafile=str(cert))
    async with (
        Simulator(tls=server) as simulator,
        httpx.AsyncClient(verify=trusted, trust_env=False, timeout=PATIENCE) as client,
    ):
        assert simulator.url.startswith("https://127.0.0.1:")
        assert (await client.post(simulator.url + CHAT, json=ASK)).status_code == 200


def certificate(folder: Path) -> Path:
    """A self-signed certificate and key for 127.0.0.1 in one PEM file."""
    import ipaddress
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulator")])
    now = datetime.now(UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "simulator.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
