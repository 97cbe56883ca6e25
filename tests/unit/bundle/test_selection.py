"""What goes into a bundle: chosen by time, install and outcome; always written anew."""

from datetime import timedelta
from pathlib import Path

import pytest

from pawwork_proxy.bundle.selection import Choice, ChosenCapture, choose, count_that_fits, newest
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import LINE, Header, Note, Stub
from pawwork_proxy.model.context import Install
from pawwork_proxy.outcomes.rules import classify
from tests.unit.builders import NOON, connection, exchange, header, hello, opened
from tests.unit.bundle.files import END, at, capture, written

OTHER = Install(label="other", id="install:" + "d" * 24)


def of_other(seq: int) -> object:
    plain = exchange(seq)
    return plain.model_copy(
        update={"context": plain.context.model_copy(update={"install": "other"})}
    )


def chosen(path: Path, choice: Choice) -> list[int]:
    return [
        record.seq for part in choose(capture_sources([path]), choice) for record in part.records
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(
        tmp_path / "capture-x.jsonl",
        header(installs=(*header().installs, OTHER), network="home"),
        opened(1),
        exchange(1, timing=at(0)),
        exchange(2, timing=at(10)),
        of_other(3),  # type: ignore[arg-type]
        Stub(seq=4, at=NOON + timedelta(minutes=5), install="main", reason="taint"),
        opened(5),
        Note(at=NOON, event="records_lost", count=2),
        END,
    )


KIND = classify(exchange().signals).kind


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), [1, 2, 3, 4, 5]),
        (Choice(since=NOON + timedelta(minutes=5)), [2, 4]),
        (Choice(until=NOON + timedelta(minutes=5)), [1, 3, 5]),
        (Choice(installs=frozenset({"other"})), [3]),
        (Choice(outcomes=frozenset({KIND})), [1, 2, 3]),
        (Choice(installs=frozenset({"nobody"})), []),
    ],
)
def test_records_are_chosen(path: Path, choice: Choice, expected: list[int]) -> None:
    assert chosen(path, choice) == expected


def test_a_header_names_no_install_that_was_not_chosen(path: Path) -> None:
    (part,) = choose(capture_sources([path]), Choice(installs=frozenset({"other"})))
    line = LINE.validate_json(part.header_line)
    assert isinstance(line, Header)
    assert [install.label for install in line.installs] == ["other"]
    assert part.words() == ["other", "home"]


def test_no_byte_is_copied(path: Path) -> None:
    spaced = path.read_bytes().replace(b'":', b'" : ')
    path.write_bytes(spaced)
    (part,) = choose(capture_sources([path]), Choice())
    for line in part.pieces():
        assert line == line_of(LINE.validate_json(line))
        assert b'" : ' not in line


def test_an_unknown_field_is_damage_and_is_left_out(tmp_path: Path) -> None:
    path = capture(tmp_path, exchange(1), exchange(2))
    path.write_bytes(path.read_bytes().replace(b'"seq":2,', b'"seq":2,"prompt":"secret",'))
    (part,) = choose(capture_sources([path]), Choice())
    assert [record.seq for record in part.records] == [1]
    assert part.damaged == 1
    assert b"secret" not in b"".join(part.pieces())


def test_progress_reaches_the_size_of_all_sources(path: Path) -> None:
    seen: list[int] = []
    choose(capture_sources([path]), Choice(), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == path.stat().st_size


def _parts(path: Path) -> list[ChosenCapture]:
    return choose(capture_sources([path]), Choice())


def test_the_newest_are_kept(path: Path) -> None:
    (part,) = newest(_parts(path), 2)
    assert [record.seq for record in part.records] == [2, 4]
    assert newest(_parts(path), 0) == []


def test_more_room_never_fits_less(path: Path) -> None:
    fitting = [count_that_fits(_parts(path), limit) for limit in (0, 10, 1000, 100_000)]
    assert fitting == sorted(fitting)
    assert fitting[-1] == 5


def test_what_cannot_be_read_is_left_out_and_named(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text("hello\n")
    remarks: list[str] = []
    parts = choose(capture_sources([other, path]), Choice(), remarks=remarks)
    assert len(parts) == 1
    assert remarks == ["other.jsonl: left out, it is no capture: it has no header line."]
    with pytest.raises(CaptureFormatError, match="no header line"):
        choose(capture_sources([other]), Choice())


def test_the_hellos_that_a_record_names_go_with_it(tmp_path: Path) -> None:
    context = exchange().context.model_copy(update={"client_hello": "a55145fe33f720e1"})
    other = hello(digest="0123456789abcdef")
    path = capture(tmp_path, hello(), other, exchange(1, context=context))
    (part,) = choose(capture_sources([path]), Choice())
    assert part.pieces()[1:3] == (line_of(hello()), line_of(exchange(1, context=context)))
    assert line_of(other) not in part.pieces()


def test_a_capture_of_the_tunnel_route_goes_in(tmp_path: Path) -> None:
    lines = (hello(), connection(), connection(at=NOON + timedelta(minutes=9)))
    path = capture(tmp_path, *lines)
    (part,) = choose(capture_sources([path]), Choice(since=NOON + timedelta(minutes=5)))
    assert part.pieces()[1:3] == (line_of(lines[0]), line_of(lines[2]))
    assert not choose(capture_sources([path]), Choice(outcomes=frozenset({KIND})))
    assert not choose(capture_sources([path]), Choice(installs=frozenset({"other"})))
