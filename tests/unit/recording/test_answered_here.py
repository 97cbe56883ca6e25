"""What becomes of a request that may be answered here, hook by hook."""

from concurrent.futures import Future
from datetime import timedelta

import pytest
from mitmproxy import connection, http
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow, tutils

from pawwork_proxy.captures.tally import Tally
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.comparison.observations import UNKNOWN_CLOCK_S
from pawwork_proxy.model.view import view_of
from pawwork_proxy.recording.addon import CaptureAddon
from pawwork_proxy.recording.answering import Answering, Choice
from pawwork_proxy.recording.destination import ZEN, Upstream
from pawwork_proxy.recording.ongoing import Ongoing
from pawwork_proxy.recording.recorder import Recorder
from tests.unit.builders import NOON, exchange
from tests.unit.recording.runs import Run, identity, run

__all__ = ["identity", "run"]

PORT = 9610
SOURCE = Upstream("http", "127.0.0.1", 7)
BODY = b'{"model":"big-pickle"}'
CONNECTED: list[tuple[str, int]] = []


def addon_of(run: Run, model: str | None = None) -> CaptureAddon:
    nobody: Future[FoundProcess | None] = Future()
    nobody.set_result(None)
    CONNECTED.clear()
    return CaptureAddon(
        run.recorder,
        ZEN,
        {PORT: "main"},
        lambda *_: nobody,
        source="192.0.2.1",
        on_connected=lambda address, *_: CONNECTED.append(address),
        answering=Answering(Choice(model=model), SOURCE),
    )


def flow_of() -> http.HTTPFlow:
    path = b"/zen/v1/chat/completions"
    request = tutils.treq(method=b"POST", host="127.0.0.1", port=PORT, path=path, content=BODY)
    flow = tflow.tflow(req=request)
    flow.request.headers["host"] = f"127.0.0.1:{PORT}"
    flow.client_conn.sockname = ("127.0.0.1", PORT)
    flow.server_conn.via = ("http", ("192.0.2.9", 8080))
    return flow


def arrives(addon: CaptureAddon, flow: http.HTTPFlow) -> None:
    addon.requestheaders(flow)
    assert not flow.request.stream, "its body decides"
    addon.request(flow)


def test_an_answered_call_goes_to_who_answers_and_through_no_other_proxy(run: Run) -> None:
    flow = flow_of()
    shared = flow.server_conn
    arrives(addon_of(run), flow)
    assert (flow.request.host, flow.request.port, flow.request.scheme) == ("127.0.0.1", 7, "http")
    assert flow.server_conn.via is None
    assert shared.via == ("http", ("192.0.2.9", 8080)), "the client's other flows still take it"
    assert flow.request.raw_content == BODY


def test_a_call_that_is_not_chosen_goes_upstream(run: Run) -> None:
    flow = flow_of()
    arrives(addon_of(run, model="other"), flow)
    assert (flow.request.host, flow.request.port) == ("opencode.ai", 443)
    assert flow.request.headers["host"] == "opencode.ai"
    assert flow.server_conn.via == ("http", ("192.0.2.9", 8080))


def test_what_is_no_model_call_is_streamed_as_ever(run: Run) -> None:
    addon, flow = addon_of(run), flow_of()
    flow.request.method = "GET"
    addon.requestheaders(flow)
    assert callable(flow.request.stream)
    addon.request(flow)
    assert flow.request.host == "opencode.ai"


@pytest.mark.parametrize(("holder", "step"), [(Recorder, "open"), (Ongoing, "request_chunk")])
def test_a_call_is_answered_here_even_if_it_cannot_be_recorded(
    run: Run, monkeypatch: pytest.MonkeyPatch, holder: type, step: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    flow = flow_of()
    with monkeypatch.context() as patched:
        patched.setattr(holder, step, fail)
        arrives(addon_of(run), flow)
    assert flow.request.port == 7
    assert run.recorder.counts.tap_failures == 1


def test_the_way_to_who_answers_is_no_way_out_of_this_machine(run: Run) -> None:
    addon = addon_of(run)
    for port in (7, 443):
        server = connection.Server(address=("127.0.0.1", port))
        data = ServerConnectionHookData(server=server, client=tflow.tclient_conn())
        addon.server_connect(data)
        assert (server.sockname is None) == (port == 7)
        server.sockname, server.peername = ("127.0.0.1", 1), ("127.0.0.1", port)
        addon.server_connected(data)
    assert CONNECTED == [("127.0.0.1", 443)]


def test_the_date_of_our_own_answer_does_not_tell_the_servers_clock() -> None:
    def error(*, here: bool | None) -> float:
        one, tally = exchange(answered_here=here), Tally()
        assert one.response is not None
        late = one.response.model_copy(update={"date": NOON + timedelta(hours=1)})
        tally.add(view_of(one.model_copy(update={"response": late})))
        return tally.clock.error_s

    assert error(here=True) == UNKNOWN_CLOCK_S
    assert error(here=None) < UNKNOWN_CLOCK_S
