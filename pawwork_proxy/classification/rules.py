"""The ordered rules from signals to an outcome."""

from __future__ import annotations

from pawwork_proxy.model.outcome import Kind, Origin, Outcome
from pawwork_proxy.model.signals import Signals


def classify(signals: Signals) -> Outcome:
    """The outcome of an answer; total and pure."""
    kind = Kind.SUCCESS if signals.status == 200 else Kind.UNKNOWN
    return Outcome(kind=kind, family=kind.family, origin=Origin.UNKNOWN, rule_id="undecided")
