"""What nobody foresaw costs at most a field: odd but legal exchanges, one after another."""

from pathlib import Path

import pytest

from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.ongoing import Arrival, RawHeaders, UpstreamFacts
from tests.unit.recording.odd_exchanges import Lines, Odd, odd_exchanges, odd_types
from tests.unit.recording.runs import Run, identity

__all__ = ["identity"]
NUMBER = 3000
SEED = 12
LONG = 12


def raw(lines: Lines) -> RawHeaders:
    return tuple((name.encode(), value.encode()) for name, value in lines)


def record(run: Run, odd: Odd) -> None:
    run.later.run()
    ongoing = run.recorder.open(
        Arrival("main", "reverse", "POST", odd.target, "HTTP/1.1", raw(odd.asked))
    )
    ongoing.request_chunk(odd.sent)
    ongoing.request_chunk(b"")
    ongoing.response_started(odd.status, "HTTP/1.1", raw(odd.answered))
    ongoing.response_chunk(odd.body)
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())


@pytest.mark.slow
def test_of_3000_odd_exchanges_none_is_withheld_and_no_secret_is_kept(
    tmp_path: Path, identity: Identity
) -> None:
    run = Run(tmp_path / "captures", identity)
    exchanges = list(odd_exchanges(NUMBER, SEED))
    for odd in exchanges:
        record(run, odd)
    run.recorder.close("finished")
    capture, counts = run.capture(), run.recorder.counts
    assert (capture.count, len(capture.stubs), capture.damages) == (NUMBER, 0, [])
    texts = [hit for hit in counts.values_withheld if hit.rule != "credential"]
    assert texts == [], "what redaction keeps passes the gate"
    assert counts.values_withheld.total() <= NUMBER // 500
    text = run.writer.path.read_text()
    grams = {text[start : start + LONG] for start in range(len(text) - LONG + 1)}
    secrets = [secret for odd in exchanges for secret in odd.secrets]
    assert len(secrets) > NUMBER
    assert not any(
        secret[start : start + LONG] in grams
        for secret in secrets
        for start in range(len(secret) - LONG + 1)
    )
    for name in ("Grace", "Enterprise_Kunde", "acme_holding"):
        assert name not in text


@pytest.mark.slow
def test_of_600_new_error_types_none_costs_its_record(tmp_path: Path, identity: Identity) -> None:
    run = Run(tmp_path / "captures", identity)
    types = odd_types(600, SEED)
    for one in types:
        body = f'{{"type":"error","error":{{"type":"{one}","message":"no"}}}}'
        record(run, Odd(status=429, answered=[("retry-after", "50223")], body=body.encode()))
    run.recorder.close("finished")
    capture = run.capture()
    assert (capture.count, len(capture.stubs)) == (len(types), 0)
    assert run.recorder.counts.values_withheld.total() == 0
    for exchange in capture.exchanges:
        assert exchange.outcome.retry_after_s == 50223
        assert exchange.response is not None
        assert exchange.response.error_type or exchange.outcome.error_type
