"""Slow pseudonyms are made beside the event loop, once, and within bounds."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording import derivations
from pawwork_proxy.recording.counts import Watcher
from pawwork_proxy.recording.derivations import MOST_WAITING, Derivations, Line
from pawwork_proxy.recording.ongoing import Arrival, UpstreamFacts
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.redaction import pseudonyms
from pawwork_proxy.redaction.headers import HeaderNotes
from tests.unit.builders import NOON, header

PROJECT: Line = (b"x-opencode-project", b"4b825dc642cb6eb9a060e54bf8d69288fbee4904")
QUICK: Line = (b"x-opencode-request", b"msg_" + b"0a" * 13)


class Noting:
    """Notes lines when it may."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.noted: list[Line] = []

    def __call__(self, lines: Sequence[Line]) -> None:
        self.may.wait()
        self.noted += lines

    @contextmanager
    def held(self) -> Iterator[Derivations]:
        made = Derivations(self, HeaderNotes.is_slow)
        try:
            yield made
        finally:
            self.may.set()
            made.close()


@pytest.mark.parametrize(
    ("name", "slow"),
    [
        (b"X-OpenCode-Project", True),
        (b"x-opencode-org-id", True),
        (b"x-forwarded-for", True),
        (b"x-nobody-knows", True),
        (b"x-opencode-request", False),
        (b"x-opencode-session", False),
        (b"authorization", False),
        (b"user-agent", False),
        (b"host", False),
        (b"x-stainless-os", False),
        (b"baggage", False),
    ],
)
def test_headers_are_slow_whose_values_can_be_listed(name: bytes, slow: bool) -> None:
    assert HeaderNotes.is_slow(name) is slow


def test_a_line_is_noted_once_and_all_who_send_it_meanwhile_wait_for_it() -> None:
    noting = Noting()
    with noting.held() as made:
        first, second = made.begin((PROJECT, QUICK)), made.begin((PROJECT,))
        assert first == second
        assert len(first) == 1
        noting.may.set()
        wait(first)
        assert made.begin((PROJECT,)) == ()
    assert noting.noted == [PROJECT]


def test_who_sends_ever_new_values_fills_neither_queue_nor_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noting = Noting()
    lines = [(PROJECT[0], str(number).encode()) for number in range(MOST_WAITING + 10)]
    with noting.held() as made:
        assert len(made.begin(lines)) == MOST_WAITING
        noting.may.set()
    monkeypatch.setattr(derivations, "_MOST_KNOWN", 2)
    with noting.held() as made:
        for line in lines:
            wait(made.begin((line,)))
        assert len(made._made) <= 3
        assert len(made._under_way) <= 1


def test_a_record_waits_for_its_project_and_nobody_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a derivation that hangs, as one of 35 ms would for a while."""
    here, may = threading.current_thread(), threading.Event()
    on: list[threading.Thread] = []

    def slow(password: bytes, **_: object) -> bytes:
        if password == PROJECT[1]:
            on.append(threading.current_thread())
            may.wait()
        return hashlib.sha256(password).digest()

    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "private"))
    identity = load_identity()
    identity.register_install("main")
    writer = CaptureWriter(tmp_path, header(), lambda: NOON)
    due = []
    recorder = Recorder(writer, identity, None, None, Watcher(), lambda _, call: due.append(call))
    monkeypatch.setattr(pseudonyms, "stretch", slow)
    for head in ((PROJECT,), (QUICK,)):
        ongoing = recorder.open(
            Arrival("main", "reverse", "POST", "/zen/v1/chat/completions", "HTTP/1.1", head)
        )
        ongoing.response_started(200, "HTTP/1.1", ())
        ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    due.pop()()
    (only,) = read_capture(writer.path).exchanges
    assert only.seq == 2, "the record without a slow value is there"
    may.set()
    waiting = recorder._batches.waiting[0][0].derivations
    wait(waiting)
    due.pop()()
    recorder.close("finished")
    project = {one.seq: one.request.project for one in read_capture(writer.path).exchanges}
    assert str(project[1]).startswith("project:")
    assert on
    assert here not in on
