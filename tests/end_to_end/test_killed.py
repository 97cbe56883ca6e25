"""Kill -9 at random moments under load: every request that the upstream saw is in the capture."""

import random
import socket
import threading
from pathlib import Path

import pytest

from tests.end_to_end.proxy_process import PATIENCE, ProxyProcess
from tests.end_to_end.scripted_upstream import ScriptedUpstream, answer, read_message

CLIENTS = 6
BODY = b'{"model":"big-pickle","messages":[]}'
PATIENT = """
from pawwork_proxy.captures import writing
from pawwork_proxy.__main__ import main
writing.PATIENCE_S = 3600.0
main()
"""
"""A run whose requests wait for their lines however slow a busy machine's disk is."""


def load(port: int, ended: threading.Event) -> None:
    """Ask without pause until the proxy is gone."""
    request = b"POST /zen/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port
    request += b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            while not ended.is_set():
                connection.sendall(request)
                if read_message(connection) is None:
                    return
    except OSError:
        return


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nothing_the_upstream_saw_is_missing(tmp_path: Path, seed: int) -> None:
    moment = random.Random(seed).randint(5, 250)
    ended = threading.Event()
    with ScriptedUpstream(answer(b'{"cost":"0"}')) as upstream:
        with ProxyProcess(tmp_path, upstream.url, program=("-c", PATIENT)) as proxy:
            clients = [
                threading.Thread(target=load, args=(proxy.port, ended)) for _ in range(CLIENTS)
            ]
            for client in clients:
                client.start()
            try:
                # The moment is counted in requests, so that the kill meets the proxy at work.
                while len(upstream.received) < moment:
                    assert any(client.is_alive() for client in clients)
                proxy.kill()
            finally:
                ended.set()
                for client in clients:
                    client.join()
            capture = proxy.capture()
        seen = len(upstream.received)
    recorded = len(capture.exchanges) + len(capture.stubs)
    assert recorded + len(capture.interrupted) >= seen >= moment
    assert recorded + len(capture.interrupted) - seen <= CLIENTS, "the rest was under way"
    assert len(capture.damages) <= 1, "at most the last line is torn"
