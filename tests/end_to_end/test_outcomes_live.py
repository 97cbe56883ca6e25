"""Labelled answers, played by an upstream through the live proxy: judged as `classify` judges them.

The labelled lines say little of their transport; here each really comes over a socket, whole,
chunked, or compressed.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.reported import read_case
from tests.end_to_end.proxy_process import ProxyProcess
from tests.end_to_end.scripted_upstream import Peer, ScriptedUpstream, exchange_raw

DATA = Path(__file__).resolve().parents[1] / "data" / "outcomes.jsonl"
CASES = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
PLAYABLE = [
    case
    for case in CASES
    if case["status"] is not None and case["body"] and case["transport"] is None
]
DATE = "Fri, 20 Nov 2026 10:02:57 GMT"


def headers_of(case: dict[str, Any]) -> dict[str, str]:
    headers = {"date": DATE, **case["headers"]}
    if case["content_type"]:
        headers["content-type"] = case["content_type"]
    return headers


def play(peer: Peer) -> None:
    """Answer `/zen/v1/case/N/FORM` with case N in that form."""
    _, number, form = peer.request.lines[0].split(b" ")[1].rsplit(b"/", 2)
    case = PLAYABLE[int(number)]
    body = case["body"].encode()
    lines = [f"HTTP/1.1 {case['status']} Any"]
    lines += [f"{name}: {value}" for name, value in headers_of(case).items()]
    if form == b"gzip":
        body = gzip.compress(body)
        lines.append("content-encoding: gzip")
    if form == b"chunked":
        peer.send("\r\n".join([*lines, "transfer-encoding: chunked", "", ""]).encode())
        for start in range(0, len(body), 7):
            piece = body[start : start + 7]
            peer.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        peer.send(b"0\r\n\r\n")
    else:
        peer.send("\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body)


def essence(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.kind,
        outcome.origin,
        outcome.in_stream,
        outcome.error_type,
        outcome.rule_id,
        outcome.retry_after_s,
        outcome.reset_at,
        outcome.reset_cadence,
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["whole", "chunked", "gzip"])
def test_live_answers_are_judged_as_pasted_ones(tmp_path: Path, form: str) -> None:
    with ScriptedUpstream(play) as upstream, ProxyProcess(tmp_path, upstream.url) as proxy:
        for number in range(len(PLAYABLE)):
            head = f"GET /zen/v1/case/{number}/{form} HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}"
            exchange_raw(proxy.port, f"{head}\r\nConnection: close\r\n\r\n".encode())
        capture = proxy.wait_for_exchanges(len(PLAYABLE))
    assert len(PLAYABLE) > 150
    wrong = []
    for case, exchange in zip(PLAYABLE, capture.exchanges, strict=True):
        stated = read_case(case | {"headers": headers_of(case)})
        pasted = classify(stated.signals)
        if essence(exchange.outcome) != essence(pasted):
            wrong.append((case["id"], essence(exchange.outcome), essence(pasted)))
    assert not wrong
