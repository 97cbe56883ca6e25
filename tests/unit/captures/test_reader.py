"""Every whole line comes back, whatever happened to the others."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.captures import lines, reader
from pawwork_proxy.captures.lines import MAX_LINE_BYTES
from pawwork_proxy.captures.reader import Capture, opened_capture, read_capture, view_capture
from pawwork_proxy.errors import CaptureFormatError, UnsupportedSchemaError
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import End, Note, Stub
from pawwork_proxy.model.signals import Signals
from tests.unit.builders import NOON, connection, exchange, header, hello, opened

LINES = [
    line_of(header()),
    line_of(opened(1)),
    line_of(opened(2)),
    line_of(exchange(2)),
    line_of(opened(3)),
    line_of(Stub(seq=3, at=NOON, install="main", reason="taint")),
    line_of(Note(at=NOON, event="records_lost", count=1)),
    line_of(End(at=NOON, exchanges=1, reason="finished")),
]


def read(folder: Path, data: bytes) -> Capture:
    path = folder / "capture.jsonl"
    path.write_bytes(data)
    return read_capture(path)


def test_lines_find_their_places_and_the_open_one_is_interrupted(tmp_path: Path) -> None:
    capture = read(tmp_path, b"".join(LINES))
    assert capture.header == header()
    assert capture.exchanges == [exchange(2)]
    assert [one.seq for one in capture.interrupted] == [1]
    assert [one.seq for one in capture.stubs] == [3]
    assert [one.count for one in capture.notes] == [1]
    assert capture.end is not None
    assert (capture.count, capture.in_part) == (1, 0)


def test_exchanges_that_were_seen_in_part_are_counted(tmp_path: Path) -> None:
    signals = Signals(status=200, unobserved=("response_body",))
    part = [line_of(exchange(seq, signals=signals)) for seq in (4, 5)]
    capture = read(tmp_path, b"".join([LINES[0], LINES[3], *part]))
    assert (capture.count, capture.in_part) == (3, 2)


def test_each_exchange_is_handed_on_with_the_place_of_its_line(tmp_path: Path) -> None:
    """Also behind a line that is longer than any may be."""
    path = tmp_path / "capture.jsonl"
    path.write_bytes(b"".join([LINES[0], b"x" * (MAX_LINE_BYTES + 9) + b"\n", *LINES[1:]]))
    places: list[int] = []
    with opened_capture(path) as stream:
        view_capture(path, stream, lambda _, lines: places.append(lines.offset))
    assert [path.read_bytes()[place:].splitlines()[0] + b"\n" for place in places] == [LINES[3]]


@settings(max_examples=2 * settings().max_examples)
@given(cut=st.integers(len(LINES[0]), sum(map(len, LINES))))
def test_a_capture_cut_anywhere_gives_back_every_whole_line(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = b"".join(LINES)[:cut]
    whole = data.count(b"\n")
    capture = read(tmp_path_factory.mktemp("cut"), data)
    read_back = (
        1
        + len(capture.exchanges)
        + len(capture.stubs)
        + len(capture.notes)
        + len(capture.interrupted)
        + (capture.end is not None)
    )
    finished = len(capture.exchanges) + len(capture.stubs)
    assert read_back + finished - len(capture.damages) <= whole + 1
    assert len(capture.damages) <= 1
    complete = data.endswith(b"\n") or data.rpartition(b"\n")[2] + b"\n" in LINES
    assert bool(capture.damages) == (not complete)


@given(
    noise=st.binary(min_size=1, max_size=200).filter(lambda noise: b"header" not in noise),
    place=st.integers(1, len(LINES)),
)
def test_noise_between_lines_hides_none_of_them(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = b"".join([*LINES[:place], noise + b"\n", *LINES[place:]])
    capture = read(tmp_path_factory.mktemp("noise"), data)
    assert capture.exchanges == [exchange(2)]
    assert capture.end is not None


def test_damages_are_named_by_line_number(tmp_path: Path) -> None:
    data = b"".join([LINES[0], b"{broken\n", b"\n", b'{"type":"other"}\n', LINES[3][:50]])
    damages = read(tmp_path, data).damages
    assert [(one.number, one.reason) for one in damages] == [
        (2, "not_json"),
        (4, "not_a_record"),
        (5, "torn"),
    ]


def test_an_overlong_line_is_skipped_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (lines, reader):
        monkeypatch.setattr(module, "MAX_LINE_BYTES", 8192)
    data = b"".join([LINES[0], b"x" * 40_000 + b"\n", LINES[3]])
    capture = read(tmp_path, data)
    assert [one.reason for one in capture.damages] == ["too_long"]
    assert capture.exchanges == [exchange(2)]


def test_what_stands_before_the_header_is_damage(tmp_path: Path) -> None:
    capture = read(tmp_path, b"".join([b"?\n", LINES[3], LINES[0], line_of(exchange(4))]))
    assert [(one.number, one.reason) for one in capture.damages] == [
        (1, "not_json"),
        (2, "before_header"),
    ]
    assert [one.seq for one in capture.exchanges] == [4]


OTHER = line_of(header(capture_id="f" * 16))


@pytest.mark.parametrize(
    "second",
    [
        OTHER,
        b" " + OTHER.replace(b":", b": "),
        LINES[3][:90] + OTHER,
        OTHER[:50] + b"\n",
        OTHER.replace(b'"schema_version":2', b'"schema_version": 9'),
        b'{"kind":1, "type": "header", "surprise":true}\n',
    ],
    ids=["whole", "spaced", "glued", "torn", "newer", "odd"],
)
def test_another_capture_in_the_file_is_left_out_whole(tmp_path: Path, second: bytes) -> None:
    rest = [line_of(exchange(2)), b"{broken\n", line_of(exchange(7)), LINES[-1]]
    capture = read(tmp_path, b"".join([LINES[0], LINES[3], second, *rest]))
    assert [one.seq for one in capture.exchanges] == [2]
    assert capture.end is None
    assert [one.number for one in capture.damages] == [3, 4, 5, 6, 7]
    assert {one.reason for one in capture.damages} == {"another_capture"}


def test_no_two_records_share_a_number(tmp_path: Path) -> None:
    twice = [LINES[3], LINES[2], LINES[5], LINES[5], line_of(exchange(3))]
    capture = read(tmp_path, b"".join([LINES[0], LINES[3], *twice]))
    assert capture.exchanges == [exchange(2)]
    assert len(capture.stubs) == 1
    assert capture.interrupted == []
    assert [one.number for one in capture.damages] == [3, 4, 6, 7]
    assert {one.reason for one in capture.damages} == {"repeated"}


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    capture = read(tmp_path, b"\xef\xbb\xbf" + b"".join(LINES))
    assert capture.exchanges == [exchange(2)]
    assert not capture.damages


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path: Path, coding: str) -> None:
    with pytest.raises(CaptureFormatError, match="UTF-16"):
        read(tmp_path, b"".join(LINES).decode().encode(coding))


def test_what_is_no_regular_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    fifo = tmp_path / "x.jsonl"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path, Path("/dev/zero")):
        with pytest.raises(CaptureFormatError, match="no regular file"):
            read_capture(path)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"text\n", LINES[3]])
def test_what_has_no_header_is_no_capture(tmp_path: Path, data: bytes) -> None:
    why = "no header line" if data.strip() else "an empty file"
    with pytest.raises(CaptureFormatError, match=f"no capture: .*{why}"):
        read(tmp_path, data)


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureFormatError, match=r"cannot be read: No such file or directory"):
        read_capture(tmp_path / "absent.jsonl")


def test_an_error_without_a_number_is_named_by_its_kind(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    with (
        pytest.raises(CaptureFormatError, match="cannot be read: TimeoutError"),
        opened_capture(tmp_path / "a.jsonl"),
    ):
        raise TimeoutError


def test_a_newer_schema_asks_for_an_update_even_with_unknown_fields(tmp_path: Path) -> None:
    newer = json.loads(LINES[0]) | {"schema_version": 3, "surprise": True}
    with pytest.raises(UnsupportedSchemaError, match="schema version 3") as caught:
        read(tmp_path, json.dumps(newer).encode() + b"\n")
    assert caught.value.hint == "update pawwork-proxy"
    assert "capture.jsonl" in caught.value.message


def test_a_capture_of_the_first_schema_is_read_as_before(tmp_path: Path) -> None:
    now = read(tmp_path, b"".join(LINES))
    assert LINES[0].count(b'"schema_version":2') == 1
    first = LINES[0].replace(b'"schema_version":2', b'"schema_version":1')
    before = read(tmp_path, b"".join([first, *LINES[1:]]))
    assert before.header.schema_version == 1
    assert before.exchanges == now.exchanges
    assert not before.damages


@pytest.mark.parametrize("whole", [True, False])
def test_handshakes_and_connections_have_their_places(tmp_path: Path, whole: bool) -> None:
    ours = hello(by="proxy", digest="0123456789abcdef")
    context = exchange().context.model_copy(
        update={"client_hello": hello().digest, "upstream_hello": ours.digest}
    )
    lines = (header(), hello(), ours, exchange(1, context=context), exchange(2), connection())
    path = tmp_path / "capture.jsonl"
    path.write_bytes(b"".join(map(line_of, lines)))
    with path.open("rb") as stream:
        capture = read_capture(path) if whole else reader.view_capture(path, stream)
    assert capture.hellos == [hello(), ours]
    assert capture.handshakes == {(hello().digest, ours.digest)}
    assert capture.connections == [connection()]
    assert not capture.damages


def test_a_header_that_does_not_fit_its_own_schema_is_no_header(tmp_path: Path) -> None:
    odd = json.loads(LINES[0]) | {"surprise": True}
    with pytest.raises(CaptureFormatError, match="no capture"):
        read(tmp_path, json.dumps(odd).encode() + b"\n")


def test_exchanges_come_in_order_of_arrival(tmp_path: Path) -> None:
    data = b"".join([LINES[0], line_of(exchange(5)), line_of(exchange(4))])
    assert [one.seq for one in read(tmp_path, data).exchanges] == [4, 5]
