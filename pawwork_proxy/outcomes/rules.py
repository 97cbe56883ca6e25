"""From signals to an outcome: the ordered rules, and who is behind the response.

Invariant: total and pure. The first rule that holds decides; the last one always holds.
"""

from functools import lru_cache

from pawwork_proxy.facts.errors import VENDOR_TYPES, WRAPPER_TYPES, ZEN_TYPES
from pawwork_proxy.model.outcome import Kind, Origin, Outcome
from pawwork_proxy.model.signals import BodyShape, Failure, Side, Signals
from pawwork_proxy.outcomes.client_behaviour import client_behaviour
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.outcomes.reset import reset_of
from pawwork_proxy.outcomes.rule import Rule
from pawwork_proxy.outcomes.wording_rules import WORDING_RULES
from pawwork_proxy.outcomes.wordless_rules import UNSEEN_RULES, WORDLESS_RULES
from pawwork_proxy.outcomes.zen_rules import ZEN_RULES

RULES: tuple[Rule, ...] = UNSEEN_RULES + ZEN_RULES + WORDING_RULES + WORDLESS_RULES
_ZEN_IDS = frozenset(rule.id for rule in ZEN_RULES)
_API_BODIES = frozenset({BodyShape.JSON, BodyShape.STREAM})
_remembered_outcome = lru_cache(maxsize=256)(Outcome)
"""Most responses are good, and good in the same way."""
_AT_THE_EDGE = frozenset({Failure.REFUSED, Failure.DNS, Failure.UNREACHABLE, Failure.TLS})


def classify(signals: Signals) -> Outcome:
    """The outcome of a response, with what each generation of the client does about it."""
    outcome = judge(signals)
    client = client_behaviour(Clues(signals), outcome.kind)
    return outcome.model_copy(update={"client": client})


def judge(signals: Signals) -> Outcome:
    """The outcome alone: what a record keeps, since the client's part follows from it."""
    clues = Clues(signals)
    rules = WORDLESS_RULES if is_quiet(signals) else RULES
    rule = next(rule for rule in rules if rule.when.holds(clues))
    origin, provider = _origin(rule, clues)
    reset = reset_of(clues, rule.kind)
    return _remembered_outcome(
        kind=rule.kind,
        family=rule.kind.family,
        origin=origin,
        provider=provider,
        in_stream=clues.in_stream and rule.kind is not Kind.SUCCESS,
        error_type=_error_type(signals),
        rule_id=rule.id,
        evidence=rule.when.evidence(clues),
        retry_after_s=reset.wait_s,
        retry_after_from=reset.source,
        reset_at=reset.at,
        reset_cadence=reset.cadence,
        reset_conflicts=reset.conflicts,
    )


def is_quiet(signals: Signals) -> bool:
    """A good status, a response of the API's kind, and nothing that speaks of a failure.

    Most responses are quiet. Rows about words cannot hold for them and need not be asked.
    """
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
    """Zen's own type if there is one, else the innermost that is the server's."""
    types = [fact.type for fact in signals.errors if fact.type is not None]
    for word in types:
        if word in ZEN_TYPES:
            return word
    servers = [word for word in types if word not in WRAPPER_TYPES]
    return (servers or types)[-1] if types else None


def _origin(rule: Rule, clues: Clues) -> tuple[Origin, str | None]:
    """Who spoke, and the relayed provider's name."""
    if clues.signals.made_by_proxy:
        return Origin.PROXY, None
    if rule.kind is Kind.TRANSPORT_ERROR:
        return _transport_origin(clues.signals), None
    if rule.origin is not None:
        return rule.origin, None
    if clues.relayed:
        return Origin.RELAYED, clues.provider
    types = {fact.type for fact in clues.signals.errors}
    if rule.kind is Kind.SUCCESS or types & ZEN_TYPES.keys():
        return Origin.ZEN, None
    if "error" in types and rule.kind is Kind.SERVER_ERROR:
        return Origin.ZEN, None
    if types & VENDOR_TYPES.keys() or any(fact.google_status for fact in clues.signals.errors):
        return Origin.RELAYED, None
    return (Origin.ZEN if rule.id in _ZEN_IDS else Origin.UNKNOWN), None


def _transport_origin(signals: Signals) -> Origin:
    transport = signals.transport
    if transport is None:
        return Origin.UNKNOWN
    if transport.side is Side.CLIENT:
        return Origin.CLIENT
    if transport.side is Side.PROXY:
        return Origin.PROXY
    if transport.side is Side.CHAINED_PROXY:
        return Origin.CHAINED_PROXY
    return Origin.EDGE if transport.failure in _AT_THE_EDGE else Origin.UNKNOWN
