"""What to do with a request that reached a listener: record and relay, pass by, or refuse.

Pure. Invariants: nothing but the recorded host is ever recorded; a page in a browser cannot use
the proxy (foreign Origin, cross-site fetch, or a Host that is not the listener's own, which is
what DNS rebinding looks like); no header is changed but Host on the reverse route.
"""

import json
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pawwork_proxy import __version__
from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.facts.server import HOST
from pawwork_proxy.model.context import Route

RECORDED_HOST = HOST
_DEFAULT_PORTS = {"http": 80, "https": 443}

TargetForm = Literal["origin", "absolute", "tunnelled"]
"""How the request names its target: RFC 9112 section 3.2, or inside a decrypted CONNECT tunnel."""


@dataclass(frozen=True)
class Upstream:
    """Where recorded requests go."""

    scheme: Literal["http", "https"]
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Value of the Host header, without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_zen(self) -> bool:
        """Whether this is the real opencode.ai."""
        return self.host == RECORDED_HOST


ZEN = Upstream("https", RECORDED_HOST, 443)


def http_address(url: str) -> tuple[SplitResult, int] | None:
    """An address of HTTP and its port; None for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:  # its text quotes the address, password included
        return None
    return (parts, port) if parts.scheme in _DEFAULT_PORTS and parts.hostname and port else None


def parse_upstream(url: str) -> Upstream:
    """`http(s)://HOST[:PORT]` without a path; ConfigurationError for anything else."""
    parts, port = http_address(url) or (urlsplit(""), 0)
    if not parts.hostname or parts.path not in ("", "/"):
        raise ConfigurationError(
            "--upstream must be http://HOST[:PORT] or https://HOST[:PORT], without a path",
            "for example: --upstream http://127.0.0.1:8080 (what 'pawwork-proxy simulate' prints)",
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("--upstream takes no user name, query or fragment")
    if not parts.hostname.isascii():
        raise ConfigurationError("--upstream must name its host in ASCII (xn--…)")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return Upstream(scheme, parts.hostname, port)


class Asked(NamedTuple):
    """A request that reached a listener, and what decides about it."""

    form: TargetForm
    host: str
    port: int
    headers: Iterable[tuple[bytes, bytes]]
    own_ports: Container[int]
    path: str = "/"


@dataclass(frozen=True)
class Relay:
    """Record the request and send it to the upstream; on the reverse route Host gets its name."""

    route: Route


@dataclass(frozen=True)
class PassBy:
    """Relay untouched, do not record: another host, asked for through us as a plain proxy."""


@dataclass(frozen=True)
class Refuse:
    """Answer here; nothing goes anywhere."""

    status: int
    reason: str
    """Told to the caller; a fixed text of ours."""


@dataclass(frozen=True)
class Present:
    """Answer here that a listener of ours is asked; nothing goes anywhere."""


Decision = Relay | PassBy | Refuse | Present

PRESENCE_PATH = "/_pawwork-proxy"
"""What only our listeners answer, so that `doctor` can tell them from other programs."""

NOT_OUR_HOST = Refuse(421, "this address is a local capture proxy; use it as baseURL or as proxy")
FOREIGN_PAGE = Refuse(403, "the capture proxy does not serve web pages")


def presence(*, decrypts: bool) -> bytes:
    """How a listener of ours answers: nothing that other users of this machine may not know."""
    return json.dumps(
        {"program": "pawwork-proxy", "version": __version__, "decrypts": decrypts}
    ).encode()


def is_recorded_host(host: str) -> bool:
    """Whether a host name, however it is spelled, is the recorded one (RFC 4343; final dot)."""
    return host.lower().rstrip(".") == RECORDED_HOST


def decide(asked: Asked) -> Decision:
    """What to do with a request; no name or value of a header makes it raise."""
    return _way_of(asked, _is_from_a_page)


def undecided(asked: Asked) -> Decision:
    """What to do with a request if `decide` fails: traffic fails open, but never to a web page.

    So whatever has a header that only browsers send counts as a page's.
    """
    return _way_of(asked, lambda asked: bool(_browser_headers(asked)))


def _way_of(asked: Asked, is_from_a_page: Callable[[Asked], bool]) -> Decision:
    own = asked.host in LOOPBACK_NAMES and asked.port in asked.own_ports
    if own and asked.form != "tunnelled":
        if is_from_a_page(asked):
            return FOREIGN_PAGE
        return Present() if asked.path == PRESENCE_PATH else Relay("reverse")
    if asked.form == "origin":
        return NOT_OUR_HOST
    return Relay("forward") if is_recorded_host(asked.host) else PassBy()


def _is_from_a_page(asked: Asked) -> bool:
    for name, value in _browser_headers(asked):
        harmless = [b"none", b"same-origin"]
        if name == b"origin":
            own = ("127.0.0.1", "localhost", "[::1]")
            harmless = [f"http://{host}:{asked.port}".encode() for host in own]
        if value.lower() not in harmless:
            return True
    return False


def _browser_headers(asked: Asked) -> list[tuple[bytes, bytes]]:
    """Browsers say where a request comes from; API clients send neither of the two headers."""
    names = (b"origin", b"sec-fetch-site")
    return [(lower, value) for name, value in asked.headers if (lower := name.lower()) in names]
