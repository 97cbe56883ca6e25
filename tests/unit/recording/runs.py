"""A recorder with everything at hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.environment.identity import Identity, load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.counts import Counts, Watcher
from pawwork_proxy.recording.ongoing import (
    Arrival,
    Ongoing,
    UpstreamFacts,
)
from pawwork_proxy.recording.recorder import Recorder
from tests.unit.builders import NOON, header

ARRIVAL = Arrival(
    "main", "reverse", "POST", "/zen/v1/chat/completions", "HTTP/1.1", ((b"accept", b"*/*"),)
)


@dataclass
class Watched(Watcher):
    """A watcher that remembers."""

    exchanges: list[Exchange] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    def attach(self, counts: Counts) -> None:
        self.counts = counts

    def recorded(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


class Later:
    """A loop's call_later that runs when told to."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []

    def __call__(self, _: float, call: Callable[[], None]) -> None:
        self.due.append(call)

    def run(self) -> None:
        due, self.due = self.due, []
        for call in due:
            call()


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "private"))
    found = load_identity()
    found.register_install("main")
    return found


class Run:
    """A recorder with everything at hand."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        self.writer = CaptureWriter(folder, header(), lambda: NOON)
        self.watched, self.later = Watched(), Later()
        self.recorder = Recorder(self.writer, identity, None, None, self.watched, self.later)

    def exchange(self) -> Ongoing:
        ongoing = self.recorder.open(ARRIVAL)
        ongoing.response_started(200, "HTTP/1.1", ())
        ongoing.response_chunk(b"{}")
        ongoing.finish(Ending.COMPLETE, UpstreamFacts())
        return ongoing

    def capture(self) -> Capture:
        return read_capture(self.writer.path)


@pytest.fixture
def run(tmp_path: Path, identity: Identity) -> Run:
    return Run(tmp_path / "captures", identity)
