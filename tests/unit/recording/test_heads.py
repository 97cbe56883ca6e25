"""What mitmproxy itself would let pass, or would fail on, when the hooks of an exchange see it."""

from concurrent.futures import Future

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.recording.addon import CaptureAddon
from pawwork_proxy.recording.destination import ZEN
from tests.unit.recording.runs import Run, identity, run

__all__ = ["identity", "run"]


@pytest.fixture
def addon(run: Run) -> CaptureAddon:
    nobody: Future[FoundProcess | None] = Future()
    return CaptureAddon(run.recorder, ZEN, {9610: "main"}, lambda *_: nobody)


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ((b"x-a", b"1\r\nGET /b HTTP/1.1"), b"/"),
        ((b"x-a\n", b"1"), b"/"),
        ((b"a", b"b"), b"/ HTTP"),
    ],
)
def test_a_head_of_http2_that_would_become_two_requests_goes_nowhere(
    run: Run, addon: CaptureAddon, field: tuple[bytes, bytes], path: bytes
) -> None:
    """The h2 of today refuses it; the one that mitmproxy 11 is held to does not."""
    request = tutils.treq(http_version=b"HTTP/2.0", path=path, headers=http.Headers([field]))
    flow = tflow.tflow(req=request)
    addon.requestheaders(flow)
    assert flow.error
    assert not flow.live
    assert (run.recorder.counts.refused, run.recorder.counts.opened) == (1, 0)


def test_a_head_of_http2_that_is_one_request_is_not_broken_off(addon: CaptureAddon) -> None:
    request = tutils.treq(http_version=b"HTTP/2.0", headers=http.Headers([(b"a", b"b c")]))
    flow = tflow.tflow(req=request)
    addon.requestheaders(flow)
    assert not flow.error


@pytest.mark.parametrize("http2", [False, True])
def test_trailers_pass_where_the_next_connection_has_a_place_for_them(
    addon: CaptureAddon, http2: bool
) -> None:
    flow = tflow.tflow(resp=True)
    flow.request.http_version = "HTTP/2.0" if http2 else "HTTP/1.1"
    flow.server_conn.alpn = b"h2" if http2 else None
    assert flow.response
    flow.request.trailers = flow.response.trailers = http.Headers([(b"x-sum", b"1")])
    addon.request(flow)
    addon.response(flow)
    assert bool(flow.request.trailers) is bool(flow.response.trailers) is http2
