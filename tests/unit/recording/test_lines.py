"""Nothing that should not be there is in a line."""

import gzip
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.cli.live import counter_line
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.model.numbers import LONGEST_MS
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording import projection
from pawwork_proxy.recording.counts import Counts
from pawwork_proxy.recording.ongoing import (
    Ongoing,
    UpstreamFacts,
)
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.redaction.headers import RawHeaders
from pawwork_proxy.redaction.redactor import Redactor, RequestHead
from pawwork_proxy.redaction.shapes import Shaped, ShapeName, Shapes
from tests.unit.builders import NOON, header
from tests.unit.recording.runs import ARRIVAL, Later, Run, Watched, identity, run

__all__ = ["identity", "run"]  # fixtures


def leaking(monkeypatch: pytest.MonkeyPatch, run: Run, field: str) -> Capture:
    """The capture of a run whose records quote the prompt in a field of their context."""
    whole = projection.Projector.project

    def leaky(self: projection.Projector, *arguments: Any) -> projection.Projected:
        made = whole(self, *arguments)
        context = made.exchange.context.model_copy(update={field: "hidden-sentence-of-theirs"})
        exchange = made.exchange.model_copy(update={"context": context})
        return projection.Projected(exchange, made.raw, made.credentials)

    monkeypatch.setattr(projection.Projector, "project", leaky)
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.request_chunk(b'{"model":"big-pickle","messages":["hidden-sentence-of-theirs"]}')
    ongoing.request_chunk(b"")
    ongoing.response_started(429, "HTTP/1.1", ((b"retry-after", b"50223"),))
    ongoing.response_chunk(b'{"error":{"type":"FreeUsageLimitError"}}')
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    assert "hidden" not in run.writer.path.read_text()
    return run.capture()


def test_a_text_that_a_record_shares_with_the_exchange_is_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = leaking(monkeypatch, run, "network")
    (exchange,) = capture.exchanges
    assert exchange.context.network is None
    assert exchange.outcome.retry_after_s == 50223
    found = [(one.path, one.rule) for one in exchange.redactions]
    assert ("context.network", "taint:shared_text") in found
    assert not capture.stubs
    assert "1 values withheld (shared_text in context.network)" in counter_line(
        run.recorder.counts, 0
    )
    assert "value_withheld rule=shared_text place=context.network" in capsys.readouterr().err


def test_a_record_that_needs_the_text_becomes_a_stub_with_its_numbers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stub,) = leaking(monkeypatch, run, "install").stubs
    assert (stub.reason, stub.rule, stub.place) == ("taint", "shared_text", "context.install")
    assert (stub.status, stub.outcome, stub.retry_after_s) == (429, "free_usage_limit", 50223)
    assert (stub.model_group, stub.started_at is None, stub.total_ms is None) == (
        "bi", False, False
    )  # fmt: skip
    counts = run.recorder.counts
    assert "1 records withheld (shared_text in context.install)" in counter_line(counts, 0)


def test_the_taint_gate_sees_what_a_compressed_response_says(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes that are kept are no text; without what was read of them the leak would pass."""
    whole = Shapes.of

    def broken(self: Shapes, shape: ShapeName, text: str) -> Shaped:
        keeps = shape is ShapeName.ERROR_TYPE
        return Shaped(text, True, True) if keeps else whole(self, shape, text)

    monkeypatch.setattr(Shapes, "of", broken)
    body = b'{"error":{"type":"HiddenSentenceOfTheirsError","message":"no"}}'
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.response_started(400, "HTTP/1.1", ((b"content-encoding", b"gzip"),))
    ongoing.response_chunk(gzip.compress(body))
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert exchange.response is not None
    assert exchange.response.error_type is not None
    assert exchange.response.error_type.startswith("word:")


def test_a_failed_self_test_switches_recording_off_and_says_so(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = projection.Projector.project

    def leaky(self: projection.Projector, ongoing: Ongoing, *rest: Any) -> projection.Projected:
        made = whole(self, ongoing, *rest)
        leak = bytes(ongoing.request_body).decode()
        context = made.exchange.context.model_copy(update={"network": leak})
        exchange = made.exchange.model_copy(update={"context": context})
        return projection.Projected(exchange, made.raw, made.credentials)

    monkeypatch.setattr(projection.Projector, "project", leaky)
    run = Run(tmp_path / "captures", identity)
    monkeypatch.undo()
    run.exchange()
    run.later.run()
    capture = run.capture()
    assert [note.event for note in capture.notes] == ["self_test_failed"]
    assert not capture.exchanges
    assert len(capture.stubs) == 1


def test_the_self_test_leaves_no_trace_when_all_is_well(run: Run) -> None:
    capture = run.capture()
    assert not capture.notes
    assert not capture.interrupted
    assert run.watched.counts == Counts()


def test_what_no_record_may_hold_is_bounded_where_it_is_measured(
    tmp_path: Path, identity: Identity
) -> None:
    """A monotonic clock that leaps, a wall clock set back, an upstream that sends any number."""
    seconds = iter([0.0, 5.0, *[1e300] * 9])
    writer = CaptureWriter(tmp_path / "captures", header(), lambda: NOON)
    later = Later()
    recorder = Recorder(
        writer, identity, None, None, Watched(), later, monotonic=lambda: next(seconds)
    )
    ongoing = recorder.open(ARRIVAL)
    ongoing.response_started(99999, "HTTP/1.1", ())
    ongoing.finish(Ending.COMPLETE, UpstreamFacts(connect_ms=-3.0))
    recorder.close("finished")
    capture = read_capture(writer.path)
    (exchange,) = capture.exchanges
    assert not capture.damages
    assert exchange.timing.total_ms == LONGEST_MS
    assert exchange.timing.upstream_connect_ms == 0
    assert exchange.response is None, "a status without a meaning is no answer"
    assert exchange.signals.ending is Ending.UPSTREAM_PROTOCOL


def test_a_self_test_that_raises_switches_recording_off_and_says_so(
    tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr("pawwork_proxy.recording.lines.leaks", fail)
    run = Run(tmp_path / "captures", identity)
    run.exchange()
    run.later.run()
    capture = run.capture()
    assert [note.event for note in capture.notes] == ["self_test_failed"]
    assert not capture.exchanges
    assert len(capture.stubs) == 1


def test_cookies_of_an_answer_are_credentials_of_the_run_but_not_their_attributes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[str] = []
    monkeypatch.setattr(run.recorder._lines._credentials, "add", added.append)
    ongoing = run.recorder.open(ARRIVAL)
    cookie = b"__cf_bm=abcdefghijkl; Max-Age=31536000; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
    ongoing.response_started(200, "HTTP/1.1", ((b"set-cookie", cookie),))
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    assert added == ["abcdefghijkl"]


def test_a_head_is_read_once(run: Run, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for the key and the record need the same of it."""
    heads = list[str]()
    whole = Redactor.head

    def head(self: Redactor, target: str, headers: RawHeaders) -> RequestHead:
        heads.append(target)
        return whole(self, target, headers)

    recorder = Recorder(run.writer, identity, None, None, run.watched, run.later)
    monkeypatch.setattr(Redactor, "head", head)
    ongoing = recorder.open(ARRIVAL)
    ongoing.response_started(200, "HTTP/1.1", ())
    assert ongoing.key_search is not None
    wait([ongoing.key_search])
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    run.later.run()
    assert heads == [ARRIVAL.target]
    assert ongoing.head is None, "a key is not kept longer than it is needed"
    assert len(run.capture().exchanges) == 1
