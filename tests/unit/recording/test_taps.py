"""Whatever look at the traffic fails, the record never says more than was seen."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mitmproxy import http
from mitmproxy.flow import Error
from mitmproxy.test import tflow, tutils

from pawwork_proxy.bundle.preview import preview
from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.cli.live import counter_line
from pawwork_proxy.cli.shown import Shown
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.comparison.exclusions import EXCLUSIONS
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.model.signals import Ending, ExchangePart
from pawwork_proxy.recording import addon as recording_addon
from pawwork_proxy.recording import flows
from pawwork_proxy.recording.addon import CaptureAddon
from pawwork_proxy.recording.destination import ZEN
from pawwork_proxy.recording.ongoing import Ongoing
from pawwork_proxy.report.exchange_table import RowLines
from pawwork_proxy.report.exchange_table import row_of as shown
from pawwork_proxy.report.support_table import cells
from pawwork_proxy.responses.response_reader import ResponseReader
from pawwork_proxy.verification.verify import verify
from tests.unit.bundle.files import assembled, support_rows
from tests.unit.captures.studies import observed
from tests.unit.recording.runs import Run, identity, run

__all__ = ["identity", "run"]

PORT = 9610
IN_PART = "exchanges observed in part because looking at the traffic failed: 1."
SENT = (b'{"model":"big-', b'pickle","messages":[]}')


class Answer(NamedTuple):
    """What the upstream sends, and what it is when all of it is seen."""

    status: int
    content_type: bytes
    chunks: tuple[bytes, ...]
    kind: Kind


ADMITTED = Answer(
    200,
    b"text/event-stream",
    (
        b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n',
        b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ),
    Kind.SUCCESS,
)
REFUSED = Answer(
    429,
    b"application/json",
    (
        b'{"type":"error","error":{"type":"FreeUsageLimitError",',
        b'"message":"Rate limit exceeded. Please try again later."}}',
    ),
    Kind.FREE_USAGE_LIMIT,
)


def passes(run: Run, answer: Answer, *, breaks_off: bool = False) -> None:
    """One exchange, as mitmproxy's hooks tell of it, to its last line in a closed capture."""
    nobody: Future[FoundProcess | None] = Future()
    nobody.set_result(None)
    addon = CaptureAddon(run.recorder, ZEN, {PORT: "main"}, lambda *_: nobody)
    path = b"/zen/v1/chat/completions"
    flow = tflow.tflow(req=tutils.treq(host="127.0.0.1", port=PORT, path=path, content=None))
    flow.client_conn.sockname = ("127.0.0.1", PORT)
    addon.requestheaders(flow)
    assert callable(flow.request.stream)
    assert [flow.request.stream(chunk) for chunk in (*SENT, b"")] == [*SENT, b""]
    flow.response = tutils.tresp(
        status_code=answer.status,
        content=None,
        headers=http.Headers(((b"content-type", answer.content_type),)),
    )
    addon.responseheaders(flow)
    assert callable(flow.response.stream)
    assert [flow.response.stream(chunk) for chunk in answer.chunks] == [*answer.chunks]
    if breaks_off:
        flow.error = Error("peer closed connection")
        addon.error(flow)
    else:
        assert flow.response.stream(b"") == b""
        addon.response(flow)
    run.recorder.connection_closed(flow.client_conn.id)
    run.recorder.close("finished")


class Step(NamedTuple):
    """A look at the traffic, and which parts of an exchange are not seen when it fails."""

    holder: Any
    name: str
    parts: tuple[ExchangePart, ...]
    at_call: int = 1


STEPS = {
    "first chunk of the request": Step(Ongoing, "request_chunk", ("request_body",)),
    "second chunk of the request": Step(Ongoing, "request_chunk", ("request_body",), 2),
    "end of the request": Step(Ongoing, "request_chunk", ("request_body",), 3),
    "head of the response": Step(Ongoing, "response_started", ("response_head", "response_body")),
    "reader of the response": Step(ResponseReader, "__init__", ("response_head", "response_body")),
    "first chunk of the response": Step(Ongoing, "response_chunk", ("response_body",)),
    "second chunk of the response": Step(ResponseReader, "feed", ("response_body",), 2),
    "end of the response": Step(Ongoing, "response_chunk", ("response_body",), 3),
    "upstream connection": Step(flows, "upstream_facts", ("connection",)),
}


@pytest.fixture(params=sorted(STEPS))
def step(request: pytest.FixtureRequest) -> Step:
    return STEPS[str(request.param)]


@pytest.fixture(params=[ADMITTED, REFUSED], ids=["admitted", "refused"])
def answer(request: pytest.FixtureRequest) -> Answer:
    found: Answer = request.param
    return found


def break_step(patch: pytest.MonkeyPatch, holder: Any, name: str, at_call: int = 1) -> None:
    """Let a function raise once, at one of its calls."""
    whole, calls = getattr(holder, name), 0

    def fails(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at_call:
            raise RuntimeError("a secret of the exchange")
        return whole(*arguments, **named)

    patch.setattr(holder, name, fails)


def only(capture: Capture) -> Exchange:
    assert not capture.stubs
    assert not capture.interrupted
    (exchange,) = capture.exchanges
    return exchange


def test_an_exchange_that_was_seen_whole_says_nothing_of_parts(run: Run, answer: Answer) -> None:
    passes(run, answer)
    capture = run.capture()
    exchange = only(capture)
    assert exchange.outcome.kind is answer.kind
    assert exchange.signals.unobserved is None
    assert capture.end is not None
    assert capture.end.tap_failures is None
    assert "unobserved" not in run.writer.path.read_text()
    assert "tap_failures" not in run.writer.path.read_text()


def test_the_record_names_the_part_that_was_not_seen_and_concludes_nothing_from_it(
    run: Run, step: Step, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_step(monkeypatch, step.holder, step.name, step.at_call)
    passes(run, answer)
    capture = run.capture()
    exchange = only(capture)
    assert exchange.signals.unobserved == step.parts
    assert exchange.signals.ending is Ending.COMPLETE
    if "response_body" in step.parts:
        assert exchange.outcome.kind is Kind.UNKNOWN
        assert exchange.outcome.rule_id == "observed_in_part"
        assert not exchange.outcome.client
    else:
        assert exchange.outcome.kind is answer.kind
    if "request_body" in step.parts:
        assert exchange.request.body.state == "not_observed"
        assert exchange.request.model is None
    assert run.recorder.counts.tap_failures == 1
    assert capture.end is not None
    assert capture.end.tap_failures == 1


def test_nobody_compares_or_takes_for_complete_what_was_seen_in_part(
    run: Run, step: Step, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_step(monkeypatch, step.holder, step.name, step.at_call)
    passes(run, answer)
    capture = run.capture()
    (seen,) = observed(capture.header, capture.exchanges)
    reason = next(row for row in EXCLUSIONS if row.applies(seen))
    assert reason.id == "observed_in_part"
    assert reason.may_count
    notes = take_inventory([(capture.header, capture.exchanges)]).notes
    assert any("bodies could not be read" in note for note in notes) is (
        "request_body" in step.parts
    )


def test_a_request_whose_way_cannot_be_decided_goes_on_and_is_recorded(
    run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_step(monkeypatch, recording_addon, "decide")
    passes(run, answer)
    capture = run.capture()
    exchange = only(capture)
    assert (exchange.context.route, exchange.outcome.kind) == ("reverse", answer.kind)
    assert exchange.signals.unobserved is None
    assert capture.end is not None
    assert capture.end.tap_failures == 1


def test_a_web_page_gets_nothing_when_it_cannot_be_decided(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_step(monkeypatch, recording_addon, "decide")
    nobody: Future[FoundProcess | None] = Future()
    addon = CaptureAddon(run.recorder, ZEN, {PORT: "main"}, lambda *_: nobody)
    flow = tflow.tflow(req=tutils.treq(host="127.0.0.1", port=PORT, content=None))
    flow.client_conn.sockname = ("127.0.0.1", PORT)
    flow.request.headers["Origin"] = "http://evil.example"
    addon.requestheaders(flow)
    assert flow.response is not None
    assert flow.response.status_code == 403
    assert (run.recorder.counts.opened, run.recorder.counts.refused) == (0, 1)


@pytest.mark.parametrize("how", ["ending_of_error", "ending"])
def test_an_end_that_was_not_seen_is_not_invented(
    run: Run, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "ending_of_error":
        break_step(monkeypatch, flows, "ending_of_error")
    passes(run, ADMITTED, breaks_off=True)
    exchange = only(run.capture())
    if how == "ending":
        assert exchange.signals.ending is Ending.UPSTREAM_CUT
        return
    assert exchange.signals.unobserved == ("ending",)
    assert exchange.signals.ending is Ending.UNSTATED
    assert exchange.signals.transport is None


def test_a_response_whose_head_was_not_seen_is_still_one_that_began(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_step(monkeypatch, Ongoing, "response_started")
    passes(run, ADMITTED, breaks_off=True)
    exchange = only(run.capture())
    assert exchange.signals.ending is Ending.UPSTREAM_CUT
    assert exchange.outcome.rule_id == "observed_in_part"


def test_an_exchange_that_cannot_be_finished_leaves_a_stub_and_no_invented_end(
    run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a `proxy_error` when its connection closes, nor one that the run interrupted."""
    break_step(monkeypatch, Ongoing, "finish")
    passes(run, answer)
    capture = run.capture()
    assert not capture.exchanges
    assert not capture.interrupted
    assert [(one.reason, one.status) for one in capture.stubs] == [
        ("recording_failed", answer.status)
    ]
    assert capture.end is not None
    assert capture.end.tap_failures == 1
    assert run.recorder.counts.in_flight == 0


def test_several_failures_are_all_named_and_counted(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in ("second chunk of the request", "first chunk of the response"):
        break_step(monkeypatch, STEPS[one].holder, STEPS[one].name, STEPS[one].at_call)
    passes(run, REFUSED)
    capture = run.capture()
    assert only(capture).signals.unobserved == ("request_body", "response_body")
    assert capture.end is not None
    assert capture.end.tap_failures == 2
    printed = capsys.readouterr()
    assert "a secret" not in printed.out + printed.err + Path(run.writer.path).read_text()


@pytest.mark.parametrize("one_by_one", [0, 8000], ids=["aggregated", "one by one"])
def test_every_report_says_that_an_exchange_was_observed_in_part(
    run: Run, one_by_one: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    break_step(monkeypatch, ResponseReader, "feed")
    passes(run, REFUSED)
    path, capture = run.writer.path, run.capture()
    exchange = only(capture)
    inputs = gather(capture_sources([path]), one_by_one=one_by_one)
    assert [one.in_part for one in inputs.captures] == [1]
    said = f"{path.name}: {IN_PART}"
    assert said in inputs.remarks
    assert f"{path.name}: looks at the traffic that failed: 1; the traffic went on." in (
        inputs.remarks
    )
    assert not inputs.captures[0].complete
    (source,) = capture_sources([path])
    assert said in Shown(source).remarks()
    assert "1 failed looks at the traffic" in counter_line(run.recorder.counts, 0)
    assert "unknown (seen in part)" in RowLines().line(shown(exchange, exchange.outcome))
    (row,) = cells(support_rows([exchange]))
    assert "unknown (seen in part)" in row
    bundle = assembled([path])
    assert "  Observed in part only: 1" in list(preview(bundle))
    made = tmp_path / "bundle.zip"
    made.write_bytes(bundle.data)
    assert verify(made).findings == ()
