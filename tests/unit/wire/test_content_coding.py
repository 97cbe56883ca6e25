"""Content encodings: one piece at a time, stacked, cut, damaged, swollen."""

import gzip
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.model.response import EncodingState
from pawwork_proxy.wire.content_coding import PIECE, ContentDecoder
from pawwork_proxy.wire.zstd import ZstdCompressor

TEXT = b"The same words, the same words, and some others. " * 200


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def packed_zstd(data: bytes) -> bytes:
    return ZstdCompressor().compress(data, ZstdCompressor.FLUSH_FRAME)


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


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_bomb_is_given_up(name: str) -> None:
    zeros = b"\0" * 100_000_000
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": lambda data: gzip.compress(data, 1),
        "br": partial(brotli.compress, quality=1),
        "zstd": packed_zstd,
    }
    packed = packers[name](zeros)
    decoder = ContentDecoder([name])
    parts = [packed[at : at + 1000] for at in range(0, len(packed), 1000)]
    sizes = [len(piece) for part in parts for piece in decoder.feed(part)]
    assert decoder.state() is EncodingState.TOO_LARGE
    assert sum(sizes) < 64_000_000


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_output_comes_in_pieces_of_bounded_size(name: str) -> None:
    if name == "br" and not hasattr(brotli.Decompressor, "can_accept_more_data"):
        pytest.skip("brotli 1.1 has no limit")
    packers = {"gzip": gzip.compress, "br": brotli.compress, "zstd": packed_zstd}
    decoder = ContentDecoder([name])
    sizes = [len(piece) for piece in decoder.feed(packers[name](b"\0" * 15_000_000))]
    assert sum(sizes) == 15_000_000
    assert max(sizes) <= 2 * PIECE
    assert decoder.state() is EncodingState.DECODED
