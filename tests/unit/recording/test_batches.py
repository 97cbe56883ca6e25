"""Records of finished exchanges are made soon, under load several at a time, each once."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Any

import pytest

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording import projection
from pawwork_proxy.recording.batches import BATCH_S, MANY_OPEN, MOST_WAITING
from pawwork_proxy.recording.lines import Lines
from pawwork_proxy.recording.ongoing import (
    KEY_SEARCH_PATIENCE_MS,
    LOOK_UP_PATIENCE_MS,
    Ongoing,
    UpstreamFacts,
)
from pawwork_proxy.recording.recorder import Recorder
from tests.unit.builders import NOON
from tests.unit.recording.runs import ARRIVAL, Run, identity, run

__all__ = ["identity", "run"]  # fixtures


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
