"""A failed connection reaches the client as one: never as a page of mitmproxy's or of ours."""

import asyncio
import errno
import io
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import h2.config
import h2.connection
import h2.events
import pytest
from mitmproxy.proxy.layers.http import HttpStream

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.cli.live import PlainView
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Origin
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.proxy import session
from pawwork_proxy.proxy.authority import KEY_AND_CERTIFICATE
from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.listeners import LOOPBACK, loopback_addresses, parse_listeners
from pawwork_proxy.proxy.mitmproxy_internals.connections import Handler
from pawwork_proxy.proxy.session import RunPlan, running_proxy
from pawwork_proxy.proxy.tunnel import reset_connection
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.destination import parse_upstream
from pawwork_proxy.simulator.tls import own_certificate
from tests.unit.recording.runs import identity

__all__ = ["identity"]
pytestmark = pytest.mark.usefixtures("all_connections_end", "one_authority")

BODY = b'{"model":"big-pickle"}'
EVENT = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
BEGUN = STREAM + b"%x\r\n%s\r\n" % (len(EVENT), EVENT)
ODD_HEAD = b"HTTP/1.1 200 OK\r\nx(y): 1\r\nContent-Length: 2\r\n\r\n{}"
NO_HTTP = b"SSH-2.0-OpenSSH_9\r\n\r\n"

Way = Literal["reverse", "forward"]
Leave = Callable[[asyncio.StreamWriter], None]
Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WAYS: tuple[Way, ...] = ("reverse", "forward")


def close(writer: asyncio.StreamWriter) -> None:
    writer.close()


class Failure(NamedTuple):
    """What becomes of a request upstream, and how the client and the record know."""

    upstream: Literal["refuses", "has no address", "is distrusted"] | tuple[bytes, Leave]
    broken: Literal["reset", "closed"]
    ending: Ending
    begun: bool = False


FAILURES = {
    "refused": Failure("refuses", "reset", Ending.UPSTREAM_REFUSED),
    "no address": Failure("has no address", "reset", Ending.UPSTREAM_UNRESOLVABLE),
    "TLS": Failure("is distrusted", "reset", Ending.UPSTREAM_TLS),
    "reset": Failure((b"", reset_connection), "reset", Ending.UPSTREAM_RESET),
    "closed": Failure((b"", close), "closed", Ending.UPSTREAM_RESET),
    "no HTTP": Failure((NO_HTTP, close), "closed", Ending.UPSTREAM_PROTOCOL),
    "odd head": Failure((ODD_HEAD, close), "reset", Ending.UPSTREAM_PROTOCOL),
    "cut by a reset": Failure((BEGUN, reset_connection), "reset", Ending.UPSTREAM_CUT, True),
    "cut by an end": Failure((BEGUN, close), "closed", Ending.UPSTREAM_CUT, True),
}


class Server:
    """An upstream that fails in one way, as soon as the client has seen what it says before."""

    def __init__(self, failure: Failure) -> None:
        self.seen = asyncio.Event()
        self._does = failure.upstream

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[str]:
        """Its address."""
        if self._does == "has no address":
            yield "http://name.invalid"
        elif self._does == "refuses":
            with socket.socket() as nobody:  # bound, and does not listen
                nobody.bind(("127.0.0.1", 0))
                yield f"http://127.0.0.1:{nobody.getsockname()[1]}"
        else:
            tls = own_certificate(folder)[0] if self._does == "is distrusted" else None
            async with await asyncio.start_server(self._play, "127.0.0.1", 0, ssl=tls) as server:
                scheme = "https" if tls else "http"
                yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        assert not isinstance(self._does, str)
        said, leave = self._does
        writer.write(said)
        await writer.drain()
        if said is BEGUN:
            await self.seen.wait()
        leave(writer)


class Bench(NamedTuple):
    """A running proxy, and its capture."""

    port: int
    identity: Identity
    capture: Path

    def record(self) -> Exchange:
        (exchange,) = read_capture(self.capture).exchanges
        return exchange

    async def ask(
        self, way: Way, seen: asyncio.Event | None = None, headers: bytes = b""
    ) -> tuple[bytes, str]:
        """What a client gets for a request, and how its connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        host = b"127.0.0.1:%d" % self.port
        if way == "forward":
            host = HOST.encode()
            writer.write(b"CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (host, host))
            await reader.readuntil(b"\r\n\r\n")
            context = ssl.create_default_context(cafile=self.identity.ca_certificate)
            await writer.start_tls(context, server_hostname=HOST)
        head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: %s\r\n" % host
        writer.write(head + headers + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        got = b""
        try:
            while piece := await reader.read(65536):
                got += piece
                if seen is not None and EVENT in got:
                    seen.set()
        except ConnectionResetError:
            return got, "reset"
        finally:
            writer.close()
        return got, "closed"


HANDLERS: dict[Handler, asyncio.Task[None]] = {}


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who serves the clients of a test, and until when."""
    HANDLERS.clear()
    handle_client = Handler.handle_client

    async def noted(handler: Handler) -> None:
        HANDLERS[handler] = asyncio.current_task()  # type: ignore[assignment]
        await handle_client(handler)

    monkeypatch.setattr(Handler, "handle_client", noted)


@asynccontextmanager
async def bench(
    folder: Path,
    identity: Identity,
    url: str,
    via: ChainedProxy | None = None,
    watcher: Watcher | None = None,
) -> AsyncIterator[Bench]:
    plan = RunPlan(parse_listeners(["main@0"]), parse_upstream(url), via, None, folder)
    async with running_proxy(plan, identity, watcher or Watcher()) as recorder:
        yield Bench(plan.listeners[0].port, identity, recorder.path)
        if HANDLERS:
            await asyncio.wait(HANDLERS.values())


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody outside is asked for a name: `.invalid` has no address."""
    resolve = asyncio.base_events.BaseEventLoop.getaddrinfo

    async def getaddrinfo(loop: Any, host: str, port: int, **named: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await resolve(loop, host, port, **named)

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FAILURES)
async def test_a_failed_connection_is_no_answer(
    tmp_path: Path, identity: Identity, name: str, way: Way
) -> None:
    failure = FAILURES[name]
    server = Server(failure)
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            got = await at.ask(way, server.seen)
        exchange = at.record()
    assert got == (BEGUN if failure.begun else b"", failure.broken)
    assert exchange.signals.ending is failure.ending
    assert exchange.signals.status == (200 if failure.begun else None)
    assert not exchange.signals.made_by_proxy
    assert exchange.outcome.kind == "transport_error"


async def test_a_request_that_two_parsers_may_read_differently_is_answered_here_and_says_so(
    tmp_path: Path, identity: Identity
) -> None:
    server = Server(Failure("refuses", "reset", Ending.UPSTREAM_REFUSED))
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            got, end = await at.ask("reverse", headers=b"Transfer-Encoding: chunked\r\n")
        exchange = at.record()
    assert got.startswith(b"HTTP/1.1 400 ")
    assert end == "closed"
    assert (exchange.signals.status, exchange.signals.made_by_proxy) == (400, True)
    assert exchange.signals.ending is Ending.PROXY_ERROR
    assert exchange.outcome.origin is Origin.PROXY
    assert exchange.response is None, "nothing came from a server"


async def test_a_failure_inside_mitmproxy_ends_the_connection(
    tmp_path: Path,
    identity: Identity,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its client would wait for ever for what nobody is going to send."""

    def fails(*_: object) -> None:
        raise ValueError("kohlrabi-7731-quartz")

    monkeypatch.setattr(HttpStream, "make_server_connection", fails)
    server = Server(Failure("refuses", "reset", Ending.UPSTREAM_REFUSED))
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            assert await at.ask("reverse") == (b"", "reset")
        exchange = at.record()
    assert exchange.signals.ending is Ending.PROXY_ERROR
    assert exchange.outcome.origin is Origin.PROXY
    said = capsys.readouterr().err
    assert "event=mitmproxy_failed" in said
    assert "type=ValueError" in said
    assert "kohlrabi" not in said


async def test_without_the_change_a_failed_connection_is_closed(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under stock mitmproxy, or one that we have not read."""
    monkeypatch.setattr(session, "break_off", lambda *_: False)
    failure = FAILURES["refused"]
    server = Server(failure)
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            assert await at.ask("reverse") == (b"", "closed")
        assert at.record().signals.ending is failure.ending


async def test_without_the_change_an_odd_head_is_answered_here_and_says_so(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "break_off", lambda *_: False)
    server = Server(FAILURES["odd head"])
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            got, _ = await at.ask("reverse")
        exchange = at.record()
    assert got.startswith(b"HTTP/1.1 502 ")
    assert (exchange.signals.status, exchange.signals.made_by_proxy) == (502, True)
    assert exchange.signals.ending is Ending.UPSTREAM_PROTOCOL
    assert exchange.outcome.origin is Origin.PROXY


class Http2Client:
    """One connection of HTTP/2 through the proxy, as a client of the forward route has it."""

    def __init__(self, at: Bench, **settings: Any) -> None:
        self._at = at
        self._events: deque[h2.events.Event] = deque()
        self.protocol = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8", **settings)
        )

    async def connect(self) -> None:
        """Up to the handshake of TLS."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._at.port)
        self._writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
        await self._reader.readuntil(b"\r\n\r\n")
        context = ssl.create_default_context(cafile=self._at.identity.ca_certificate)
        context.set_alpn_protocols(["h2"])
        await self._writer.start_tls(context, server_hostname=HOST)
        self.protocol.initiate_connection()

    def ask(self, *fields: tuple[str, str]) -> int:
        """Send a request; its stream."""
        stream = self.protocol.get_next_available_stream_id()
        head = {":method": "POST", ":scheme": "https", ":authority": HOST}
        head |= {":path": "/zen/v1/chat/completions", "content-length": str(len(BODY))}
        self.protocol.send_headers(stream, list((head | dict(fields)).items()))
        self.protocol.send_data(stream, BODY, end_stream=True)
        return stream

    async def until(self, kind: type[Any] | tuple[type[Any], ...]) -> Any:
        """The next event of that kind."""
        while True:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, kind):
                    return event
            self._writer.write(self.protocol.data_to_send())
            data = await self._reader.read(65536)
            assert data, "the connection ended"
            self._events.extend(self.protocol.receive_data(data))

    async def leave(self, stream: int) -> None:
        """Break a stream off."""
        self.protocol.reset_stream(stream, 8)
        self._writer.write(self.protocol.data_to_send())
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()


@pytest.mark.parametrize("name", ["refused", "reset", "closed", "no HTTP"])
async def test_on_http2_a_failed_connection_resets_its_stream_alone(
    tmp_path: Path, identity: Identity, name: str
) -> None:
    failure = FAILURES[name]
    server = Server(failure)
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            client = Http2Client(at)
            await client.connect()
            for _ in range(2):
                stream = client.ask()
                assert (await client.until(h2.events.StreamReset)).stream_id == stream
            client.close()
        exchanges = read_capture(at.capture).exchanges
    assert [one.signals.ending for one in exchanges] == [failure.ending] * 2
    assert [one.signals.status for one in exchanges] == [None] * 2


async def test_a_client_of_http2_that_breaks_a_stream_off_has_left(
    tmp_path: Path, identity: Identity
) -> None:
    """mitmproxy has one text for a stream that the client resets and one that the server does."""
    server = Server(FAILURES["cut by an end"])
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            client = Http2Client(at)
            await client.connect()
            stream = client.ask()
            await client.until(h2.events.DataReceived)
            await client.leave(stream)
            client.protocol.ping(b"12345678")
            await client.until(h2.events.PingAckReceived)
            server.seen.set()
            client.close()
        exchange = at.record()
    assert exchange.signals.ending is Ending.CLIENT_LEFT_MIDSTREAM
    assert exchange.outcome.origin is Origin.CLIENT


async def test_no_silence_ends_an_exchange_and_no_number_delays_one(
    tmp_path: Path, identity: Identity
) -> None:
    """Stock mitmproxy ends a connection after ten minutes, and opens five at a time."""
    parallel = 12
    everybody = asyncio.Barrier(parallel)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        await everybody.wait()
        (handler,) = HANDLERS
        handler.timeout_watchdog.last_activity -= 24 * 3600
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with bench(tmp_path / "captures", identity, url) as at:
            client = Http2Client(at)
            await client.connect()
            streams = {client.ask() for _ in range(parallel)}
            while streams:
                streams.discard((await client.until(h2.events.StreamEnded)).stream_id)
            client.close()
        exchanges = read_capture(at.capture).exchanges
    assert [one.signals.ending for one in exchanges] == [Ending.COMPLETE] * parallel


def says(*data: bytes) -> Play:
    """A server that says this in pieces, and closes."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        for piece in data:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    return play


@asynccontextmanager
async def before(play: Play, folder: Path, identity: Identity) -> AsyncIterator[Bench]:
    """A proxy before a server that does this."""
    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with bench(folder, identity, f"http://127.0.0.1:{port}") as at:
            yield at


ANSWER = b"HTTP/1.1 429 Too Many\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (HINTS + ANSWER,),
        (HINTS, b"HTTP/1.1 100 Continue\r\n\r\n", ANSWER),
        tuple(bytes([byte]) for byte in HINTS + HINTS + ANSWER),
    ],
)
async def test_what_a_server_says_before_its_answer_is_no_answer(
    tmp_path: Path, identity: Identity, pieces: tuple[bytes, ...]
) -> None:
    async with before(says(*pieces), tmp_path / "captures", identity) as at:
        assert await at.ask("reverse") == (ANSWER, "closed")
    exchange = at.record()
    assert exchange.signals.status == 429
    assert exchange.signals.ending is Ending.COMPLETE


async def test_that_a_client_waits_for_a_100_its_server_sees(
    tmp_path: Path, identity: Identity
) -> None:
    asked: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(BODY))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER)
        writer.close()

    async with before(play, tmp_path / "captures", identity) as at:
        got, _ = await at.ask("reverse", headers=b"Expect: 100-continue\r\n")
    assert got == b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER
    assert b"\r\nExpect: 100-continue\r\n" in asked[0]


async def test_that_a_client_of_http2_waits_for_a_100_its_server_sees(
    tmp_path: Path, identity: Identity
) -> None:
    asked: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(BODY))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER)
        writer.close()

    async with before(play, tmp_path / "captures", identity) as at:
        client = Http2Client(at)
        await client.connect()
        client.ask(("expect", "100-continue"))
        interim = await client.until(h2.events.InformationalResponseReceived)
        answer = await client.until(h2.events.ResponseReceived)
        client.close()
    assert dict(interim.headers)[":status"] == "100"
    assert dict(answer.headers)[":status"] == "429"
    assert b"\r\nexpect: 100-continue\r\n" in asked[0].lower()


async def test_a_switch_of_protocols_is_an_answer(tmp_path: Path, identity: Identity) -> None:
    switched = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
    async with before(says(switched + b"hello"), tmp_path / "captures", identity) as at:
        assert await at.ask("reverse") == (switched + b"hello", "closed")
    assert at.record().signals.status == 101


async def test_trailers_cost_nothing_but_themselves(tmp_path: Path, identity: Identity) -> None:
    whole = BEGUN + b"0\r\n"
    async with before(
        says(whole + b"x-checksum: 1\r\n\r\n"), tmp_path / "captures", identity
    ) as at:
        got, _ = await at.ask("reverse", headers=b"Connection: close\r\n")
    assert got == whole + b"\r\n"
    assert at.record().signals.ending is Ending.COMPLETE


async def test_a_head_without_an_end_is_not_waited_for(tmp_path: Path, identity: Identity) -> None:
    endless = b"x-%d: y\r\n" * 200_000
    async with before(
        says(b"HTTP/1.1 200 OK\r\n" + endless), tmp_path / "captures", identity
    ) as at:
        assert (await at.ask("reverse"))[0] == b""
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(b"GET /zen/v1/models HTTP/1.1\r\n" + endless)
        with suppress(ConnectionError):
            assert await reader.read() == b"", "closed in order, or broken off"
        writer.close()
    assert at.record().signals.ending is Ending.UPSTREAM_PROTOCOL


@pytest.mark.parametrize(
    "field",
    [
        ("x-a", "1\r\nGET /second HTTP/1.1"),
        ("x-a", "1\nx-b: 2"),
        ("x-a\r\nx-b", "1"),
        (":path", "/zen/v1/models HTTP/1.1\r\nHost: x\r\n\r\nGET /second"),
        (":method", "GET /second HTTP/1.1\r\n\r\nPOST"),
    ],
)
async def test_no_head_of_http2_becomes_two_requests(
    tmp_path: Path, identity: Identity, field: tuple[str, str]
) -> None:
    asked: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(65536))
        writer.close()

    async with before(play, tmp_path / "captures", identity) as at:
        client = Http2Client(at, validate_outbound_headers=False)
        await client.connect()
        client.ask(field)
        with suppress(AssertionError, ConnectionError):  # mitmproxy may end the connection
            await client.until((h2.events.StreamReset, h2.events.StreamEnded))
        client.close()
    assert b"".join(asked) == b"", "a connection may have been opened, and closed unused"


async def test_a_listener_is_reached_at_both_addresses_of_loopback(
    tmp_path: Path, identity: Identity
) -> None:
    """Some clients try ::1 first."""
    if not socket.has_ipv6 or loopback_addresses(0) == (LOOPBACK,):
        pytest.skip("this machine has no ::1")
    async with before(says(ANSWER), tmp_path / "captures", identity) as at:
        reader, writer = await asyncio.open_connection("::1", at.port)
        head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: localhost:%d\r\n" % at.port
        writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        assert await reader.read() == ANSWER
        writer.close()
    assert at.record().context.route == "reverse"


async def test_without_descriptors_the_proxy_says_so_once_and_is_named(
    tmp_path: Path,
    identity: Identity,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def none_left(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    server = Server(FAILURES["refused"])
    async with server.running(tmp_path) as url:
        async with bench(tmp_path / "captures", identity, url) as at:
            reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
            monkeypatch.setattr(asyncio, "open_connection", none_left)
            head = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % at.port
            writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()
            loop, error = asyncio.get_running_loop(), OSError(errno.EMFILE, "no more")
            loop.call_exception_handler({"message": "accept failed", "exception": error})
        exchange = at.record()
    assert exchange.signals.ending is Ending.PROXY_ERROR
    assert exchange.outcome.origin is Origin.PROXY
    assert capsys.readouterr().err.count("out_of_file_descriptors") == 1


class Chained(NamedTuple):
    """What the user's own proxy does, how that is recorded, and what `run` says."""

    answer: bytes | None
    ending: Ending
    said: str


CHAINED = {
    "not running": Chained(None, Ending.CHAINED_PROXY_DOWN, "cannot be reached"),
    "407": Chained(
        b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n",
        Ending.CHAINED_PROXY_PASSWORD,
        "wants a password (407)",
    ),
    "502": Chained(
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        Ending.CHAINED_PROXY_REFUSED,
        "opens no tunnel to opencode.ai",
    ),
    "captive portal": Chained(
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
        Ending.CHAINED_PROXY_REFUSED,
        "opens no tunnel to opencode.ai",
    ),
    "hangs up": Chained(b"", Ending.CHAINED_PROXY_REFUSED, "opens no tunnel to opencode.ai"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CHAINED)
async def test_a_failing_proxy_of_the_users_is_named(
    tmp_path: Path, identity: Identity, closed_port: int, name: str, way: Way
) -> None:
    chained, said = CHAINED[name], io.StringIO()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(chained.answer or b"")
        writer.close()

    view = PlainView(said)
    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        listens = chained.answer is not None
        port = server.sockets[0].getsockname()[1] if listens else closed_port
        via = ChainedProxy("http", "127.0.0.1", port)
        view.chained = via.address
        url = "https://zen.invalid"
        async with bench(tmp_path / "captures", identity, url, via, view) as at:
            assert (await at.ask(way))[0] == b"", "no page of ours"
    exchange = at.record()
    assert exchange.signals.ending is chained.ending
    assert exchange.outcome.origin is Origin.CHAINED_PROXY
    assert exchange.outcome.kind == "transport_error"
    sentence = " ".join(said.getvalue().split())
    assert f"127.0.0.1:{port}, through which ours leaves, {chained.said}" in sentence


async def test_a_run_says_that_its_authority_was_made_anew(
    tmp_path: Path, identity: Identity, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clients that run have read the old one."""
    for times in (0, 1):
        async with bench(tmp_path / "captures", identity, "http://name.invalid"):
            said = capsys.readouterr().err
        assert said.count("certificate_authority_renewed") == times
        (identity.ca_folder / KEY_AND_CERTIFICATE).write_bytes(b"nothing")


async def test_a_run_raises_the_limit_of_descriptors(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[bool] = []
    monkeypatch.setattr(session, "raise_limit", lambda: raised.append(True))
    async with bench(tmp_path / "captures", identity, "http://name.invalid"):
        assert raised == [True]
