"""What is told about an outcome: what it means, what to do, what it is not, and a ready answer.

Invariant: the answer to a user is made of whole sentences, each of which fits into 80 columns, and
it names no zone but UTC and Beijing, since the user's is not known.
"""

from datetime import UTC, tzinfo
from typing import NamedTuple

from pawwork_proxy.facts.clients import Client
from pawwork_proxy.facts.outcomes import meaning_of
from pawwork_proxy.model.outcome import ClientBehaviour, Family, Outcome
from pawwork_proxy.outcomes.client_behaviour import of_client
from pawwork_proxy.report.client_text import name_of
from pawwork_proxy.report.language import Language
from pawwork_proxy.report.moments import is_long, moment, wait

_BEGINS_ANEW = {Family.QUOTA, Family.RATE_LIMIT, Family.LIMIT, Family.BILLING}
"""Families in which the end of a wait is the end of the limit."""
_PASSES = {Family.OVERLOAD, Family.SERVER, Family.NETWORK, Family.UNKNOWN}
"""Families that go away by themselves, or say little."""
_Sentences = tuple[str, ...]


class Advice(NamedTuple):
    """An outcome in words, in one language; empty where there is nothing to say."""

    meaning: str
    actions: _Sentences
    is_not: str
    support: str
    ends: str
    """When it ends, as far as that is known."""
    client: _Sentences
    """What the client that asked does now."""
    reply: _Sentences
    """The answer to the user, ready to send, a sentence a line."""


def weight(outcome: Outcome) -> int:
    """How much an outcome matters among others: an answer least, what lasts most."""
    if outcome.family is Family.OK:
        return 0
    return 1 if outcome.family in _PASSES else 2


def advice(outcome: Outcome, sender: Client, language: Language, zone: tzinfo = UTC) -> Advice:
    """What is told of an outcome whose `client` is filled, with times in `zone`."""
    meaning = meaning_of(outcome)
    text = language.text
    resets = text(meaning.resets)
    first, *further = map(text, meaning.reply)
    reply = (
        text("Hello, and thank you for your message."),
        first,
        _ends(outcome, language, UTC) or resets,
        *further,
        *_client(outcome, sender, language, text("then"), answer=True),
        text("If anything is still unclear, please write to us again."),
    )
    until = moment(outcome.reset_at, language, zone) if outcome.reset_at else ""
    return Advice(
        meaning=text(meaning.sentence),
        actions=tuple(map(text, meaning.user)),
        is_not=text(meaning.is_not),
        support=text(meaning.support),
        ends=_ends(outcome, language, zone) or resets,
        client=_client(outcome, sender, language, until),
        reply=tuple(filter(None, reply)),
    )


def _ends(outcome: Outcome, language: Language, zone: tzinfo) -> str:
    """Until when to wait, as far as the answer says so."""
    if not is_long(outcome.retry_after_s):
        return ""
    say = language.say
    anew = outcome.family in _BEGINS_ANEW
    if outcome.reset_at is None:
        long = wait(outcome.retry_after_s or 0.0, language)
        if anew:
            return say("It works again {wait} after the error appeared.", wait=long)
        return say("Please try again after {wait}.", wait=long)
    time = moment(outcome.reset_at, language, zone)
    if anew:
        return say("It works again from {time} on.", time=time)
    return say("Please try again after {time}.", time=time)


def _client(
    outcome: Outcome, sender: Client, language: Language, until: str, *, answer: bool = False
) -> _Sentences:
    """What the client does now, where its releases agree; in an answer, what needs the user."""
    name = name_of(sender, language)
    told = {
        _does(one, name, language, until, answer=answer)
        for one in of_client(outcome.client, sender.eras).values()
    }
    return told.pop() if len(told) == 1 else ()


def _does(
    one: ClientBehaviour, name: str, language: Language, until: str, *, answer: bool
) -> _Sentences:
    say = language.say
    if one.honours_retry_after and is_long(one.delay_s):
        long = wait(one.delay_s or 0.0, language)
        waits = (
            say("{client} waits by itself until {time}.", client=name, time=until)
            if until
            else say("{client} waits {wait} by itself.", client=name, wait=long)
        )
        return waits, language.text("Pressing stop and sending again asks once.")
    if one.blocks:
        return (
            say("{client} has stopped this conversation.", client=name),
            language.text("After the reset, send your message again."),
        )
    if one.retried and one.retries is None:
        return (say("{client} asks again without end; pressing stop ends it.", client=name),)
    if answer:
        return ()
    if one.retried:
        return (
            language.count(
                "{client} asks again once by itself, then gives up.",
                "{client} asks again {number} times by itself, then gives up.",
                one.retries or 0,
                client=name,
            ),
        )
    return (say("{client} does not ask again by itself.", client=name),)
