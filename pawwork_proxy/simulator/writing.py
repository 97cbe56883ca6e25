"""Writes one planned response to one connection: head, coding, pauses, and endings that break.

The only module that touches an HTTP response. Invariant: each part is handed to the kernel, coded
and flushed, before the next pause begins; so a compressed stream is no later than a plain one.
"""

import asyncio
import socket
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from typing import NamedTuple

import brotli
from aiohttp import web

from pawwork_proxy.simulator.plan import Plan
from pawwork_proxy.simulator.state import Seen
from pawwork_proxy.wire.zstd import zstd

SMALLEST_CODED = 50
"""Shorter bodies are sent plain, as the edge does."""
BODILESS = frozenset({204, 304})


class Coder(NamedTuple):
    """Compresses one body, piece by piece."""

    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    end: Callable[[], bytes]
    """What closes the coded body."""

    def part(self, data: bytes) -> bytes:
        """The bytes for `data`, which can be decoded at once."""
        return self.compress(data) + self.flush()


def _zlib(window: int) -> Coder:
    stream = zlib.compressobj(6, zlib.DEFLATED, window)
    return Coder(stream.compress, partial(stream.flush, zlib.Z_SYNC_FLUSH), stream.flush)


def _brotli() -> Coder:
    stream = brotli.Compressor(quality=4)
    return Coder(stream.process, stream.flush, stream.finish)


def _zstd() -> Coder:
    stream = zstd.ZstdCompressor(level=3)
    flush = partial(stream.flush, zstd.ZstdCompressor.FLUSH_BLOCK)
    return Coder(stream.compress, flush, stream.flush)


CODERS: Mapping[str, Callable[[], Coder]] = {
    "zstd": _zstd,
    "br": _brotli,
    "gzip": partial(_zlib, 31),
    "deflate": partial(_zlib, 15),
}
"""In the order of preference."""


def chosen_coding(accept_encoding: str) -> str | None:
    """The preferred coding that the client accepts; None: send it plain."""
    accepted = set()
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        if parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            accepted.add(name.strip())
    return next((name for name in CODERS if name in accepted), None)


async def write_plan(
    request: web.BaseRequest, plan: Plan, now: datetime, seen: Seen, *, compress: bool
) -> web.StreamResponse:
    """Write the whole response as the edge would; returns once it is over.

    Raises ConnectionResetError. `seen` is filled in while writing, so that it is true at any moment
    of an abort.
    """
    if plan.first_delay_s:
        await asyncio.sleep(plan.first_delay_s)
    if plan.end == "reset":
        seen.ending = "fault"
        _abort(request, with_reset=True)
        return web.StreamResponse()
    coding = _coding(request, plan, compress)
    response = _head(plan, coding, now, seen.number)
    seen.status = plan.status
    await response.prepare(request)
    coder = CODERS[coding]() if coding else None
    for number, part in enumerate(plan.parts):
        if number and plan.each_delay_s:
            await asyncio.sleep(plan.each_delay_s)
        data = coder.part(part) if coder else part
        if plan.end == "truncated" and number == len(plan.parts) - 1:
            data = data[: len(data) // 2]
        if data:
            await response.write(data)
            seen.sent_bytes += len(data)
    match plan.end:
        case "stall":
            await asyncio.Event().wait()
        case "cut":
            seen.ending = "fault"
            await _flushed(request)
            _abort(request, with_reset=False)
            return response
        case "truncated":
            seen.ending = "fault"
        case _:
            closing = coder.end() if coder else b""
            if closing:
                await response.write(closing)
                seen.sent_bytes += len(closing)
            seen.ending = "complete"
    await response.write_eof()
    return response


def _coding(request: web.BaseRequest, plan: Plan, compress: bool) -> str | None:
    accepted = chosen_coding(request.headers.get("accept-encoding", ""))
    if plan.end == "truncated":
        return accepted or "gzip"
    worth_it = plan.streamed or len(plan.parts[0]) >= SMALLEST_CODED
    return accepted if compress and worth_it else None


def _head(plan: Plan, coding: str | None, now: datetime, number: int) -> web.StreamResponse:
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "Server": "cloudflare",
        "CF-RAY": f"{0x9A0 << 52 | number * 0x10003:016x}-SIM",
    }
    if plan.content_type:
        headers["Content-Type"] = plan.content_type
    if coding:
        headers["Content-Encoding"] = coding
        headers["Vary"] = "Accept-Encoding"
    headers.update(plan.headers)
    response = web.StreamResponse(status=plan.status, headers=headers)
    if not plan.streamed and not coding and plan.end == "complete":
        response.content_length = len(plan.parts[0])
    elif plan.status not in BODILESS:
        response.enable_chunked_encoding()
    return response


async def _flushed(request: web.BaseRequest) -> None:
    """Wait until the kernel has everything: an abort drops what is still in our own buffer."""
    transport = request.transport
    while transport is not None and not transport.is_closing():
        if transport.get_write_buffer_size() == 0:
            return
        await asyncio.sleep(0.001)


def _abort(request: web.BaseRequest, *, with_reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    peer = transport.get_extra_info("socket")
    if with_reset and peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
