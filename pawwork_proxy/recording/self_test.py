"""The self-test at the start of a run: an exchange full of canaries goes the recorder's own way.

Invariant: nothing of it is written or counted. If a canary shows up in the record that comes out,
recording must be switched off: we want proof that nothing leaks, not merely no error.
"""

import json
import secrets

from pawwork_proxy.environment.machine import utc_now
from pawwork_proxy.facts.server import todays_base
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, UpstreamFacts
from pawwork_proxy.recording.projection import Projector

SHORTEST_TRACE = 12
"""So many characters of a canary in a row are a leak, as they are for the taint gate."""


def leaks(projector: Projector, install: str) -> bool:
    """Whether a random key or a random sentence survives in a record made now."""
    key = "sk-" + secrets.token_hex(24)
    sentence = " ".join(secrets.token_hex(4) for _ in range(8))
    ongoing = Ongoing(0, utc_now(), _arrival(install, key, sentence), lambda: 0.0, lambda *_: None)
    ongoing.request_chunk(_body(key, sentence))
    ongoing.request_chunk(b"")
    message = {"type": "error", "error": {"type": key, "message": sentence, "code": key}}
    ongoing.response_started(400, "HTTP/1.1", ((b"x-note", key.encode()),))
    ongoing.response_chunk(json.dumps(message).encode())
    projected = projector.project(ongoing, Ending.COMPLETE, UpstreamFacts())
    line = line_of(projected.exchange).decode()
    return any(
        canary[start : start + SHORTEST_TRACE] in line
        for canary in (key, sentence)
        for start in range(len(canary) - SHORTEST_TRACE + 1)
    )


def _arrival(install: str, key: str, sentence: str) -> Arrival:
    headers = (
        (b"authorization", b"Bearer " + key.encode()),
        (b"user-agent", f"agent/{key}".encode()),
        (b"x-" + key.encode(), sentence.encode()),
    )
    target = f"{todays_base('zen', 'chat')}/{key}?{key}={key}"
    return Arrival(install, "reverse", "POST", target, "HTTP/1.1", headers)


def _body(key: str, sentence: str) -> bytes:
    messages = [{"role": "user", "content": sentence}]
    return json.dumps({"model": key, "user": key, key: sentence, "messages": messages}).encode()
