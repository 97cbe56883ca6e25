"""Content encodings: one piece at a time, stacked, cut, damaged, swollen."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.response import EncodingState
from pawwork_proxy.wire import content_coding
from pawwork_proxy.wire.content_coding import PIECE, ContentDecoder
from pawwork_proxy.wire.zstd import zstd

TEXT = b"The same words, the same words, and some others. " * 200


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def packed_zstd(data: bytes) -> bytes:
    return zstd.ZstdCompressor().compress(data, zstd.ZstdCompressor.FLUSH_FRAME)


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": raw_deflate(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": packed_zstd(TEXT[:70]) + packed_zstd(TEXT[70:]),
    "gzip, identity, br": brotli.compress(gzip.compress(TEXT)),
}


def decode(packed: bytes, name: str, step: int = 1 << 30) -> tuple[bytes, EncodingState]:
    decoder = ContentDecoder([name])
    out = b"".join(
        piece
        for at in range(0, len(packed), step)
        for piece in decoder.feed(packed[at : at + step])
    )
    return out, decoder.state()


@pytest.mark.parametrize("name", PACKED)
@given(step=st.integers(1, 200))
def test_pieces_decode_to_the_whole(name: str, step: int) -> None:
    assert decode(PACKED[name], name, step) == (TEXT, EncodingState.DECODED)


@pytest.mark.parametrize("name", PACKED)
def test_a_cut_body_gives_what_was_there(name: str) -> None:
    out, state = decode(PACKED[name][:-6], name, 7)
    assert state is EncodingState.CUT
    assert TEXT.startswith(out)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_damage_ends_in_a_state(name: str) -> None:
    decoder = ContentDecoder([name])
    assert list(decoder.feed(b"\xff\x00 nothing of the kind \xff" * 9)) in ([], [b""])
    assert decoder.state() is EncodingState.CORRUPT
    assert list(decoder.feed(b"more")) == []


def test_identity_passes_everything() -> None:
    assert decode(TEXT, "identity") == (TEXT, EncodingState.IDENTITY)
    assert decode(TEXT, "") == (TEXT, EncodingState.IDENTITY)


@pytest.mark.parametrize("name", ["compress", "gzip, secret", ",".join(["gzip"] * 9)])
def test_what_we_cannot_decode_is_left_alone(name: str) -> None:
    assert decode(TEXT, name) == (b"", EncodingState.UNSUPPORTED)


def test_nothing_packed_is_no_cut() -> None:
    assert decode(b"", "gzip") == (b"", EncodingState.DECODED)


def test_bytes_behind_a_deflate_stream_are_ignored() -> None:
    assert decode(zlib.compress(TEXT) + b"tail", "deflate")[0] == TEXT


ZEROS = b"\0" * 32_000_000
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": packed_zstd,
}
BOMBS = {name: pack(ZEROS) for name, pack in PACKERS.items()} | {
    # The outer layer swells, and what it holds comes to nothing.
    "gzip, gzip": gzip.compress(gzip.compress(b"") * 1_000_000),
    "deflate, br": brotli.compress(zlib.compress(b"") + ZEROS),
}
OVERSHOOT = PIECE if hasattr(brotli.Decompressor, "can_accept_more_data") else 16 * 1024 * 1024
"""What one step of the decoder gives at most: of brotli 1.1, a whole block."""


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("step", [1 << 30, 65536, 1000, 7])
def test_a_bomb_is_given_up_before_it_swells(
    name: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb, counted = BOMBS[name], [0]
    for coding in (content_coding._Zlib, content_coding._Brotli, content_coding._Zstd):
        feed = coding.feed

        def counting(self: Any, data: bytes, feed: Any = feed) -> Iterator[bytes]:
            for piece in feed(self, data):
                counted[0] += len(piece)
                yield piece

        monkeypatch.setattr(coding, "feed", counting)
    assert decode(bomb, name, step)[1] is EncodingState.TOO_LARGE
    believed = content_coding.FREE_SWELL + content_coding.MAX_RATIO * (len(bomb) + 4096)
    assert counted[0] <= believed + 2 * OVERSHOOT, "in all layers together"


@pytest.mark.parametrize(
    ("members", "state"), [(10_000, EncodingState.DECODED), (10_001, EncodingState.TOO_LARGE)]
)
def test_members_that_hold_nothing_are_counted(members: int, state: EncodingState) -> None:
    assert decode(gzip.compress(b"") * members, "gzip")[1] is state


def test_no_body_is_decoded_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_coding, "MOST_DECODED", 1000)
    assert decode(gzip.compress(os.urandom(1000)), "gzip")[1] is EncodingState.DECODED
    assert decode(gzip.compress(os.urandom(1001)), "gzip")[1] is EncodingState.TOO_LARGE


def test_a_window_that_no_server_may_use_is_refused() -> None:
    """A small frame could ask for 128 MiB of memory."""
    packer = zstd.ZstdCompressor(options={int(zstd.CompressionParameter.window_log): 24})
    packed = packer.compress(TEXT) + packer.flush(zstd.ZstdCompressor.FLUSH_BLOCK)
    assert decode(packed, "zstd")[1] is EncodingState.CORRUPT


@pytest.mark.parametrize("name", PACKERS)
def test_output_comes_in_pieces_of_bounded_size(name: str) -> None:
    decoder = ContentDecoder([name])
    sizes = [len(piece) for piece in decoder.feed(PACKERS[name](ZEROS[:1_000_000]))]
    assert sum(sizes) == 1_000_000
    assert max(sizes) <= 2 * OVERSHOOT
    assert decoder.state() is EncodingState.DECODED
