"""From signals to an outcome: the ordered rules, and who is behind the answer.

Invariant: total and pure. The first rule that holds decides; the last one always holds.
"""

from __future__ import annotations

from pawwork_proxy.facts.errors import VENDOR_TYPES, ZEN_TYPES
from pawwork_proxy.model.outcome import Kind, Origin, Outcome
from pawwork_proxy.model.signals import BodyShape, Failure, Side, Signals
from pawwork_proxy.outcomes.client_behaviour import client_behaviour
from pawwork_proxy.outcomes.evidence import Evidence
from pawwork_proxy.outcomes.reset import reset_of
from pawwork_proxy.outcomes.rows_plain import PLAIN, UNSEEN
from pawwork_proxy.outcomes.rows_typed import TYPED
from pawwork_proxy.outcomes.rows_worded import WORDED
from pawwork_proxy.outcomes.table import Rule

RULES: tuple[Rule, ...] = UNSEEN + TYPED + WORDED + PLAIN
_RULES_FOR = {False: RULES, True: PLAIN}
"""By quietness: rows about words cannot hold where there are none, and most answers have none."""
_API_BODIES = frozenset({BodyShape.JSON, BodyShape.STREAM})
_AT_THE_EDGE = frozenset({Failure.REFUSED, Failure.DNS, Failure.UNREACHABLE, Failure.TLS})


def classify(signals: Signals) -> Outcome:
    """The outcome of an answer, with what each generation of the client does about it."""
    outcome, evidence = _judged(signals)
    client = client_behaviour(evidence, outcome.kind)
    return outcome.model_copy(update={"client": client})


def judge(signals: Signals) -> Outcome:
    """The outcome alone: what a record keeps, since the client's part follows from it."""
    return _judged(signals)[0]


def _judged(signals: Signals) -> tuple[Outcome, Evidence]:
    evidence = Evidence(signals)
    rule = next(rule for rule in _RULES_FOR[_is_quiet(signals)] if rule.when(evidence))
    origin, provider = _origin(rule, evidence)
    reset = reset_of(evidence, rule.kind)
    outcome = Outcome(
        kind=rule.kind,
        family=rule.kind.family,
        origin=origin,
        provider=provider,
        in_stream=evidence.in_stream and rule.kind is not Kind.SUCCESS,
        error_type=_error_type(signals),
        rule_id=rule.id,
        evidence=_evidence(rule, evidence),
        retry_after_s=reset.wait_s,
        retry_after_from=reset.source,
        reset_at=reset.at,
        reset_cadence=reset.cadence,
        reset_conflicts=reset.conflicts,
    )
    return outcome, evidence


def _is_quiet(signals: Signals) -> bool:
    """A good status, an answer of the API's kind, and nothing that speaks of a failure."""
    return (
        signals.status is not None
        and 200 <= signals.status < 300
        and signals.body in _API_BODIES
        and not signals.errors
        and not signals.edge_markers
        and signals.failed_finish is None
        and signals.transport is None
        and signals.unobserved is None
    )


def _error_type(signals: Signals) -> str | None:
    """The innermost type that says something; a wrapper's own name only for want of a better."""
    types = [fact.type for fact in signals.errors if fact.type is not None]
    for word in types:
        if word in ZEN_TYPES:
            return word
    telling = [word for word in types if not word.startswith("AI_") and word != "APIError"]
    return (telling or types)[-1] if types else None


def _evidence(rule: Rule, evidence: Evidence) -> tuple[str, ...]:
    if not rule.senses:
        return tuple(dict.fromkeys(rule.places))
    evidence.any  # noqa: B018 - fills the places
    found = [place for sense in sorted(rule.senses) for place in evidence.places.get(sense, ())]
    return tuple(dict.fromkeys([*found, *rule.places]))


def _origin(rule: Rule, e: Evidence) -> tuple[Origin, str | None]:
    if e.s.made_by_proxy:
        return Origin.PROXY, None
    if rule.kind is Kind.TRANSPORT_ERROR:
        return _transport_origin(e), None
    if rule.origin is not None:
        return rule.origin, None
    if e.provider is not None:
        return Origin.RELAYED, e.provider
    if e.relayed:
        return Origin.RELAYED, None
    types = {fact.type for fact in e.s.errors}
    if rule.kind is Kind.SUCCESS or types & (ZEN_TYPES.keys() | {"error"}):
        return Origin.ZEN, None
    if types & VENDOR_TYPES.keys() or any(fact.google_status for fact in e.s.errors):
        return Origin.RELAYED, None
    if rule in TYPED:
        return Origin.ZEN, None
    return Origin.UNKNOWN, None


def _transport_origin(e: Evidence) -> Origin:
    transport = e.s.transport
    if transport is None:
        return Origin.UNKNOWN
    if transport.side is Side.CLIENT:
        return Origin.CLIENT
    if transport.side is Side.PROXY:
        return Origin.PROXY
    return Origin.EDGE if transport.failure in _AT_THE_EDGE else Origin.UNKNOWN
