"""Undoes `content-encoding` piece by piece, as the bytes pass.

Invariant: never raises. Damaged, cut or hostile data ends in a state, and what came out before
the damage counts. One call never yields more than `MAX_STEP` bytes, one body never more than
`MAX_TOTAL`: a decompression bomb costs nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

from pawwork_proxy.model.answer import EncodingState

MAX_STEP = 4 * 1024 * 1024
MAX_TOTAL = 64 * 1024 * 1024
MAX_CODINGS = 4


class _Coding(Protocol):
    """One layer of encoding. `feed` raises the library's own error on damaged data."""

    def feed(self, data: bytes) -> bytes: ...

    @property
    def complete(self) -> bool: ...


class _Zlib:
    """gzip, zlib, and the raw deflate that some servers call `deflate`."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._engine = zlib.decompressobj(wbits)
        self._started = False

    def feed(self, data: bytes) -> bytes:
        if not self._started and self._wbits == zlib.MAX_WBITS:
            self._started = True
            if not _looks_like_zlib(data):
                self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        out = self._engine.decompress(data, MAX_STEP)
        while self._engine.eof and self._engine.unused_data and self._wbits > zlib.MAX_WBITS:
            rest = self._engine.unused_data  # gzip members may follow one another
            self._engine = zlib.decompressobj(self._wbits)
            out += self._engine.decompress(rest, MAX_STEP)
        if self._engine.unconsumed_tail:
            raise _TooLargeError
        return out

    @property
    def complete(self) -> bool:
        return self._engine.eof


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()

    def feed(self, data: bytes) -> bytes:
        # brotli has no output limit on older versions: small steps bound what one step yields
        out = bytearray()
        for start in range(0, len(data), 1024):
            out += self._engine.process(data[start : start + 1024])
            if len(out) > MAX_STEP:
                raise _TooLargeError
        return bytes(out)

    @property
    def complete(self) -> bool:
        return bool(self._engine.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._new()

    def _new(self) -> None:
        self._engine = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    def feed(self, data: bytes) -> bytes:
        out = bytearray()
        for start in range(0, len(data), 256):
            piece = data[start : start + 256]
            while piece:
                if self._engine.eof:
                    self._new()  # frames may follow one another
                out += self._engine.decompress(piece)
                piece = self._engine.unused_data if self._engine.eof else b""
            if len(out) > MAX_STEP:
                raise _TooLargeError
        return bytes(out)

    @property
    def complete(self) -> bool:
        return bool(self._engine.eof)


class _TooLargeError(Exception):
    """The data swells beyond what we look at."""


def _looks_like_zlib(data: bytes) -> bool:
    return data[:1] in (
        b"\x78",
        b"\x58",
        b"\x48",
        b"\x38",
        b"\x68",
        b"\x28",
        b"\x18",
        b"\x08",
    ) and (len(data) < 2 or (data[0] * 256 + data[1]) % 31 == 0)


def _coding(name: str) -> _Coding | None:
    match name:
        case "gzip" | "x-gzip":
            return _Zlib(zlib.MAX_WBITS | 16)
        case "deflate":
            return _Zlib(zlib.MAX_WBITS)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
        case _:
            return None


class ContentDecoder:
    """Decodes one body; give it the values of all content-encoding headers."""

    def __init__(self, encodings: Sequence[str] = ()) -> None:
        names = [
            name.strip().lower() for value in encodings for name in value.split(",") if name.strip()
        ]
        names = [name for name in names if name != "identity"]
        codings = [_coding(name) for name in reversed(names[:MAX_CODINGS])]
        self._layers = [coding for coding in codings if coding is not None]
        self._total = 0
        self._failed: EncodingState | None = None
        if len(self._layers) != len(names):
            self._failed = EncodingState.UNSUPPORTED
        self._any = False

    def feed(self, data: bytes) -> bytes:
        """The bytes that these bytes decode to; empty after a failure."""
        if not self._layers and self._failed is None:
            return data
        if self._failed is not None:
            return b""
        self._any = self._any or bool(data)
        try:
            for layer in self._layers:
                data = layer.feed(data)
        except _TooLargeError:
            self._failed = EncodingState.TOO_LARGE
            return b""
        except (zlib.error, brotli.error, zstandard.ZstdError, MemoryError):
            self._failed = EncodingState.CORRUPT
            return b""
        self._total += len(data)
        if self._total > MAX_TOTAL:
            self._failed = EncodingState.TOO_LARGE
        return data

    def state(self) -> EncodingState:
        """How the decoding went, once all bytes are in."""
        if self._failed is not None:
            return self._failed
        if not self._layers:
            return EncodingState.IDENTITY
        if self._any and not all(layer.complete for layer in self._layers):
            return EncodingState.CUT
        return EncodingState.DECODED
