"""Each exchange ends as one line, whatever fails."""

from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording import projection
from pawwork_proxy.recording.ongoing import (
    Tee,
    UpstreamFacts,
)
from pawwork_proxy.recording.recorder import Recorder
from tests.unit.builders import NOON, header
from tests.unit.recording.runs import ARRIVAL, Later, Run, Watched, identity, run

__all__ = ["identity", "run"]  # fixtures


def test_the_arrival_is_on_disk_before_anything_else_happens(run: Run) -> None:
    run.recorder.open(ARRIVAL)
    assert [one.seq for one in run.capture().interrupted] == [1]


def test_a_finished_exchange_is_recorded_once_however_often_it_is_finished(run: Run) -> None:
    ongoing = run.exchange()
    ongoing.finish(Ending.KILLED, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert exchange.signals.ending is Ending.COMPLETE
    assert run.watched.exchanges == [exchange]
    assert run.watched.counts.in_flight == 0


def test_a_record_that_fails_becomes_a_stub_without_any_text(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("a secret of the exchange")

    monkeypatch.setattr(projection.Projector, "project", fail)
    run.exchange()
    run.later.run()
    capture = run.capture()
    assert [(one.seq, one.reason, one.status) for one in capture.stubs] == [
        (1, "recording_failed", 200)
    ]
    assert not capture.exchanges
    assert not capture.interrupted
    assert "a secret" not in run.writer.path.read_text()
    printed = capsys.readouterr()
    assert "a secret" not in printed.out + printed.err


def test_a_view_that_fails_harms_no_record(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Exchange) -> None:
        raise ValueError

    monkeypatch.setattr(run.watched, "recorded", fail)
    run.exchange()
    run.exchange()
    run.later.run()
    capture = run.capture()
    assert len(capture.exchanges) == 2
    assert not capture.stubs
    assert run.recorder.counts.tap_failures == 0, "the traffic itself was seen"


def test_a_tap_that_fails_hands_every_chunk_on_and_looks_no_more() -> None:
    looked: list[bytes] = []
    failures: list[Exception] = []

    def look(chunk: bytes) -> None:
        looked.append(chunk)
        raise RuntimeError

    tee = Tee(look, failures.append)
    assert [tee(chunk) for chunk in (b"a", b"b", b"")] == [b"a", b"b", b""]
    assert looked == [b"a"]
    assert len(failures) == 1


class Failing(Watched):
    """A display that is broken."""

    def recorded(self, exchange: Exchange) -> None:
        raise ValueError("a secret of the exchange")

    def changed(self, lost: int) -> None:
        raise ValueError("a secret of the exchange")


def test_a_display_that_fails_costs_neither_record_nor_traffic(
    tmp_path: Path, identity: Identity, capsys: pytest.CaptureFixture[str]
) -> None:
    writer, later = CaptureWriter(tmp_path / "captures", header(), lambda: NOON), Later()
    recorder = Recorder(writer, identity, None, None, Failing(), later)
    recorder.open(ARRIVAL).finish(Ending.COMPLETE, UpstreamFacts())
    recorder.refused()
    recorder.passed_by()
    recorder.client_distrusts_ca("main")
    later.run()
    capture = read_capture(writer.path)
    assert [one.seq for one in capture.exchanges] == [1]
    assert not capture.stubs
    assert recorder.counts.recorded == 1
    printed = capsys.readouterr()
    assert "a secret" not in printed.out + printed.err


def test_a_writer_that_fails_costs_lines_that_are_counted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(run.writer, "append", fail)
    run.exchange()
    run.later.run()
    assert run.recorder.lost == 1


def test_a_request_that_cannot_be_opened_is_counted_as_lost(run: Run) -> None:
    run.recorder.not_opened()
    run.exchange()
    run.recorder.close("finished")
    capture = run.capture()
    assert capture.end is not None
    assert capture.end.lost == 1
    assert [(note.event, note.count) for note in capture.notes] == [("records_lost", 1)]
    assert run.recorder.counts.in_flight == 0


def test_opening_that_raises_leaves_no_exchange_in_flight(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("no clock")

    monkeypatch.setattr("pawwork_proxy.recording.recorder.utc_now", fail)
    with pytest.raises(ValueError, match="no clock"):
        run.recorder.open(ARRIVAL)
    monkeypatch.undo()
    assert run.recorder.counts.in_flight == 0
    assert run.recorder.open(ARRIVAL).seq == 1


def test_each_record_is_told_with_the_address_it_left_from_and_failing_to_costs_no_record(
    tmp_path: Path, identity: Identity
) -> None:
    told: list[tuple[Kind, str | None]] = []

    def projected(exchange: Exchange, source: str | None) -> None:
        told.append((exchange.outcome.kind, source))
        raise RuntimeError

    writer = CaptureWriter(tmp_path / "captures", header(), lambda: NOON)
    recorder = Recorder(writer, identity, None, None, Watched(), Later(), on_projected=projected)
    ongoing = recorder.open(ARRIVAL)
    ongoing.response_started(429, "HTTP/1.1", ())
    ongoing.response_chunk(b'{"type":"error","error":{"type":"FreeUsageLimitError"}}')
    ongoing.finish(Ending.COMPLETE, UpstreamFacts(source_address="192.0.2.1"))
    recorder.close("finished")
    assert told == [(Kind.FREE_USAGE_LIMIT, "192.0.2.1")]
    assert len(read_capture(writer.path).exchanges) == 1
