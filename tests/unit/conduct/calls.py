"""Requests as the judgement sees them, and what a made-up client is known to do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pawwork_proxy.conduct.calls import Call, repeated
from pawwork_proxy.conduct.judgement import Watched, judged
from pawwork_proxy.conduct.known import Known
from pawwork_proxy.model.conduct import Step
from pawwork_proxy.model.outcome import ClientBehaviour, Kind
from tests.unit.builders import NOON

CAPTURE = "0011223344556677"


def known(retries: int | None = 3, *, named_s: float | None = None, **changes: Any) -> Known:
    """So many repetitions after 2, 4, 8 s, and two of the title call."""
    values: dict[str, Any] = {
        "eras": ("C3",),
        "failure_kind": "server_overload",
        "retried": retries != 0,
        "retries": retries,
        "delay_s": 2.0 if retries != 0 else None,
        "growth": 2.0,
        "title_calls": 3 if retries else 1,
        "user_sees": "answer",
    }
    return Known(ClientBehaviour(**(values | changes)), named_s)


STOPS = known(0)


def call(seq: int, at_s: float, *after: Known, **changes: Any) -> Call:
    """A conversation's request, refused within 0.1 s, so many seconds after noon."""
    values: dict[str, Any] = {
        "seq": seq,
        "install": "main",
        "client": "PawWork 2026.6.4-2026.6.7",
        "session": "session:" + "a" * 24,
        "action": "request:" + "b" * 24,
        "model": "big-pickle",
        "size": (2, 34_000),
        "has_tools": True,
        "started": NOON + timedelta(seconds=at_s),
        "ended": NOON + timedelta(seconds=at_s + 0.1),
        "status": 503,
        "outcome": Kind.PROVIDER_OVERLOAD,
        "known": after or (known(),),
        "stranger": False,
        "whole": True,
        "left": False,
    }
    return Call(**(values | changes))


def answered(seq: int, at_s: float, **changes: Any) -> Call:
    """The same, answered by a model."""
    return call(seq, at_s, STOPS, **({"status": 200, "outcome": Kind.SUCCESS} | changes))


def judge(calls: Sequence[Call], until_s: float = 3600, **watched: Any) -> list[Step]:
    """The steps of calls in a capture that goes on until then."""
    steps = list(repeated(calls))
    return list(judged(CAPTURE, steps, Watched(NOON + timedelta(seconds=until_s), **watched)))


def verdict(calls: Sequence[Call], until_s: float = 3600, **watched: Any) -> tuple[str, ...]:
    """The verdict on the only step, and why."""
    (step,) = judge(calls, until_s, **watched)
    return step.verdict, step.difference or step.reason or step.then
