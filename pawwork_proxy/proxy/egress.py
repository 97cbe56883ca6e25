"""Asks the edge how it sees this machine: the opt-in egress probe.

`GET /cdn-cgi/trace` of the upstream, over the route that the traffic takes: from the same local
address, through the same chained proxy, with TLS verified against the same certificates. It
costs no quota (source `server-reports`).
Invariant: no response is not an error: a probe gives None, and never raises for what the network or
the response holds. The raw address leaves this module in `Trace` only, for the pseudonymiser.
"""

import asyncio
import ipaddress
import socket
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy import __version__
from pawwork_proxy.facts.server import TRACE
from pawwork_proxy.model.context import Egress
from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.trust import trusting
from pawwork_proxy.recording.destination import Upstream
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from pawwork_proxy.redaction.shapes import ShapeName, Shapes

LONGEST_RESPONSE = 4096
"""At most so many bytes of a response are read; a real one has about 300."""
PATIENCE_S = 5.0  # a probe that takes longer counts as unanswered
_HEADERS = {"User-Agent": f"pawwork-proxy/{__version__}", "Accept-Encoding": "identity"}
"""We ask for no content coding: a small page gains nothing by it, and nothing must be decoded."""


class Trace(NamedTuple):
    """What the edge says of a connection, raw: lives in memory only."""

    address: str
    country: str | None
    colo: str | None


class ProbeRoute(NamedTuple):
    """The way of the traffic; `certificates`: what the user trusts beside the usual authorities."""

    upstream: Upstream
    via: ChainedProxy | None = None
    certificates: Path | None = None

    @property
    def first_hop(self) -> tuple[str, int]:
        """Whom a connection is opened to."""
        hop = self.via or self.upstream
        return hop.host, hop.port


def parse_trace(text: str) -> Trace | None:
    """The `key=value` lines of a trace page; None when it names no IP address."""
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line]
    found = {name.strip(): value.strip() for name, value in reversed(pairs)}  # the first one counts
    try:
        address = str(ipaddress.ip_address(found.get("ip", "")))
    except ValueError:
        return None
    return Trace(address, found.get("loc"), found.get("colo"))


def egress_of(trace: Trace, pseudonyms: Pseudonymiser, at: datetime) -> Egress | None:
    """What a record may keep of a trace; slow, for addresses pass the slow derivation."""
    shapes = Shapes(pseudonyms)
    address = pseudonyms.address(trace.address)
    if address.family is None:
        return None

    def kept(shape: ShapeName, text: str | None) -> str | None:
        shaped = shapes.of(shape, text) if text else None
        return shaped.text if shaped and shaped.kept else None

    return Egress(
        observed_at=at,
        address=address.address,
        family=address.family,
        prefix=address.prefix,
        country=kept(ShapeName.COUNTRY, trace.country),
        colo=kept(ShapeName.COLO, trace.colo),
    )


async def source_towards(route: ProbeRoute) -> str | None:
    """The local address that a connection of the traffic would leave from now."""
    try:
        # Connecting a datagram socket sends nothing; it asks the system for the route.
        probe, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=route.first_hop
        )
    except OSError:
        return None
    try:
        return str(probe.get_extra_info("sockname")[0])
    finally:
        probe.close()


async def ask_trace(route: ProbeRoute, source: str | None) -> Trace | None:
    """What the edge says of a connection from a local address; None without a usable response."""
    import aiohttp  # noqa: PLC0415  as slow to load as all of asyncio, and most runs never probe

    try:
        async with asyncio.timeout(PATIENCE_S):
            text = await _fetch(route, source)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    return None if text is None else parse_trace(text)


async def _fetch(route: ProbeRoute, source: str | None) -> str | None:
    import aiohttp  # noqa: PLC0415

    family = socket.AF_UNSPEC
    if source is not None:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
    connector = aiohttp.TCPConnector(
        local_addr=(source, 0) if source else None,
        family=family,
        ssl=trusting(route.certificates),
    )
    credentials = route.via.credentials if route.via else None
    upstream = route.upstream
    async with (
        aiohttp.ClientSession(
            connector=connector, headers=_HEADERS, cookie_jar=aiohttp.DummyCookieJar()
        ) as session,
        session.get(
            f"{upstream.scheme}://{upstream.authority}{TRACE}",
            proxy=route.via.address if route.via else None,
            proxy_auth=aiohttp.BasicAuth(*credentials.split(":", 1)) if credentials else None,
            allow_redirects=False,
        ) as response,
    ):
        if response.status != 200:
            return None
        text = b""
        async for piece in response.content.iter_any():
            text += piece
            if len(text) >= LONGEST_RESPONSE:
                break
        return text[:LONGEST_RESPONSE].decode("ascii", "replace")
