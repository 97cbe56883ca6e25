"""What was seen of TLS handshakes: a ClientHello's summary, and a connection that passed untouched.

A server can tell programs apart by what their ClientHello offers, so a capture keeps what it saw:
the client's, and our own towards the server. Invariant: public numbers, a digest of them, and words
of closed lists; no server name, no random bytes, no ticket and no key share has a field.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.context import ClientProcess
from pawwork_proxy.model.numbers import CodePoint, Count, Milliseconds, Moment

MOST_LISTED = 256
"""Numbers that a list of a hello may hold; a real one has some fifty at most."""
CodePoints = Annotated[tuple[CodePoint, ...], Field(max_length=MOST_LISTED)]
Offered = Literal["h2", "h3", "http/1.0", "http/1.1", "other"]
"""What a client offers to speak after the handshake (ALPN)."""
HelloSide = Literal["client", "proxy"]
Difference = Literal["suites", "extensions", "alpn"]

VARYING_EXTENSIONS = frozenset({0, 21, 41, 65037})
"""Extensions that one and the same client sends or leaves out, or fills anew each time: the name of
the server, padding, the ticket of an earlier connection, encrypted hello."""


class Hello(Noun):
    """A TLS ClientHello; written once per digest and side, before the first line that names it."""

    type: Literal["hello"] = "hello"
    at: Moment
    by: HelloSide
    """Whose it is: the client's, or ours towards the server."""
    digest: texts.HelloDigest
    """Over all lists below in sent order, without what varies between connections of one client."""
    ja4: texts.Ja4
    """FoxIO's fingerprint; it changes with the server's name and with a resumed session."""
    versions: CodePoints = ()
    suites: CodePoints = ()
    extensions: CodePoints = ()
    signature_algorithms: CodePoints = ()
    alpn: Annotated[tuple[Offered, ...], Field(max_length=MOST_LISTED)] = ()


class Connection(Noun):
    """One connection whose bytes passed untouched (`tunnel`, `inside`); seen from outside."""

    type: Literal["connection"] = "connection"
    at: Moment
    """When the client asked for it."""
    install: texts.Label
    client: ClientProcess | None = None
    client_hello: texts.HelloDigest | None = None
    """Digest of its ClientHello, which is the one that reached the server."""
    connect_ms: Milliseconds | None = None
    """Until the connection to the server stood; null when it never did."""
    first_byte_ms: Milliseconds | None = None
    """Until the first byte of the server, which belongs to the handshake."""
    total_ms: Milliseconds
    sent_bytes: Count = 0
    received_bytes: Count = 0
    ended_by: Literal["client", "server", "chained_proxy", "proxy"]
    """Who closed first; `chained_proxy` when the user's own opened no way to the server, `proxy`
    when the run ended, or the server could not be reached."""
    reset: bool = False
    """It was broken off instead of closed."""


def differences(one: Hello, other: Hello) -> Iterator[Difference]:
    """What a server could tell two hellos apart by; never by what varies for one client."""
    if set(one.suites) != set(other.suites):
        yield "suites"
    if (set(one.extensions) ^ set(other.extensions)) - VARYING_EXTENSIONS:
        yield "extensions"
    if one.alpn != other.alpn:
        yield "alpn"
