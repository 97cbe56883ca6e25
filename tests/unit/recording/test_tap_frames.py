"""Frames of a tap: of whatever arrives only well-formed ones come out, and little is held."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.recording.tap_frames import LONGEST_FRAME, Chunk, Frame, FrameReader, Head

HEAD = {"t": "head", "id": 1, "at": 1.5, "status": 200, "headers": [["a", "b"]]}
CHUNK = {"t": "chunk", "id": 1, "at": 2, "data": "aGk=", "lost": {"chunk": 2}}


def line(frame: Any) -> bytes:
    return json.dumps(frame).encode() + b"\n"


def read(*pieces: bytes) -> tuple[list[Frame], FrameReader]:
    reader = FrameReader()
    return [frame for piece in pieces for frame in reader.feed(piece)], reader


WHOLE = line(HEAD) + line(CHUNK)
READ = [
    Head(id=1, at=1.5, status=200, headers=(("a", "b"),)),
    Chunk(id=1, at=2, data=b"hi", lost={"chunk": 2}),
]


@given(st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_frames_do_not_depend_on_how_they_are_cut(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(WHOLE)]
    found, reader = read(*(WHOLE[a:b] for a, b in pairwise(ends)))
    assert found == READ
    assert not reader.damaged


@given(st.lists(st.binary(max_size=64)))
def test_no_bytes_raise_and_the_next_frame_is_read(pieces: list[bytes]) -> None:
    found, _ = read(*pieces, b"\n", WHOLE)
    assert found[-2:] == READ


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.sampled_from([HEAD, CHUNK]), st.sampled_from([*HEAD, *CHUNK]), json_values)
def test_a_frame_with_any_value_in_a_field_is_read_or_skipped(
    frame: dict[str, object], field: str, value: object
) -> None:
    found, reader = read(line(frame | {field: value}))
    assert len(found) + reader.damaged == 1


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "other", "at": 1},
        {"t": "unseen"},
        {"t": "unseen", "at": -1},
        {"t": "unseen", "at": 1e300},
        HEAD | {"status": 2**40},
        HEAD | {"id": "1"},
        HEAD | {"headers": [["a"]]},
        CHUNK | {"data": "no base64!"},
        CHUNK | {"lost": {"elsewhere": 1}},
        [],
        None,
    ],
)
def test_what_is_no_frame_is_counted_and_skipped(frame: object) -> None:
    found, reader = read(line(frame), WHOLE)
    assert found == READ
    assert reader.damaged == 1


def test_deep_nesting_is_skipped() -> None:
    found, reader = read(b'{"t":"unseen","at":1,"x":' + b"[" * 100_000 + b"\n", WHOLE)
    assert found == READ
    assert reader.damaged == 1


def test_an_endless_line_is_dropped_while_it_comes() -> None:
    reader = FrameReader()
    for _ in range(5):
        assert not list(reader.feed(b"x" * LONGEST_FRAME))
        assert len(reader._held) <= LONGEST_FRAME
    assert list(reader.feed(b"x\n" + WHOLE)) == READ
    assert reader.damaged == 1


def test_a_torn_last_line_is_no_frame() -> None:
    found, reader = read(WHOLE[:-1])
    assert found == READ[:1]
    assert not reader.damaged
