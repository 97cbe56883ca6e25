"""Where an exchange came from: machine, install, network, client process, egress.

Invariant: every identifying value is a pseudonym; labels are the words the user chose for them.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pawwork_proxy.model.base import Noun

AddressFamily = Literal["ipv4", "ipv6"]
OsFamily = Literal["linux", "macos", "windows", "other"]
Route = Literal["reverse", "forward"]
"""How the client reached us: by a baseURL (reverse), or as its HTTP proxy (forward)."""

AuthSource = Literal["anonymous", "saved", "env", "config", "unknown"]


_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def valid_label(text: str) -> bool:
    """Whether a text can name an install or a network."""
    return _LABEL.fullmatch(text) is not None


class Machine(Noun):
    """The machine a capture was made on."""

    device: str
    """Pseudonym of the machine's own id, `device:…`."""
    os: OsFamily
    os_release: str
    arch: str
    python: str


class Install(Noun):
    """One client installation under observation; its listener tells its traffic apart."""

    label: str
    id: str
    """Random, made once per label on this machine; never sent anywhere."""
    port: int | None = None


class ClientProcess(Noun):
    """The program behind the loopback connection, as far as the system tells."""

    name: str
    """A known program name, or `other`."""
    version: str | None = None


class Egress(Noun):
    """How the edge sees this machine (opt-in probe over the same route as the traffic)."""

    observed_at: datetime
    address: str
    """Pseudonym, `ip:…`."""
    family: AddressFamily
    prefix: str | None = None
    """Pseudonym of the first four IPv6 groups, which is what Zen's limiter keys on."""
    country: str | None = None
    colo: str | None = None


class ExchangeContext(Noun):
    """What surrounds one exchange; none of it is ever sent."""

    install: str
    install_id: str
    device: str
    network: str | None = None
    """The user's name for the network, from `--network`."""
    route: Route
    client: ClientProcess | None = None
    egress: Egress | None = None
    client_http: str | None = None
    upstream_http: str | None = None
    upstream_tls: str | None = None
    upstream_family: AddressFamily | None = None
    source_address: str | None = None
    """Pseudonym of the local address used upstream, `ip:…`."""
    chained_proxy: bool = False
    proxy: str | None = None
    """Pseudonym of the chained proxy's host and port, `host:…`."""
