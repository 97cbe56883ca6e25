"""Event splitting does not depend on chunks; lines that are no field are noticed."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.wire.events import KEPT_OF_LARGE, EventSplitter, parse_events, segments

LINES = st.sampled_from(
    [b"data: a", b"data:b", b"event: x", b": c", b"id: 1", b"retry: 5", b"", b"odd", b'{"a":1}']
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def split(pieces: list[bytes]) -> tuple[list[object], bytes]:
    splitter = EventSplitter()
    blocks = b"".join(splitter.feed(piece) for piece in pieces)
    return list(parse_events(blocks)), splitter.rest()


@given(st.lists(st.tuples(LINES, ENDS), max_size=30), st.data())
def test_chunks_do_not_matter(lines: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    body = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    edges = [0, *cuts, len(body)]
    pieces = [body[a:b] for a, b in pairwise(edges)]
    whole, cut = split([body]), split(pieces)
    assert whole[0] == cut[0]
    assert whole[1].strip(b"\n") == cut[1].strip(b"\n")


def test_fields_of_an_event() -> None:
    event = next(parse_events(b": c\nevent: error\ndata: a\ndata:  b\nid: 7\nretry: 1\nodd\n\n"))
    assert (event.name, event.data, event.comments, event.loose) == ("error", b"a\n b", 1, b"")


def test_an_unframed_object_is_loose() -> None:
    assert next(parse_events(b'{"error":{}}\n\n')).loose == b'{"error":{}}'


def test_a_byte_order_mark_is_dropped() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"\xef\xbb") + splitter.feed(b"\xbfdata: a\n\n") == b"data: a\n\n"


def test_a_large_event_keeps_its_head() -> None:
    splitter = EventSplitter()
    for _ in range(10):
        splitter.feed(b"data: " + b"x" * 100_000)
    assert splitter.truncated
    assert len(splitter.rest()) < 400_000
    kept = splitter.feed(b"y\n\n")
    assert kept.startswith(b"data: " + b"x" * 100_000)
    assert KEPT_OF_LARGE < len(kept) < KEPT_OF_LARGE + 300_000
    assert splitter.rest() == b""


def test_segments_are_whole_events_and_lose_nothing() -> None:
    block = b"data: " + b"x" * 5000 + b"\n\n"
    parts = list(segments(block * 20 + b"data: end"))
    assert b"".join(parts) == block * 20 + b"data: end"
    assert len(parts) > 3
    assert all(part.endswith(b"\n\n") for part in parts[:-1])
    assert list(segments(b"x" * 40_000)) == [b"x" * 40_000]
