"""The answers after which clients were watched, by the names of the measurements."""

from typing import NamedTuple

from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.signals import Ending, Signals
from pawwork_proxy.outcomes.rule import zen
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.response_reader import ResponseReader
from pawwork_proxy.simulator.faults import FAULTS

MIDNIGHT_S = 71937.0
GO_S = 18000.0
_RATE = "Rate limit exceeded. Please try again later."
_TEXT = 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n'
_END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
_OVERLOADED = (
    'data: {"error":{"type":"overloaded_error","code":"server_is_overloaded",'
    '"message":"Overloaded"}}\n\n'
)
_FLAT = 'data: {"type":"error","code":"server_is_overloaded","message":"Overloaded"}\n\n'
_IN_STREAM = (
    'data: {"error":{"type":"FreeUsageLimitError","code":"FreeUsageLimitError",'
    f'"message":"{_RATE}"}}}}\n\n'
)


class Answer(NamedTuple):
    """What a client was given."""

    body: str = ""
    status: int | None = 200
    wait_s: float | None = None
    ending: Ending = Ending.COMPLETE
    coding: str = "identity"


def _whole(kind: str) -> Answer:
    """A fault of the simulator that is a whole answer."""
    fault = FAULTS[kind]
    assert fault.body is not None
    return Answer(fault.body.body.decode(), fault.status)


ANSWERS = {
    "zen": Answer(_TEXT + _END),
    "exhausted": Answer(zen("FreeUsageLimitError", _RATE).body, 429, MIDNIGHT_S),
    "console": Answer(
        zen("FreeUsageLimitError", f"Error from provider (Console): {_RATE}").body, 429
    ),
    "go": Answer(zen("GoUsageLimitError", "5 hour usage limit reached").body, 429, GO_S),
    "client-gate": Answer(zen("FreeTierError", "Free tier can only be used in OpenCode").body, 403),
    "version-floor": Answer(zen("UpgradeRequired", "Please upgrade OpenCode").body, 426),
    "fault-cut": Answer(_TEXT + 'data: {"choices"', ending=Ending.UPSTREAM_CUT),
    "fault-no-end": Answer(_TEXT),
    "fault-truncated-encoding": Answer(_TEXT + _END, ending=Ending.COMPLETE),
    "fault-error-first": Answer(_OVERLOADED),
    "fault-error-later": Answer(_TEXT + _OVERLOADED),
    "fault-error-event": Answer(f"{_TEXT}event: error\n{_OVERLOADED}"),
    "fault-error-flat": Answer(_TEXT + _FLAT),
    "in-stream free limit": Answer(_IN_STREAM),
    "in-stream rate limit": Answer(
        _IN_STREAM.replace(_RATE, "Too many requests, please slow down")
    ),
    "busy": _whole("overload"),
    **{
        f"fault-{kind}".replace("_", "-"): _whole(kind)
        for kind, fault in FAULTS.items()
        if fault.body is not None
    },
}


def signals_of(answer: Answer) -> Signals:
    """An answer as it was read."""
    headers = [("content-encoding", answer.coding)]
    if answer.wait_s is not None:
        headers.append(("retry-after", str(answer.wait_s)))
    reader = ResponseReader(answer.status, headers)
    reader.feed(answer.body.encode())
    return reader.finish(answer.ending).signals


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means, and what each range of clients does with it."""
    return classify(signals_of(answer))
