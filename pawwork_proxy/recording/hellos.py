"""The two ClientHellos of an intercepted exchange: the client's as it came, and ours once more.

mitmproxy shows nobody the hello that it sends. So a connection of the same TLS context is asked for
one, in memory: no socket, 0.25 ms, and the same offer to the byte but for what is random.
Invariant: nothing here touches the connection of the traffic.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import get_args

from mitmproxy import connection, tls
from OpenSSL import SSL

from pawwork_proxy.model.handshake import MOST_LISTED, Hello, HelloSide, Offered
from pawwork_proxy.wire.client_hello import LONGEST_HELLO, ClientHello

MOST_KINDS = 64
"""Different hellos of one side that a run keeps; no client has as many."""
_KNOWN_OFFERS = frozenset(get_args(Offered))

_Asked = tuple[str | None, tuple[bytes, ...]]
"""What of our hello depends on the exchange: the server's name, and the protocols offered."""


def hello_line(hello: ClientHello, by: HelloSide, at: datetime) -> Hello:
    """The line that says what a hello offers."""
    return Hello(
        at=at,
        by=by,
        digest=hello.digest,
        ja4=hello.ja4,
        versions=hello.versions[:MOST_LISTED],
        suites=hello.suites[:MOST_LISTED],
        extensions=hello.extensions[:MOST_LISTED],
        signature_algorithms=hello.signature_algorithms[:MOST_LISTED],
        alpn=tuple(
            one if one in _KNOWN_OFFERS else "other"  # type: ignore[misc]
            for one in hello.alpn[:MOST_LISTED]
        ),
    )


class OwnHellos:
    """Our hellos towards servers, each kind made once."""

    def __init__(self, keep: Callable[[bytes], str | None]) -> None:
        """`keep` records a hello, and gives its digest."""
        self._keep = keep
        self._made: dict[_Asked, bytes] = {}
        self._digests: dict[_Asked, str | None] = {}

    def connected(self, data: tls.TlsData) -> None:
        """A handshake with a server is over, well or not: make the same hello again."""
        asked = _asked(data.conn)
        if asked in self._made or len(self._made) >= MOST_KINDS:
            return
        if isinstance(data.ssl_conn, SSL.Connection):
            self._made[asked] = _once_more(data.ssl_conn, data.conn.alpn_offers)

    def digest_of(self, server: connection.Server) -> str | None:
        """Digest of the hello with which a server was reached; None without TLS."""
        asked = _asked(server)
        if asked not in self._digests:
            if asked not in self._made:
                return None
            self._digests[asked] = self._keep(self._made[asked])
        return self._digests[asked]


def _asked(server: connection.Connection) -> _Asked:
    return server.sni, tuple(server.alpn_offers)


def _once_more(of: SSL.Connection, protocols: Sequence[bytes]) -> bytes:
    again = SSL.Connection(of.get_context(), None)
    again.set_connect_state()
    name = of.get_servername()
    if name is not None:
        again.set_tlsext_host_name(name)
    if protocols:
        again.set_alpn_protos(list(protocols))
    try:
        again.do_handshake()
    except SSL.WantReadError:
        return again.bio_read(LONGEST_HELLO)
    raise AssertionError("a handshake without an answer")
