"""Another user's connection is refused; one of which nobody can tell is marked in its records."""

from concurrent.futures import Future

import psutil
import pytest
from mitmproxy.test import tflow, tutils

from pawwork_proxy.clients import processes
from pawwork_proxy.clients.processes import FoundProcess
from pawwork_proxy.model.context import ClientProcess, Peer
from pawwork_proxy.recording.addon import CaptureAddon
from pawwork_proxy.recording.destination import ZEN
from tests.unit.recording.runs import Run, identity, run

__all__ = ["identity", "run"]

PORT = 9610


def exchanged(run: Run, peer: Peer | None, found: FoundProcess | None) -> Peer | None:
    """What the record says of an exchange on a connection of which this is known."""
    process: Future[FoundProcess | None] = Future()
    process.set_result(found)
    addon = CaptureAddon(
        run.recorder, ZEN, {PORT: "main"}, lambda *_: process, peer_of=lambda *_: peer
    )
    path = b"/zen/v1/models"
    flow = tflow.tflow(req=tutils.treq(host="127.0.0.1", port=PORT, path=path), resp=True)
    flow.client_conn.sockname = ("127.0.0.1", PORT)
    flow.client_conn.peername = ("127.0.0.1", 40000)
    addon.client_connected(flow.client_conn)
    assert not flow.client_conn.error
    addon.requestheaders(flow)
    addon.responseheaders(flow)
    addon.response(flow)
    run.recorder.close("finished")
    (exchange,) = run.capture().exchanges
    return exchange.context.peer


CURL = ClientProcess(name="curl")


@pytest.mark.parametrize(
    ("peer", "found", "told"),
    [
        (None, None, None),
        ("unknown", None, "unknown"),
        ("unknown", FoundProcess(1, CURL), "unknown"),
        ("unknown", FoundProcess(1, CURL, own=True), None),
        ("unknown", FoundProcess(1, CURL, own=False), "another_user"),
    ],
)
def test_what_could_not_be_known_at_first_is_marked(
    run: Run, peer: Peer | None, found: FoundProcess | None, told: Peer | None
) -> None:
    assert exchanged(run, peer, found) == told


def test_another_users_connection_is_closed_before_it_says_anything(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    def look_up(*_: object) -> Future[FoundProcess | None]:
        raise AssertionError("nobody is looked up")

    asked: list[object] = []

    def peer_of(*ends: object) -> Peer:
        asked.append(ends)
        return "another_user"

    addon = CaptureAddon(run.recorder, ZEN, {PORT: "main"}, look_up, peer_of=peer_of)
    for _ in range(2):
        client = tflow.tclient_conn()
        client.peername = ("::1", 40000, 0, 0)  # type: ignore[assignment]  # as it is for IPv6
        client.sockname = ("::1", PORT, 0, 0)  # type: ignore[assignment]
        addon.client_connected(client)
        assert client.error, "mitmproxy closes it"
    assert asked == [(("::1", 40000), ("::1", PORT))] * 2
    assert run.recorder.counts.refused == 2
    assert capsys.readouterr().err.count("connection_of_another_user_refused") == 1


class _Program:
    def __init__(self, user: str | None) -> None:
        self._user = user

    def username(self) -> str:
        if self._user is None:
            raise psutil.AccessDenied
        return self._user


@pytest.mark.parametrize(("user", "own"), [("grace", True), ("wang", False), (None, None)])
def test_the_user_of_a_program_is_told_where_the_system_tells(
    user: str | None, own: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "Process", lambda: _Program("grace"))
    assert processes._is_own(_Program(user)) is own  # type: ignore[arg-type]
