"""An outcome in words: what it means, why, when it ends, what the client does, what to do next.

Invariant: what is said of a wait names where it was read from; no line is wider than a page.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo

from rich.cells import cell_len, set_cell_size

from pawwork_proxy.facts.clients import Client
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.report.advice import advice
from pawwork_proxy.report.client_text import of_everyone, of_sender
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.moments import moment
from pawwork_proxy.report.words import duration
from pawwork_proxy.report.wrapping import wrapped

REASONS = {rule.id: rule.reason for rule in RULES}
_HEAD = 7


def reason(outcome: Outcome) -> str:
    """Why it is this outcome, in the words of the rule that decided."""
    return REASONS[outcome.rule_id]


def outcome_lines(
    outcome: Outcome,
    label: str,
    sender: Client,
    language: Language = ENGLISH,
    zone: tzinfo = UTC,
) -> Iterator[str]:
    """An outcome line by line; `label` names the response where the input held several.

    Of the client that sent the request, if it is known, else of all, it is said what they do.
    """
    text, say = language.text, language.say
    told = advice(outcome, sender, language, zone)
    if label:
        yield f"{label}:"
    whose = say(
        "family {family}, from {origin}", family=outcome.family, origin=outcome.origin_label
    )
    if outcome.in_stream:
        whose = say("{outcome}, inside a stream", outcome=whose)
    yield f"{outcome.kind} ({whose})"
    for words in (told.meaning, told.is_not):
        yield from wrapped(words, "  ", "  ")
    yield from _under(text("why:"), f"{text(reason(outcome))} [{outcome.rule_id}]")
    if outcome.evidence:
        yield from _under(text("seen:"), ", ".join(outcome.evidence))
    if outcome.error_type:
        yield from _under(text("type:"), outcome.error_type)
    yield from _clock(outcome, language, zone)
    if outcome.retry_after_s is None and told.ends:
        yield from _under(text("reset:"), told.ends)
    for words in told.client:
        yield from wrapped(words, "  ", "      ")
    said = [of_sender(sender, outcome.client, language)] if sender.eras else []
    for words in filter(None, said or of_everyone(outcome.client, language)):
        yield from wrapped(words, "  ", "      ")
    if not outcome.client:
        unknown = text("what it does depends on the HTTP status; give it with --status")
        yield from _under(text("client:"), unknown)
    for place, words in enumerate(told.actions):
        yield from _under("" if place else text("next:"), words)
    if told.support:
        yield from _under(text("note:"), told.support)


def _under(head: str, words: str) -> Iterator[str]:
    """Words behind a head, and below it where they need several lines."""
    width = max(_HEAD, cell_len(head) + 1)
    yield from wrapped(words, f"  {set_cell_size(head, width)}", " " * (2 + _HEAD))


def _clock(outcome: Outcome, language: Language, zone: tzinfo) -> Iterator[str]:
    if outcome.retry_after_s is None:
        return
    text, say = language.text, language.say
    long = say(
        "{wait} (from {place})",
        wait=duration(outcome.retry_after_s),
        place=outcome.retry_after_from,
    )
    if outcome.reset_cadence != "none":
        long = say("{wait}, cadence {cadence}", wait=long, cadence=outcome.reset_cadence)
    yield from _under(text("wait:"), long)
    if outcome.reset_at is None:
        yield from _under(text("reset:"), text("not known, the response has no date"))
    else:
        yield from _under(text("reset:"), moment(outcome.reset_at, language, zone))
    for conflict in outcome.reset_conflicts:
        source, seconds = conflict.split("=")
        other = say("{place}={wait} says otherwise", place=source, wait=duration(float(seconds)))
        yield from _under(text("but:"), other)
