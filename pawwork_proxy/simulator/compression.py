"""Content codings of responses: chosen by `accept-encoding`, flushed at each event.

Invariant: what `part` returns can be decoded at once up to the end of that part, so a compressed
stream is no later than a plain one.
"""

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import brotli

from pawwork_proxy.wire.zstd import ZstdCompressor


class Coder(Protocol):
    """Compresses one body, piece by piece."""

    def part(self, data: bytes) -> bytes:
        """The bytes for `data`, flushed."""

    def end(self) -> bytes:
        """What closes the coded body."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._stream = zlib.compressobj(6, zlib.DEFLATED, window)

    def part(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._stream.flush(zlib.Z_FINISH)


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Compressor(quality=4)

    def part(self, data: bytes) -> bytes:
        return bytes(self._stream.process(data) + self._stream.flush())

    def end(self) -> bytes:
        return bytes(self._stream.finish())


class _Zstd:
    def __init__(self) -> None:
        self._stream = ZstdCompressor(level=3)

    def part(self, data: bytes) -> bytes:
        return self._stream.compress(data, ZstdCompressor.FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._stream.flush()


CODERS: Mapping[str, Callable[[], Coder]] = MappingProxyType(
    {
        "zstd": _Zstd,
        "br": _Brotli,
        "gzip": lambda: _Zlib(31),
        "deflate": lambda: _Zlib(15),
    }
)
"""In the order of preference."""


def chosen_coding(accept_encoding: str) -> str | None:
    """The preferred coding that the client accepts; None: send it plain."""
    accepted = set()
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        if parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            accepted.add(name.strip())
    return next((name for name in CODERS if name in accepted), None)
