"""The egress probe takes the traffic's own route, and never disturbs it."""

import asyncio
import base64
import json
import ssl
import urllib.request
from pathlib import Path

import pytest

from pawwork_proxy.captures.completeness import happenings
from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.demo.laboratory import second_address
from pawwork_proxy.environment.identity import load_identity
from pawwork_proxy.model.context import Egress
from pawwork_proxy.proxy.egress import ProbeRoute, ask_trace, source_towards
from pawwork_proxy.proxy.session import RunPlan, egress_watch
from pawwork_proxy.recording.destination import Upstream
from pawwork_proxy.simulator.server import Simulator
from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream, answer
from tests.end_to_end.simulator_process import SimulatorProcess
from tests.end_to_end.test_tls import certificate

TRACE = b"ip=203.0.113.9\nloc=DE\ncolo=FRA\n"


def ask(proxy: ProxyProcess) -> Capture:
    """One request through the proxy; the capture that holds it."""
    body = json.dumps({"model": "big-pickle", "messages": []}).encode()
    request = urllib.request.Request(f"{proxy.url}/zen/v1/chat/completions", body)
    with urllib.request.urlopen(request, timeout=PATIENCE) as found:
        found.read()
    return proxy.wait_for_exchanges(1)


def trace_or_answer(peer: Peer) -> None:
    """An upstream, or a proxy before it, with a trace page."""
    play = answer(TRACE if b"/cdn-cgi/trace" in peer.request.head.split(b"\r\n")[0] else b"{}")
    play(peer)


def test_header_and_exchanges_carry_the_egress(tmp_path: Path) -> None:
    with (
        SimulatorProcess() as simulator,
        ProxyProcess(tmp_path, simulator.url, "--egress-probe") as proxy,
    ):
        capture = ask(proxy)
        text = proxy.capture_path.read_text()
    egress = capture.header.egress
    assert capture.header.options.egress_probe
    assert egress is not None
    assert (egress.family, egress.country, egress.colo) == ("ipv4", "US", "SIM")
    assert capture.exchanges[0].context.egress == egress
    assert egress.address == capture.exchanges[0].context.source_address, "loopback: no translation"
    assert "cdn-cgi" not in text, "the probe is no exchange"


def test_without_the_option_nothing_is_asked(tmp_path: Path) -> None:
    with SimulatorProcess() as simulator, ProxyProcess(tmp_path, simulator.url) as proxy:
        capture = ask(proxy)
        assert simulator.requests("/cdn-cgi/trace") == 0
    assert capture.header.egress is None
    assert not capture.header.options.egress_probe
    assert capture.exchanges[0].context.egress is None


@pytest.mark.skipif(second_address() is None, reason="one loopback address only")
def test_the_probe_leaves_from_the_chosen_address(tmp_path: Path) -> None:
    options = ("--egress-probe", "--source", "127.0.0.2")
    with SimulatorProcess() as simulator, ProxyProcess(tmp_path, simulator.url, *options) as proxy:
        capture = ask(proxy)
        seen = [one for one in simulator.seen() if one["target"] == "/cdn-cgi/trace"]
    assert [one["peer"] for one in seen] == ["127.0.0.2"]
    context = capture.exchanges[0].context
    assert context.egress is not None
    assert context.egress.address == context.source_address


def test_a_failing_probe_is_a_note_and_traffic_goes_on(tmp_path: Path) -> None:
    """An upstream without a trace page."""
    with (
        ScriptedUpstream(answer(b"{}")) as upstream,
        ProxyProcess(tmp_path, upstream.url, "--egress-probe") as proxy,
    ):
        capture = ask(proxy)
    assert capture.header.egress is None
    assert capture.exchanges[0].context.egress is None
    assert [note.event for note in capture.notes if "egress" in note.event] == [
        "egress_unavailable"
    ]
    assert any("did not always say" in line for line in happenings(capture))


def test_the_probe_goes_through_the_chained_proxy(tmp_path: Path) -> None:
    with ScriptedUpstream(trace_or_answer) as other:
        via = f"http://someone:word@127.0.0.1:{other.port}"
        options = ("--egress-probe", "--via", via)
        with ProxyProcess(tmp_path, "http://zen.example", *options) as proxy:
            capture = ask(proxy)
            text = proxy.capture_path.read_text()
        probe = other.received[0]
    assert probe.lines[0].startswith(b"GET http://zen.example")
    credentials = base64.b64encode(b"someone:word")
    assert any(line.endswith(b"Basic " + credentials) for line in probe.lines)
    assert capture.header.egress is not None
    assert (capture.header.egress.country, capture.header.egress.colo) == ("DE", "FRA")
    assert capture.exchanges[0].context.egress == capture.header.egress
    assert "203.0.113" not in text


@pytest.mark.skipif(second_address() is None, reason="one loopback address only")
async def test_another_route_during_the_run_is_another_egress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWWORK_PROXY_HOME", str(tmp_path / "private"))
    told: list[tuple[str, Egress | None]] = []
    changed = asyncio.Event()

    def tell(event: str, egress: Egress | None) -> None:
        told.append((event, egress))
        changed.set()

    async with Simulator() as simulator:
        upstream = Upstream("http", "127.0.0.1", simulator.port)
        plan = RunPlan((), upstream, None, None, tmp_path, egress_probe=True)
        watch = egress_watch(plan, load_identity())
        first = await watch.start("127.0.0.1")
        watch.report_to(tell)
        hop = (upstream.host, upstream.port)
        watch.connected(hop, "127.0.0.1", "127.0.0.1")
        watch.connected(hop, "127.0.0.2", "127.0.0.1")
        async with asyncio.timeout(PATIENCE):
            await changed.wait()
        second = watch.of("127.0.0.2")
        await watch.close()
    assert first is not None
    assert second is not None
    assert first.address != second.address
    assert told == [("egress_changed", second)]


async def test_the_upstreams_certificate_is_verified(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    async with Simulator(tls=tls) as simulator:
        route = ProbeRoute(Upstream("https", "127.0.0.1", simulator.port))
        source = await source_towards(route)
        assert source == "127.0.0.1"
        assert await ask_trace(route, source) is None
        trusting = route._replace(certificates=pem)
        found = await ask_trace(trusting, source)
    assert found is not None
    assert found.address == "127.0.0.1"


async def test_nobody_there_is_no_answer() -> None:
    nobody = ProbeRoute(Upstream("http", "nobody.invalid", 80))
    assert await source_towards(nobody) is None
    assert await ask_trace(nobody, None) is None
