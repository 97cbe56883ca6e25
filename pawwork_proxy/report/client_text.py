"""What a client does with an answer, in words: of the client that asked, or of all in short.

Invariant: releases that cannot be told apart are named as a range, and where they differ, how.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from pawwork_proxy.facts.clients import RELEASES, Client, named, releases_of, sender_of
from pawwork_proxy.facts.outcomes import USER_SEES
from pawwork_proxy.model.outcome import ClientBehaviour, Family, Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.client_behaviour import client_behaviour, of_client
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.words import duration
from pawwork_proxy.report.wrapping import wrapped

MOST_DELAYS = 3
MOST_NUMBERS = 3
INDENT = "    "
_Words = Callable[[ClientBehaviour, Language], str]


class Senders:
    """What the clients of refused requests do, each thing once, with the numbers of its rows."""

    def __init__(self, language: Language = ENGLISH) -> None:
        """Nobody has asked yet."""
        self._language = language
        self._rows: dict[str, list[int]] = {}

    def add(self, exchange: ExchangeView, outcome: Outcome) -> None:
        """Take an exchange; one that was answered is left out."""
        if outcome.family is Family.OK:
            return
        behaviours = [
            one.model_copy(update={"delay_s": None}) if one.honours_retry_after else one
            for one in client_behaviour(Clues(exchange.signals), outcome.kind)
        ]  # the wait grows shorter with each answer, and stands in the row
        said = of_sender(sender_of(exchange.request), behaviours, self._language)
        if said:
            words = self._language.say("{label}: {words}", label=outcome.kind, words=said)
            self._rows.setdefault(words, []).append(exchange.seq)

    def lines(self, *, numbered: bool = True) -> Iterator[str]:
        """What was said, with the numbers of rows where their table has some."""
        for said, rows in self._rows.items():
            numbers = ", ".join(f"#{row}" for row in rows[:MOST_NUMBERS])
            if len(rows) > MOST_NUMBERS:
                more = len(rows) - MOST_NUMBERS
                numbers = self._language.say("{rows} and {more} more", rows=numbers, more=more)
            yield from wrapped(f"{numbers} {said}" if numbered else said, rest=INDENT)


def name_of(client: Client, language: Language) -> str:
    """What a client is called."""
    if client.eras and client.name == named(client.eras):
        return named(client.eras, language.text)
    return language.text(client.name)


def of_sender(
    client: Client, behaviours: Sequence[ClientBehaviour], language: Language = ENGLISH
) -> str:
    """What the client that asked does, in one sentence; empty where the answer does not tell."""
    if not behaviours:
        return ""
    name = name_of(client, language)
    found = of_client(behaviours, client.eras)
    if not found:
        return language.say("{client}: what it does is not known", client=name)
    parts = [_differing(found, words, language) for words in (_retries, _blocks, _sees, _costs)]
    what = language.text("; ").join(filter(None, parts))
    return language.say("{client}: {what}", client=name, what=what)


def of_everyone(
    behaviours: Sequence[ClientBehaviour], language: Language = ENGLISH
) -> Iterator[str]:
    """What PawWork and OpenCode do, a line for each; nothing where the answer does not tell."""
    for program in dict.fromkeys(release.program for release in RELEASES.values()):
        eras = [era for era, release in RELEASES.items() if release.program == program]
        found = of_client(behaviours, eras)
        if found:
            parts = (
                language.say("{client}: {what}", client=", ".join(names), what=what)
                for what, names in _by_words(found, _in_short, language).items()
            )
            yield f"{program} {language.text('; ').join(parts)}"


def _differing(found: Mapping[str, ClientBehaviour], words: _Words, language: Language) -> str:
    """One part in words: once where all releases agree, else for each that differs."""
    said = _by_words(found, words, language)
    if len(said) == 1:
        return next(iter(said))
    parts = (
        language.say(
            "{what} ({releases})",
            what=what or language.text("not"),
            releases=", ".join(names),
        )
        for what, names in said.items()
    )
    return language.text(", or ").join(parts)


def _by_words(
    found: Mapping[str, ClientBehaviour], words: _Words, language: Language
) -> dict[str, list[str]]:
    """What is said of some releases, and of which."""
    said: dict[str, list[str]] = {}
    for text, eras in groupby(found, lambda era: words(found[era], language)):
        said.setdefault(text, []).append(releases_of(list(eras), language.text))
    return said


def _in_short(one: ClientBehaviour, language: Language) -> str:
    return _blocks(one, language) or _how_often(one, language)


def _how_often(one: ClientBehaviour, language: Language) -> str:
    if not one.retried:
        return language.text("not retried")
    if one.honours_retry_after and one.delay_s is None:
        return language.text("retried after the wait, as the answer says")
    if one.honours_retry_after:
        wait = duration(one.delay_s or 0.0)
        return language.say("retried after {wait}, as the answer says", wait=wait)
    if one.retries is None:
        return language.text("retried without end")
    return language.count("retried once", "retried {number} times", one.retries)


def _retries(one: ClientBehaviour, language: Language) -> str:
    often = _how_often(one, language)
    if not one.retried or one.honours_retry_after:
        return often
    waits = _delays(one, language)
    if one.honours_retry_after is False:
        return language.say("{often} after {waits}, retry-after ignored", often=often, waits=waits)
    return language.say("{often} after {waits}", often=often, waits=waits)


def _delays(one: ClientBehaviour, language: Language) -> str:
    if not one.delay_s:
        return language.text("no wait")
    shown = min(one.retries or MOST_DELAYS, MOST_DELAYS)
    waits = ", ".join(
        f"{low:g}" if low == high else f"{low:g}-{high:g}"
        for low, high in map(one.delay, range(1, shown + 1))
    )
    if shown == one.retries:
        return language.say("{waits} s", waits=waits)
    return language.say("{waits} s and so on", waits=waits)


def _blocks(one: ClientBehaviour, language: Language) -> str:
    return language.text("the conversation is blocked") if one.blocks else ""


def _sees(one: ClientBehaviour, language: Language) -> str:
    return language.say("the user sees {what}", what=language.text(USER_SEES[one.user_sees]))


def _costs(one: ClientBehaviour, language: Language) -> str:
    main = (
        language.text("requests without end")
        if one.main_calls is None
        else language.count("{number} request", "{number} requests", one.main_calls)
    )
    return language.say(
        "a prompt costs {requests}, and {title} for a title",
        requests=main,
        title=one.title_calls,
    )
