"""Where an exchange came from: machine, install, network, client process, egress.

Invariant: every identifying value is a pseudonym; labels are the words the user chose for them.
"""

from __future__ import annotations

import re
from typing import Literal

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.numbers import Moment, Port
from pawwork_proxy.model.texts import (
    LABEL_PATTERN,
    Airport,
    Architecture,
    Country,
    HttpVersion,
    Label,
    Pseudonym,
    Release,
    Version,
)

AddressFamily = Literal["ipv4", "ipv6"]
OsFamily = Literal["linux", "macos", "windows", "other"]
Route = Literal["reverse", "forward"]
"""How the client reached us: by a baseURL (reverse), or as its HTTP proxy (forward)."""

Program = Literal[
    "pawwork", "opencode", "electron", "bun", "deno", "node", "python", "curl", "other"
]
"""Programs that can be told; all others are `other`."""
AuthSource = Literal["anonymous", "saved", "env", "config", "unknown"]


_LABEL = re.compile(LABEL_PATTERN)


def valid_label(text: str) -> bool:
    """Whether a text can name an install or a network."""
    return _LABEL.fullmatch(text) is not None


class Platform(Noun):
    """What kind of machine it is; says nothing about which one."""

    os: OsFamily
    os_release: Release
    arch: Architecture
    python: Version


class Machine(Platform):
    """The machine a capture was made on."""

    device: Pseudonym
    """Of the machine's own id, `device:…`."""


class Install(Noun):
    """One client installation under observation; its listener tells its traffic apart."""

    label: Label
    id: Pseudonym
    """Random, made once per label on this machine; never sent anywhere."""
    port: Port | None = None


class ClientProcess(Noun):
    """The program behind the loopback connection, as far as the system tells."""

    name: Program
    version: Version | None = None


class Egress(Noun):
    """How the edge sees this machine (opt-in probe over the same route as the traffic)."""

    observed_at: Moment
    address: Pseudonym
    family: AddressFamily
    prefix: Pseudonym | None = None
    """Of the first four IPv6 groups, which is what Zen's limiter keys on."""
    country: Country | None = None
    colo: Airport | None = None


class ExchangeContext(Noun):
    """What surrounds one exchange; none of it is ever sent."""

    install: Label
    install_id: Pseudonym
    device: Pseudonym
    network: Label | None = None
    """The user's name for the network, from `--network`."""
    route: Route
    client: ClientProcess | None = None
    egress: Egress | None = None
    client_http: HttpVersion | None = None
    upstream_http: HttpVersion | None = None
    upstream_tls: HttpVersion | None = None
    upstream_family: AddressFamily | None = None
    source_address: Pseudonym | None = None
    """Of the local address used upstream, `ip:…`."""
    chained_proxy: bool = False
    proxy: Pseudonym | None = None
    """Of the chained proxy's host and port, `host:…`."""
