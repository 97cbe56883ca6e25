"""The way from the tunnel to a host: directly, or through the user's own proxy as the client would.

Invariant: credentials of that proxy go to that proxy alone.
"""

import asyncio
import base64
from pathlib import Path

from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.trust import trusting
from pawwork_proxy.proxy.tunnel import Connect, ProxyAnswer, ProxyFailed, Streams
from pawwork_proxy.recording.flows import OUT_OF_DESCRIPTORS


def way_out(
    via: ChainedProxy | None, source: str | None = None, certificates: Path | None = None
) -> Connect:
    """Opens connections, from a local address where the user named one.

    `certificates`: what the user trusts instead of the usual authorities, for a proxy over TLS.
    """
    local = (source, 0) if source else None

    async def directly(host: str, port: int) -> Streams:
        return await asyncio.open_connection(host, port, local_addr=local)

    async def chained(host: str, port: int) -> Streams:
        assert via is not None
        tls = None
        if via.scheme == "https":
            tls = trusting(certificates)
        try:
            streams = await asyncio.open_connection(via.host, via.port, local_addr=local, ssl=tls)
        except OSError as error:
            raise error if error.errno in OUT_OF_DESCRIPTORS else ProxyFailed from None
        try:
            await _ask_for(host, port, via.credentials, streams)
        except ProxyAnswer:
            raise
        except BaseException:
            streams[1].close()
            raise
        return streams

    return chained if via else directly


async def _ask_for(host: str, port: int, credentials: str | None, streams: Streams) -> None:
    """Ask a proxy for a tunnel. Raises ProxyAnswer when it says something else than yes."""
    reader, writer = streams
    name = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}"]
    if credentials is not None:
        lines.append(
            f"Proxy-Authorization: Basic {base64.b64encode(credentials.encode()).decode()}"
        )
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise ProxyFailed from None
    if head.split(maxsplit=2)[1:2] != [b"200"]:
        raise ProxyAnswer(head, streams)
