"""An outcome in words: what it means, why, when it ends, what the client does, what to do next.

Invariant: what is said of a wait names where it was read from.
"""

from collections.abc import Iterable, Iterator

from pawwork_proxy.facts.clients import Client
from pawwork_proxy.facts.outcomes import MEANINGS
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.report.client_text import of_everyone, of_sender
from pawwork_proxy.report.words import duration
from pawwork_proxy.report.wrapping import wrapped

REASONS = {rule.id: rule.reason for rule in RULES}


def reason(outcome: Outcome) -> str:
    """Why it is this outcome, in the words of the rule that decided."""
    return REASONS[outcome.rule_id]


def outcome_lines(outcome: Outcome, label: str, sender: Client) -> Iterator[str]:
    """An outcome line by line; `label` names the response where the input held several.

    Of the client that sent the request, if it is known, else of all, it is said what they do.
    """
    meaning = MEANINGS[outcome.kind]
    if label:
        yield f"{label}:"
    stream = ", inside a stream" if outcome.in_stream else ""
    yield f"{outcome.kind} (family {outcome.family}, from {outcome.origin_label}{stream})"
    yield f"  {meaning.sentence}"
    yield f"  why:   {reason(outcome)} [{outcome.rule_id}]"
    if outcome.evidence:
        yield f"  seen:  {', '.join(outcome.evidence)}"
    if outcome.error_type:
        yield f"  type:  {outcome.error_type}"
    yield from _clock(outcome)
    if sender.eras:
        said: Iterable[str] = [of_sender(sender, outcome.client)]
    else:
        said = of_everyone(outcome.client)
    for line in said:
        yield from wrapped(line, "  ", "      ")
    if not outcome.client:
        yield "  client: what it does depends on the HTTP status; give it with --status"
    yield f"  next:  {meaning.user}"


def _clock(outcome: Outcome) -> Iterator[str]:
    if outcome.retry_after_s is None:
        return
    wait = f"  wait:  {duration(outcome.retry_after_s)} (from {outcome.retry_after_from})"
    if outcome.reset_cadence != "none":
        wait += f", cadence {outcome.reset_cadence}"
    yield wait
    if outcome.reset_at is None:
        yield "  reset: not known, the response has no date"
    else:
        local = outcome.reset_at.astimezone()
        utc = outcome.reset_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        yield f"  reset: {local.strftime('%Y-%m-%d %H:%M:%S %Z')} ({utc})"
    for conflict in outcome.reset_conflicts:
        source, seconds = conflict.split("=")
        yield f"  but:   {source}={duration(float(seconds))} says otherwise"
