"""The user's own proxy, through which we must leave as the client would.

Otherwise the egress address, the suspected quota key, would change by measuring it. Invariant:
credentials of that proxy live in the returned value only; its text form shows host and port.
"""

import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.recording.destination import Upstream, http_address

NO_PROXY = "none"
_HTTP = "give http://HOST:PORT with --via, or --via none to leave directly"
_SOCKS = (
    "programs that offer SOCKS mostly speak HTTP too, on the same port or on one beside it: look "
    "there, and give http://HOST:PORT with --via; or --via none to leave directly"
)


@dataclass(frozen=True)
class ChainedProxy:
    """An HTTP proxy on the way to the upstream."""

    scheme: str
    host: str
    port: int
    credentials: str | None = field(default=None, repr=False)
    """`user:password` for Basic authentication."""

    @property
    def address(self) -> str:
        """Host and port as mitmproxy's mode takes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def chained_proxy(
    via: str | None,
    upstream: Upstream,
    *,
    system_proxies: Callable[[], Mapping[str, str]] = urllib.request.getproxies,
    bypassed: Callable[[str], object] = urllib.request.proxy_bypass,
) -> ChainedProxy | None:
    """The proxy given by --via, else the one that environment or system settings name.

    `none` for --via means no proxy. Loopback upstreams and hosts in NO_PROXY are reached directly.
    Raises ConfigurationError for an address that is no HTTP proxy (mitmproxy can chain to HTTP and
    HTTPS proxies only).
    """
    if via is not None:
        return None if via == NO_PROXY else _parse(via, "--via")
    if upstream.host in LOOPBACK_NAMES or bypassed(upstream.host):
        return None
    proxies = system_proxies()
    for name in (upstream.scheme, "all"):
        if proxies.get(name):
            return _parse(proxies[name], f"the environment's {name}_proxy setting")
    return None


def _parse(url: str, where: str) -> ChainedProxy:
    parts, port = http_address(url if "://" in url else f"http://{url}") or (urlsplit(""), 0)
    if not parts.hostname:
        raise ConfigurationError(
            f"{where} names no HTTP proxy that can be chained to",
            _SOCKS if url.lower().startswith("socks") else _HTTP,
        )
    credentials = None
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return ChainedProxy(parts.scheme, parts.hostname, port, credentials)
