"""What a capture tells of its clients, and how one message is waited for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pawwork_proxy.diagnosis import waiting
from pawwork_proxy.diagnosis.captured import Heard, Message, heard_in
from pawwork_proxy.diagnosis.situation import Client, Run, Situation
from pawwork_proxy.diagnosis.waiting import wait_for_message
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Note
from pawwork_proxy.model.exchange import Timing
from tests.unit.builders import NOON, exchange, header

HEADER = line_of(header())
CALL = line_of(exchange(1))
LATER = NOON + timedelta(seconds=1)
NEXT = line_of(exchange(2, timing=Timing(started_at=LATER)))
LISTING = line_of(
    exchange(2).model_copy(
        update={"request": exchange(2).request.model_copy(update={"protocol": "listing"})}
    )
)
DOWN = line_of(Note(at=NOON + timedelta(minutes=1), event="client_distrusts_ca", install="main"))
CHANGED = line_of(Note(at=NOON, event="egress_changed"))
MESSAGE = Message("another client", "main", "reverse", "zen", "none", "unknown", "success")


def captured(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join([HEADER, *lines]))
    return path


def test_a_request_to_a_model_counts_and_our_own_for_the_list_does_not(tmp_path: Path) -> None:
    heard = heard_in(captured(tmp_path / "c.jsonl", CALL, LISTING, CHANGED))
    assert (heard.asked_at, heard.turned_down_at) == (NOON, None)
    assert heard.last is not None
    assert heard.last.outcome == MESSAGE.outcome
    quiet = heard_in(captured(tmp_path / "d.jsonl", LISTING, DOWN))
    assert quiet == Heard(turned_down_at=NOON + timedelta(minutes=1))


@pytest.mark.parametrize("content", [None, b"", b"no capture"])
def test_a_capture_that_cannot_be_read_tells_nothing(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert heard_in(path) == Heard()


class Clock:
    """Time that passes only while somebody sleeps, and what happens then."""

    def __init__(self, *happen: object) -> None:
        self.now = 0.0
        self._happen: Iterator[object] = iter(happen)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        event = next(self._happen, None)
        if callable(event):
            event()


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(waiting, "clients_seen", lambda *_: (Client("OpenCode"),))
    return captured(tmp_path / "c.jsonl", CALL)


def situation(*captures: Path) -> Situation:
    runs = (
        Run({"main": 9610}, "0.1.0", "12.1.1", str(path), heard_at=heard_in(path).asked_at)
        for path in captures
    )
    return Situation("0.1.0", {9610: "ours"}, {9610: True}, tuple(runs))


def waited(seen: Situation, clock: Clock) -> tuple[Situation, Message | None]:
    return wait_for_message(seen, (), 2.0, lambda: clock.now, clock.sleep)


def test_the_next_message_ends_the_wait(tmp_path: Path, capture: Path) -> None:
    other = captured(tmp_path / "other.jsonl")
    seen = situation(other, capture)
    found, message = waited(seen, Clock(None, lambda: captured(capture, CALL, NEXT)))
    assert message is not None
    assert found == replace(seen, runs=(seen.runs[0], replace(seen.runs[1], heard_at=LATER)))


@pytest.mark.parametrize("line", [NEXT, DOWN], ids=["message", "distrust"])
def test_what_came_since_the_look_ends_the_wait_at_once(capture: Path, line: bytes) -> None:
    seen = situation(capture)
    clock = Clock()
    captured(capture, CALL, line)
    found, message = waited(seen, clock)
    assert (message is None) == (line == DOWN)
    assert found != seen
    assert clock.now == 0


def test_a_client_that_turns_us_down_ends_the_wait(capture: Path) -> None:
    seen = situation(capture)
    found, message = waited(seen, Clock(lambda: captured(capture, CALL, DOWN)))
    assert (message, found.runs[0].turned_down_at) == (None, NOON + timedelta(minutes=1))


def test_a_client_that_goes_around_ends_the_wait(
    capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = (Client("OpenCode", direct=True),)
    looks = iter([(Client("OpenCode"),), around])
    monkeypatch.setattr(waiting, "clients_seen", lambda *_: next(looks))
    found, message = waited(situation(capture), Clock())
    assert (message, found.clients, found.waited_s) == (None, around, None)


def test_the_wait_has_an_end_whatever_becomes_of_the_capture(capture: Path) -> None:
    found, message = waited(situation(capture), Clock(capture.unlink))
    assert (message, found.waited_s) == (None, 2.0)
