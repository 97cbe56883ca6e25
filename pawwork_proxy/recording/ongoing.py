"""An exchange in flight: what has been seen of it so far, bounded in memory.

Invariant: mitmproxy-free and clock-free; times come from the `now` it is given. Copies of bodies
end at a limit, the traffic does not.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.model.context import Peer, Route
from pawwork_proxy.model.exchange import AuthSourceFinding
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.redaction.redactor import RequestHead
from pawwork_proxy.responses.response_reader import ResponseReader

LOOK_UP_PATIENCE_MS = 1000.0  # a record waits no longer for the name of the client's program
KEY_SEARCH_PATIENCE_MS = 12_000.0
"""A record waits no longer for the source of its key; a login shell may be asked twice, for 5 s."""
RESPONSE_COPY_LIMIT = 64 * 1024
"""Bytes of a response, as on the wire, that are kept for the taint gate."""
REQUEST_COPY_LIMIT = 8 * 1024 * 1024
"""Bytes of a request body that are looked at; conversations with pictures reach megabytes."""

RawHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Arrival:
    """A request's head as it reached us, raw; lives in memory only."""

    install: str
    route: Route
    method: str
    target: str
    http_version: str | None
    """None where it cannot be seen, inside the client."""
    headers: RawHeaders
    process: Future[FoundProcess | None] | None = None
    peer: Peer | None = None
    """Whose the connection is, unless it is known to be this user's."""
    connection: str = ""
    """mitmproxy's name for the client connection, within this run only."""
    client_hello: str | None = None
    """Digest of the client's TLS ClientHello, where it sent us one."""


@dataclass(frozen=True)
class UpstreamFacts:
    """What the upstream connection tells."""

    http_version: str | None = None
    tls_version: str | None = None
    source_address: str | None = None
    """The raw local address; pseudonymised before it is kept."""
    connect_ms: float | None = None
    hello: str | None = None
    """Digest of the ClientHello with which we reached it over TLS."""


class Ongoing:
    """Collects one exchange; `finish` hands it over, once."""

    def __init__(
        self,
        seq: int,
        at: datetime,
        arrival: Arrival,
        now: Callable[[], float],
        complete: Callable[[Ongoing, Ending, UpstreamFacts], None],
        answering: Callable[[Ongoing], None] = lambda _: None,
        patience: Callable[[], float] | None = None,
    ) -> None:
        """`answering` is told when an answer begins, `complete` when all is over.

        `patience` is our own clock, for what a record waits for, where `now` is the client's: that
        one stands still while the client says nothing.
        """
        self.seq = seq
        self.at = at
        self.arrival = arrival
        self.request_body = bytearray()
        self.request_bytes = 0
        self.request_sent: float | None = None
        self.status: int | None = None
        self.no_http = False
        self.response_version: str | None = None
        self.response_headers: RawHeaders = ()
        self.response_head = bytearray()
        self.reader: ResponseReader | None = None
        self.first_byte: float | None = None
        self.first_event: float | None = None
        self.max_gap: float | None = None
        self.made_here = False
        """Whether the answer is ours, as the user asked."""
        self.ended: float | None = None
        self.derivations: tuple[Future[object], ...] = ()
        """Of pseudonyms that take a while."""
        self.head: RequestHead | None = None
        """What the request's head tells, once somebody has asked."""
        self.key_search: Future[AuthSourceFinding] | None = None
        """Where its key is kept, once somebody has begun to look."""
        self._missed: dict[ExchangePart, None] = {}
        self._last_event: float | None = None
        self._now = now
        self._started = now()
        self._patience = patience or now
        self._arrived = self._over = self._patience()
        self._answering = answering
        self._complete: Callable[[Ongoing, Ending, UpstreamFacts], None] | None = complete

    @property
    def unobserved(self) -> tuple[ExchangePart, ...] | None:
        """The parts that passed unseen, in the order of their failures; None without any."""
        return tuple(self._missed) or None

    @property
    def answered(self) -> bool:
        """Whether a response has begun, even if looking at it failed."""
        return self.status is not None or "response_head" in self._missed

    def missed(self, *parts: ExchangePart) -> None:
        """Looking at these parts failed: what the record says of them will be incomplete."""
        self._missed.update(dict.fromkeys(parts))

    def request_chunk(self, chunk: bytes) -> None:
        """A piece of the request body; `b""` is its end."""
        if not chunk:
            self.request_sent = self._elapsed()
            return
        self.request_bytes += len(chunk)
        room = REQUEST_COPY_LIMIT - len(self.request_body)
        if room > 0:
            self.request_body += chunk[:room]

    def response_started(self, status: int, version: str | None, headers: RawHeaders) -> None:
        """Status line and headers of the response have arrived.

        A status without a meaning (RFC 9110, section 15) is no response: nothing of it is kept.
        """
        self.first_byte = self._elapsed()
        if not 100 <= status <= 999:
            self.no_http = True
            return
        self.status = status
        self.response_version = version
        self.response_headers = headers
        self.reader = ResponseReader(
            status,
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
            decoded=self.arrival.route == "inside",
            made_by_proxy=self.made_here,
        )
        self._answering(self)

    def answered_here(self, status: int) -> None:
        """mitmproxy answers the client itself, with this status; no server has said anything."""
        self.reader = ResponseReader(status, made_by_proxy=True)

    def response_chunk(self, chunk: bytes) -> None:
        """A piece of the response: as on the wire, or inside the client without its coding."""
        if not chunk or self.reader is None:
            return
        room = RESPONSE_COPY_LIMIT - len(self.response_head)
        if room > 0:
            self.response_head += chunk[:room]
        if self.reader.feed(chunk):
            now = self._elapsed()
            if self._last_event is None:
                self.first_event = now
            else:
                self.max_gap = max(self.max_gap or 0.0, now - self._last_event)
            self._last_event = now

    def finish(self, ending: Ending, upstream: UpstreamFacts) -> None:
        """End the exchange and hand it over; later calls change nothing."""
        if self._complete is None:
            return
        self.ended, self._over = self._elapsed(), self._patience()
        complete, self._complete = self._complete, None
        complete(self, Ending.UPSTREAM_PROTOCOL if self.no_http else ending, upstream)

    def let_go(self) -> None:
        """Drop what is large or raw: mitmproxy's flow may keep this object for a while."""
        self.head = None
        self.request_body = bytearray()
        self.response_head = bytearray()

    @property
    def client(self) -> FoundProcess | None:
        """The client process, if its look-up has come to an end by now."""
        process = self.arrival.process
        return process.result() if process is not None and process.done() else None

    def client_is_known(self) -> bool:
        """Whether the look-up of the client's program has ended, or takes too long to wait for."""
        process = self.arrival.process
        return process is None or process.done() or self._waits(self._arrived, LOOK_UP_PATIENCE_MS)

    def key_is_searched(self) -> bool:
        """Whether the search for its key has ended, or takes too long to wait for."""
        search = self.key_search
        if search is None:
            return False
        return search.done() or self._waits(self._over, KEY_SEARCH_PATIENCE_MS)

    def _waits(self, since: float, longer_than_ms: float) -> bool:
        return (self._patience() - since) * 1000 > longer_than_ms

    def _elapsed(self) -> float:
        """Milliseconds since the request arrived."""
        return (self._now() - self._started) * 1000


class Tee:
    """A tap on a body, for mitmproxy's `stream` attribute; `b""` marks the end of the body.

    Invariant: it returns exactly the chunk it was given and never raises; whatever fails behind it
    is counted by the recorder, never felt by the traffic.
    """

    __slots__ = ("_failed", "_look")

    def __init__(self, look: Callable[[bytes], None], failed: Callable[[Exception], None]) -> None:
        self._look: Callable[[bytes], None] | None = look
        self._failed = failed

    def __call__(self, chunk: bytes) -> bytes:
        """Hand the chunk on; after the first failure the copy is no longer looked at."""
        if self._look is not None:
            try:
                self._look(chunk)
            except Exception as error:
                self._look = None
                self._failed(error)
        return chunk
