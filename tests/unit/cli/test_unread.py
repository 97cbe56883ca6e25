"""Output that nobody reads holds nobody up: it waits in line, and what is dropped is counted."""

import io
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import click
import pytest

from pawwork_proxy.cli import unread
from pawwork_proxy.cli.unread import Outlet, output_never_waits


class Reader(io.RawIOBase):
    """Takes what is written once it is let, piece by piece."""

    def __init__(self, *, lets: bool = True, failure: OSError | None = None) -> None:
        self.taken = b""
        self.asked, self.lets = threading.Event(), threading.Event()
        self._failure = failure
        self._busy = True
        if lets:
            self.lets.set()

    def write(self, data: bytes) -> int | None:  # type: ignore[override]
        self.asked.set()
        self.lets.wait()
        if self._failure is not None:
            raise self._failure
        if self._busy:  # as a terminal that was made non-blocking, once
            self._busy = False
            return None
        part = data[: len(data) // 2 + 1]
        self.taken += part
        return len(part)

    def writable(self) -> bool:
        return True


def test_a_reader_that_hangs_holds_nobody_up_and_hears_how_much_it_missed() -> None:
    reader = Reader(lets=False)
    outlet = Outlet(reader)
    outlet.put(b"first\n")
    reader.asked.wait()
    piece = b"x" * 1023 + b"\n"
    kept = unread.MOST_WAITING // len(piece) + 1
    for _ in range(kept + 5):
        outlet.put(piece)
    outlet.finish(0.0)
    assert reader.taken == b""
    reader.lets.set()
    outlet.finish(60)
    assert reader.taken.startswith(b"first\n" + piece)
    assert reader.taken.count(piece) == kept
    assert reader.taken.endswith(b"warning: nobody read this, 5 lines left out\n")


def test_after_a_gap_lines_are_shown_again() -> None:
    reader = Reader(lets=False)
    outlet = Outlet(reader)
    outlet.put(b"")  # as click does to find out what a stream takes
    outlet.put(b"first\n")
    reader.asked.wait()
    outlet.put(b"x" * (unread.MOST_WAITING + 1))
    outlet.put(b"too much\n")
    outlet.put(b"and a little more\n")
    reader.lets.set()
    while b"left out\n" not in reader.taken:
        assert reader.taken.count(b"more") == 0
    outlet.put(b"last\n")
    outlet.finish(60)
    assert reader.taken.endswith(b"nobody read this, 2 lines left out\nlast\n")


@contextmanager
def standing_in(monkeypatch: pytest.MonkeyPatch, out: int, err: int) -> Iterator[None]:
    """Descriptors in the place of stdout and stderr."""
    with (
        os.fdopen(out, "w", encoding="utf-8") as stdout,
        os.fdopen(err, "w", encoding="utf-8") as stderr,
        monkeypatch.context() as patch,
    ):
        patch.setattr(sys, "stdout", stdout)
        patch.setattr(sys, "stderr", stderr)
        yield


def speak(words: str) -> None:
    click.echo(f"{words} 1")
    click.echo(f"{words} 2", err=True)
    click.echo(f"{words} 3 ü")
    click.echo(f"{words} 4", err=True)


def test_the_order_is_kept_where_both_go_to_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    source, sink = os.pipe()
    with standing_in(monkeypatch, sink, os.dup(sink)), output_never_waits():
        for number in range(50):
            speak(f"line {number}")
        assert sys.stdout.fileno() == sink
        assert not sys.stderr.isatty()
    with os.fdopen(source, encoding="utf-8") as reader:
        lines = reader.read().splitlines()
    assert lines == [
        f"line {number} {one}" for number in range(50) for one in ("1", "2", "3 ü", "4")
    ]


def test_what_is_written_before_comes_first_and_streams_are_put_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths = [tmp_path / "out", tmp_path / "err"]
    files = [os.open(path, os.O_RDWR | os.O_CREAT) for path in paths]
    with standing_in(monkeypatch, *files):
        before = sys.stdout, sys.stderr
        sys.stdout.write("zero\n")
        with output_never_waits():
            speak("line")
        assert (sys.stdout, sys.stderr) == before
        click.echo("after")
    assert [path.read_text("utf-8") for path in paths] == [
        "zero\nline 1\nline 3 ü\nafter\n",
        "line 2\nline 4\n",
    ]


def stream(reader: Reader) -> io.TextIOWrapper:
    """A text stream without any descriptor."""
    buffer = io.BufferedWriter(cast(io.FileIO, reader))
    return io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)


def test_results_that_cannot_be_written_are_told_of_and_messages_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = BrokenPipeError(32, "gone")
    good, bad = Reader(), Reader(failure=gone)
    monkeypatch.setattr(sys, "stdout", stream(good))
    monkeypatch.setattr(sys, "stderr", stream(bad))
    with output_never_waits():
        speak("line")
    assert re.fullmatch("line 1\nline 3 ü\n", good.taken.decode())
    monkeypatch.setattr(sys, "stdout", sys.stderr)
    with pytest.raises(BrokenPipeError), output_never_waits():
        speak("line")
    with pytest.raises(ZeroDivisionError), output_never_waits():
        speak(str(1 / 0))
