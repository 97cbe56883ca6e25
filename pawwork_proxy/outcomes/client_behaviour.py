"""What each generation of the client does with an answer (zen-facts, section 4), as data.

Invariant: describes the client's own rules, not ours: it may call a gate `auth`, and that is
what support has to know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pawwork_proxy.facts.errors import Sense
from pawwork_proxy.model.outcome import ClientBehaviour, Kind
from pawwork_proxy.model.signals import Failure
from pawwork_proxy.outcomes.evidence import Evidence

FIRST_BACKOFF_S = 2.0
_WAITED = ("retry-after-ms", "retry-after", "retry-after date")
_ERAS = (("C1",), ("C2",), ("C3",), ("C4", "C5", "C6"))
_TERMINAL = frozenset({"auth", "quota_exhausted", "invalid_request", "free_quota_exhausted"})
_FREE_TYPE = Sense.FREE_LIMIT

USER_SEES: dict[str, str] = {
    "answer": "the model's answer",
    "countdown": "the error's text with a retry countdown",
    "free_quota": "'Free usage exceeded, subscribe to Go'; the conversation is blocked",
    "wrong_key": "an authentication error, as if the key were wrong",
    "billing": "a quota or billing error",
    "request_error": "the server's message about the request",
    "overloaded": "'provider is overloaded' with a retry countdown",
    "connection": "a connection error with a retry countdown",
    "error": "the error's text",
}
"""Id and what it stands for, in words."""


class FailureRow(NamedTuple):
    """One line of the client's own table of failure kinds."""

    kind: str
    user_sees: str
    when: Callable[[Evidence, Kind], bool]


FAILURES: tuple[FailureRow, ...] = (
    FailureRow("none", "answer", lambda _, kind: kind is Kind.SUCCESS),
    FailureRow("free_quota_exhausted", "free_quota", lambda e, _: _FREE_TYPE in e.types),
    FailureRow(
        "server_overload",
        "overloaded",
        lambda e, _: Sense.ZEN_MODEL in e.types and Sense.NO_PROVIDER in e.says,
    ),
    FailureRow("auth", "wrong_key", lambda e, _: e.s.status in (401, 403)),
    FailureRow(
        "quota_exhausted",
        "billing",
        lambda e, _: (
            e.s.status == 402
            or Sense.ACCOUNT_QUOTA in e.words
            or (Sense.FUNDS in e.says and e.s.status != 429)
        ),
    ),
    FailureRow("rate_limit", "countdown", lambda e, _: e.s.status == 429),
    FailureRow(
        "server_overload",
        "overloaded",
        lambda e, _: (
            (e.s.status or 0) >= 500
            or any(fact.type == "server_error" for fact in e.s.errors)
            or any("server_is_overloaded" in (fact.type, fact.code) for fact in e.s.errors)
        ),
    ),
    FailureRow(
        "invalid_request",
        "request_error",
        lambda e, _: (
            e.s.status in (400, 422) or any(fact.code == "invalid_prompt" for fact in e.s.errors)
        ),
    ),
    FailureRow("decompression", "connection", lambda e, _: e.s.decoding_failed),
    FailureRow(
        "transport_disconnect",
        "connection",
        lambda e, _: e.s.transport is not None and e.s.transport.failure is not Failure.DNS,
    ),
    FailureRow("unknown", "error", lambda _e, _k: True),
)
"""In the order in which the client looks; the last row always holds."""


def client_behaviour(evidence: Evidence, kind: Kind) -> tuple[ClientBehaviour, ...]:
    """What the client makes of an answer, era by era; nothing is known without its status."""
    if evidence.s.status is None and evidence.s.transport is None:
        return ()
    row = next(row for row in FAILURES if row.when(evidence, kind))
    waits = {hint.place: hint.seconds for hint in reversed(evidence.s.retry_hints)}
    wait = next((waits[place] for place in _WAITED if place in waits), FIRST_BACKOFF_S)
    return tuple(_in_era(eras, row, evidence, wait) for eras in _ERAS)


def _in_era(
    eras: tuple[str, ...], row: FailureRow, evidence: Evidence, wait: float
) -> ClientBehaviour:
    failure, sees = row.kind, row.user_sees
    first = eras[0]
    if failure == "free_quota_exhausted" and first == "C1":
        failure, sees = "rate_limit", "countdown"
    if failure == "none":
        retried = False
    elif first in ("C1", "C2"):
        status = evidence.s.status or 0
        retried = (
            status in (408, 409, 429)
            or status >= 500
            or failure in ("transport_disconnect", "server_overload")
        ) and failure != "free_quota_exhausted"
    else:
        retried = failure not in _TERMINAL
    return ClientBehaviour(
        eras=eras,
        failure_kind=failure,
        retried=retried,
        delay_s=wait if retried else None,
        user_sees=sees,
    )
