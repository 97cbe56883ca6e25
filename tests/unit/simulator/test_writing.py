import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.simulator.writing import CODERS, chosen_coding
from pawwork_proxy.wire.zstd import zstd


class Decoder:
    """Decodes as far as it can with what it has."""

    def __init__(self, coding: str) -> None:
        if coding == "br":
            self.feed = brotli.Decompressor().process
        elif coding == "zstd":
            self.feed = zstd.ZstdDecompressor().decompress
        else:
            self.feed = zlib.decompressobj(31 if coding == "gzip" else 15).decompress


@pytest.mark.parametrize("coding", sorted(CODERS))
@given(parts=st.lists(st.binary(min_size=1), max_size=8))
def test_each_part_can_be_decoded_at_once(coding: str, parts: list[bytes]) -> None:
    coder, decoder = CODERS[coding](), Decoder(coding)
    for part in parts:
        assert decoder.feed(coder.part(part)) == part
    assert decoder.feed(coder.end()) == b""


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("deflate", "deflate"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip;q=0, br; q=0.0, deflate", "deflate"),
        ("identity", None),
        ("", None),
    ],
)
def test_the_clients_list_decides(accept: str, coding: str | None) -> None:
    assert chosen_coding(accept) == coding
