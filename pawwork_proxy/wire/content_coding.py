"""Undoes `content-encoding` piece by piece, as the bytes pass.

Invariant: never raises. Damaged, cut or hostile data ends in a state, and what came out before
the damage counts. Output comes in pieces of bounded size. Data that swells like a decompression
bomb, in any of its layers, is given up early, so that neither memory nor time follow it; whether
that happens does not depend on how the data was cut into chunks.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import brotli

from pawwork_proxy.model.response import EncodingState
from pawwork_proxy.wire.zstd import zstd

PIECE = 64 * 1024
"""Bytes that one step yields at most; brotli may give twice as much."""
FREE_SWELL = 1024 * 1024
"""Up to here, any ratio is believed; all layers count."""
MAX_RATIO = 64
"""Beyond it, text does not compress better than this."""
MOST_DECODED = 256 * 1024 * 1024
"""No answer of a model is longer, whatever its ratio."""
MOST_MEMBERS = 10_000
"""Members of one gzip body: each costs, also one that holds nothing."""
MAX_CODINGS = 4  # more layers are a bomb, not a server
STEP = 4096
"""Bytes that are decoded at once: damage costs no more than one step's output."""
_LIMITED = hasattr(brotli.Decompressor, "can_accept_more_data")
_BROTLI_LIMIT = {"output_buffer_limit": PIECE} if _LIMITED else {}
"""Since brotli 1.2."""
_BROTLI_STEP = STEP if _LIMITED else 8
"""Python 3.11 has brotli 1.1, which gives at once whatever the bytes that it gets decode to. Eight
bytes cannot begin a second block, and one block has 16 MiB at most."""
_MAX_WINDOW_LOG = 23  # 8 MiB, what RFC 9659 allows a server


class _Swollen(Exception):
    """More comes out than is believed."""


class _Coding(Protocol):
    """One layer. `feed` raises the library's own error on damaged data."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...

    @property
    def complete(self) -> bool: ...


class _Zlib:
    """gzip, zlib, and the raw deflate that some servers call `deflate`."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._engine = zlib.decompressobj(wbits)
        self._members = 1
        self._first = b"" if wbits == zlib.MAX_WBITS else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._first is not None:
            data = self._first + data
            if len(data) < 2:
                self._first = data
                return
            self._first = None
            if not _has_zlib_header(data):
                self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        while data:
            if self._engine.eof:
                if self._wbits <= zlib.MAX_WBITS:
                    return
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise _Swollen
                self._engine = zlib.decompressobj(self._wbits)  # gzip members may follow
            yield self._engine.decompress(data, PIECE)
            data = self._engine.unconsumed_tail or self._engine.unused_data

    @property
    def complete(self) -> bool:
        return self._engine.eof


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _BROTLI_STEP):
            piece = self._engine.process(data[start : start + _BROTLI_STEP], **_BROTLI_LIMIT)
            while piece:
                yield piece
                piece = self._engine.process(b"", **_BROTLI_LIMIT)

    @property
    def complete(self) -> bool:
        return bool(self._engine.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._engine = _zstd_engine()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data or not (self._engine.needs_input or self._engine.eof):
            if self._engine.eof:
                self._engine = _zstd_engine()  # frames may follow one another
            yield self._engine.decompress(data, PIECE)
            data = self._engine.unused_data if self._engine.eof else b""

    @property
    def complete(self) -> bool:
        return self._engine.eof


def _zstd_engine() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
    )


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950: method 8, and the two bytes are a multiple of 31."""
    return data[0] & 0x0F == 8 and (data[0] * 256 + data[1]) % 31 == 0


_CODINGS: dict[str, Callable[[], _Coding]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstd,
}


class ContentDecoder:
    """Decodes one body; give it the values of all content-encoding headers."""

    def __init__(self, encodings: Sequence[str] = ()) -> None:
        listed = [name.strip().lower() for value in encodings for name in value.split(",")]
        names = [name for name in listed if name not in ("", "identity")]
        known = [name for name in reversed(names[:MAX_CODINGS]) if name in _CODINGS]
        self._layers = [_CODINGS[name]() for name in known]
        self._failed = None if len(self._layers) == len(names) else EncodingState.UNSUPPORTED
        self.passes = not self._layers and self._failed is None
        """There is nothing to undo: what is fed comes out as it is."""
        self._taken = self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bytes that these bytes decode to, in pieces; nothing after a failure."""
        if self.passes:
            yield data
            return
        try:
            for start in range(0, len(data), STEP):
                if self._failed is not None:
                    return
                step = data[start : start + STEP]
                self._taken += len(step)
                yield from self._through(step, 0)
        except _Swollen:
            self._failed = EncodingState.TOO_LARGE
        except (zlib.error, brotli.error, zstd.ZstdError, MemoryError):
            self._failed = EncodingState.CORRUPT

    def _through(self, data: bytes, layer: int) -> Iterator[bytes]:
        if layer == len(self._layers):
            if data:
                yield data
            return
        for piece in self._layers[layer].feed(data):
            self._given += len(piece)
            if self._given > self._believed():
                raise _Swollen
            yield from self._through(piece, layer + 1)

    def _believed(self) -> int:
        """How much these bytes may decode to: those up to the end of their step."""
        steps = -(-self._taken // STEP)
        return min(MOST_DECODED, FREE_SWELL + MAX_RATIO * STEP * steps)

    def give_up(self) -> None:
        """Decode no more: what comes out costs too much to read."""
        if not self.passes:
            self._failed = EncodingState.TOO_LARGE

    def state(self) -> EncodingState:
        """How the decoding went, once all bytes are in."""
        if self._failed is not None:
            return self._failed
        if not self._layers:
            return EncodingState.IDENTITY
        if self._taken and not all(layer.complete for layer in self._layers):
            return EncodingState.CUT
        return EncodingState.DECODED
