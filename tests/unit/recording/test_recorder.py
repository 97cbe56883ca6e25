"""Each exchange ends as one line, and nothing of it that should not be there."""

import gzip
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.captures.writer import CaptureWriter
from pawwork_proxy.cli.live import counter_line
from pawwork_proxy.environment.identity import Identity, load_identity
from pawwork_proxy.environment.private_files import HOME_VARIABLE
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.numbers import LONGEST_MS
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording import projection
from pawwork_proxy.recording.batches import BATCH_S, MANY_OPEN, MOST_WAITING
from pawwork_proxy.recording.counts import Counts, Watcher
from pawwork_proxy.recording.lines import Lines
from pawwork_proxy.recording.ongoing import (
    KEY_SEARCH_PATIENCE_MS,
    LOOK_UP_PATIENCE_MS,
    Arrival,
    Ongoing,
    Tee,
    UpstreamFacts,
)
from pawwork_proxy.recording.recorder import Recorder
from pawwork_proxy.redaction.headers import RawHeaders
from pawwork_proxy.redaction.redactor import Redactor, RequestHead
from pawwork_proxy.redaction.shapes import Shaped, ShapeName, Shapes
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


def test_records_in_line_are_made_before_the_capture_is_closed(run: Run) -> None:
    run.exchange()
    run.recorder.close("finished")
    capture = run.capture()
    assert len(capture.exchanges) == 1
    assert capture.end is not None
    assert capture.end.exchanges == 1


def test_the_line_never_grows_beyond_its_limit(run: Run) -> None:
    for _ in range(MOST_WAITING):
        run.exchange()
    assert len(run.capture().exchanges) == MOST_WAITING


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


def test_one_failure_in_a_batch_harms_no_other_record(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = projection.Projector.project

    def fail_at_two(
        self: projection.Projector, ongoing: Ongoing, *rest: Any
    ) -> projection.Projected:
        if ongoing.seq == 2:
            raise ValueError
        return whole(self, ongoing, *rest)

    monkeypatch.setattr(projection.Projector, "project", fail_at_two)
    for _ in range(3):
        run.exchange()
    run.later.run()
    capture = run.capture()
    assert [exchange.seq for exchange in capture.exchanges] == [1, 3]
    assert [stub.seq for stub in capture.stubs] == [2]
    assert run.recorder.counts.tap_failures == 0, "the traffic itself was seen"


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


def test_bodies_are_given_up_once_the_record_is_made(run: Run) -> None:
    ongoing = run.recorder.open(ARRIVAL)
    ongoing.request_chunk(b"{}")
    ongoing.response_started(200, "HTTP/1.1", ())
    ongoing.response_chunk(b"{}")
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    assert ongoing.request_body
    assert ongoing.response_head
    run.later.run()
    assert not ongoing.request_body
    assert not ongoing.response_head


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


def test_a_writer_that_fails_costs_lines_that_are_counted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(run.writer, "append", fail)
    run.exchange()
    run.later.run()
    assert run.recorder.lost == 1


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


@pytest.mark.parametrize("step", ["client_is_known", "keep", "keep_stub"])
def test_whatever_fails_in_a_batch_the_others_are_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first, *_ = run.exchange(), run.exchange(), run.exchange()
    keep = Recorder._keep

    def fail(*_: Any) -> Any:
        raise ValueError

    def fail_at_first(self: Recorder, exchange: Exchange, line: bytes) -> None:
        if exchange.seq == 1:
            raise ValueError
        keep(self, exchange, line)

    if step == "client_is_known":
        monkeypatch.setattr(first, "client_is_known", fail)
    elif step == "keep":
        monkeypatch.setattr(Recorder, "_keep", fail_at_first)
    else:
        monkeypatch.setattr(Lines, "stub", fail)
        monkeypatch.setattr(projection.Projector, "project", _failing_at(1))
    run.recorder.close("finished")
    capture = run.capture()
    expected = [1, 2, 3] if step == "client_is_known" else [2, 3]
    assert [exchange.seq for exchange in capture.exchanges] == expected
    assert capture.end is not None
    assert capture.end.lost == 3 - len(expected)


def _failing_at(seq: int) -> Callable[..., projection.Projected]:
    whole = projection.Projector.project

    def project(self: projection.Projector, ongoing: Ongoing, *rest: Any) -> projection.Projected:
        if ongoing.seq == seq:
            raise ValueError
        return whole(self, ongoing, *rest)

    return project


def test_a_record_is_made_at_once_but_under_load(run: Run, identity: Identity) -> None:
    """A kill leaves unrecorded no more than what ended a moment before."""
    moment, waits = 0.0, list[float]()

    def later(after: float, call: Callable[[], None]) -> None:
        waits.append(after)
        run.later(after, call)

    recorder = Recorder(
        run.writer, identity, None, None, run.watched, later, monotonic=lambda: moment
    )
    for moment in (0.0, BATCH_S / 2, 1.0):  # noqa: B007  the clock's
        ongoing = recorder.open(ARRIVAL)
        ongoing.response_started(200, "HTTP/1.1", ())
        assert ongoing.key_search is not None, "it is looked for while the answer comes"
        wait([ongoing.key_search])
        ongoing.finish(Ending.COMPLETE, UpstreamFacts())
        run.later.run()
    assert waits == [0.0, BATCH_S, 0.0]
    assert len(run.capture().exchanges) == 3


def test_many_exchanges_under_way_are_load_also_after_a_silence(
    run: Run, identity: Identity
) -> None:
    """On a busy machine the silence may be our own: records made one by one cost twice as much."""
    waits = list[float]()
    recorder = Recorder(
        run.writer, identity, None, None, run.watched, lambda after, _: waits.append(after)
    )
    first, *_ = [recorder.open(ARRIVAL) for _ in range(MANY_OPEN + 1)]
    first.response_started(200, "HTTP/1.1", ())
    assert first.key_search is not None
    wait([first.key_search])
    first.finish(Ending.COMPLETE, UpstreamFacts())
    assert waits == [BATCH_S]


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


def test_a_record_waits_by_our_own_clock_where_the_client_tells_the_times(
    run: Run, identity: Identity
) -> None:
    """A client that says nothing more has a clock that stands still."""
    moment = 0.0
    recorder = Recorder(
        run.writer, identity, None, None, run.watched, run.later, monotonic=lambda: moment
    )
    arrival = replace(ARRIVAL, process=Future())  # its program is looked up for ever
    ongoing = recorder.open(arrival, at=NOON, now=lambda: 7.0)
    assert not ongoing.client_is_known()
    moment = 1 + LOOK_UP_PATIENCE_MS / 1000
    assert ongoing.client_is_known()
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    ongoing.key_search = Future()
    assert not ongoing.key_is_searched()
    moment += 1 + KEY_SEARCH_PATIENCE_MS / 1000
    run.later.run()
    (exchange,) = run.capture().exchanges
    assert exchange.timing.total_ms == 0, "the client's clock stood still"
    assert exchange.auth_source.flags == ("unreadable_place",)


def test_however_many_exchanges_wait_one_call_is_due(
    run: Run, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a client's files hang, each full batch would leave a timer for as long as they do."""
    monkeypatch.setattr(
        projection.Projector, "ready", lambda _, ongoing: ongoing.seq >= MOST_WAITING
    )
    for _ in range(2 * MOST_WAITING):
        run.exchange()
    assert len(run.later.due) == 1
    run.later.run()
    assert len(run.later.due) == 1
    assert len(run.capture().exchanges) == MOST_WAITING + 1
    run.recorder.close("finished")
    run.later.run()
    assert not run.later.due
    assert len(run.capture().exchanges) == 2 * MOST_WAITING


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
