"""Where an exchange came from: machine, install, network, client process, egress.

Invariant: every identifying value is a pseudonym; labels are the words the user chose for them.
"""

import re
from typing import Literal

from pawwork_proxy.model import texts
from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Moment, Port

AddressFamily = Literal["ipv4", "ipv6"]
OsFamily = Literal["linux", "macos", "windows", "other"]
Route = Literal["reverse", "forward", "inside", "tunnel"]
"""How the client was observed: by a baseURL that points here (reverse), as its HTTPS proxy with our
certificate (forward), from within the client (inside), as its HTTPS proxy that passes bytes
untouched (tunnel)."""

Program = Literal[
    "pawwork", "opencode", "electron", "bun", "deno", "node", "python", "curl", "other"
]
"""Programs that can be told; all others are `other`."""
AuthSource = Literal["anonymous", "saved", "env", "config", "unknown"]


_LABEL = re.compile(texts.LABEL_PATTERN)


def valid_label(text: str) -> bool:
    """Whether a text can name an install or a network."""
    return _LABEL.fullmatch(text) is not None


class Platform(Noun):
    """What kind of machine it is; says nothing about which one."""

    os: OsFamily
    os_release: texts.Release
    arch: texts.Architecture
    python: texts.Version


class Machine(Platform):
    """The machine a capture was made on."""

    device: texts.Pseudonym
    """Of the machine's own id, `device:…`."""


class Install(Noun):
    """One client installation under observation; its listener tells its traffic apart."""

    label: texts.Label
    id: texts.Pseudonym
    """Random, made once per label on this machine; never sent anywhere."""
    port: Port | None = None


class Runtime(Noun):
    """What runs a client's code, as the client itself says."""

    name: Literal["bun", "node"]
    version: texts.Version | None = None


class ClientProcess(Noun):
    """The program that asks, as far as the system or the client itself tells."""

    name: Program
    version: texts.Version | None = None
    runtime: Runtime | None = None
    """Known on the route `inside`."""
    nested: bool | None = None
    """Whether another client of the same run started it; known on the route `inside`."""


class Egress(Noun):
    """How the edge sees this machine (opt-in probe over the same route as the traffic)."""

    observed_at: Moment
    address: texts.Pseudonym
    family: AddressFamily
    prefix: texts.Pseudonym | None = None
    """Of the first four IPv6 groups, which is what Zen's limiter keys on."""
    country: texts.Country | None = None
    colo: texts.Airport | None = None


Peer = Literal["another_user", "unknown"]


class ExchangeContext(Noun):
    """What surrounds one exchange; none of it is ever sent."""

    install: texts.Label
    install_id: texts.Pseudonym
    device: texts.Pseudonym
    network: texts.Label | None = None
    """The user's name for the network, from `--network`."""
    route: Route
    client: ClientProcess | None = None
    peer: Peer | None = None
    """Set where the connection may not have been this user's own: the system could not tell whose
    it was, or only when it had begun. A connection that is another user's from the start is
    refused."""
    egress: Egress | None = None
    client_http: texts.HttpVersion | None = None
    upstream_http: texts.HttpVersion | None = None
    upstream_tls: texts.HttpVersion | None = None
    upstream_family: AddressFamily | None = None
    source_address: texts.Pseudonym | None = None
    """Of the local address used upstream, `ip:…`."""
    chained_proxy: bool = False
    proxy: texts.Pseudonym | None = None
    """Of the chained proxy's host and port, `host:…`."""
    client_hello: texts.HelloDigest | None = None
    """Digest of the client's TLS ClientHello, where we saw it."""
    upstream_hello: texts.HelloDigest | None = None
    """Digest of the ClientHello with which we reached the server over TLS."""
