"""What a client does with an answer, in words: of the client that asked, or of all in short.

Invariant: releases that cannot be told apart are named as a range, and where they differ, how.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from pawwork_proxy.facts.clients import RELEASES, Client, releases_of, sender_of
from pawwork_proxy.facts.outcomes import USER_SEES
from pawwork_proxy.model.outcome import ClientBehaviour, Family, Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.client_behaviour import client_behaviour, of_client
from pawwork_proxy.outcomes.clues import Clues
from pawwork_proxy.report.words import counted, duration
from pawwork_proxy.report.wrapping import wrapped

MOST_DELAYS = 3
MOST_NUMBERS = 3
INDENT = "    "


class Senders:
    """What the clients of refused requests do, each thing once, with the numbers of its rows."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._rows: dict[str, list[int]] = {}

    def add(self, exchange: ExchangeView, outcome: Outcome) -> None:
        """Take an exchange; one that was answered is left out."""
        if outcome.family is Family.OK:
            return
        behaviours = [
            one.model_copy(update={"delay_s": None}) if one.honours_retry_after else one
            for one in client_behaviour(Clues(exchange.signals), outcome.kind)
        ]  # the wait grows shorter with each answer, and stands in the row
        said = of_sender(sender_of(exchange.request), behaviours)
        if said:
            self._rows.setdefault(f"{outcome.kind}: {said}", []).append(exchange.seq)

    def lines(self, *, numbered: bool = True) -> Iterator[str]:
        """What was said, with the numbers of rows where their table has some."""
        for said, rows in self._rows.items():
            more = f" and {len(rows) - MOST_NUMBERS} more" if len(rows) > MOST_NUMBERS else ""
            numbers = ", ".join(f"#{row}" for row in rows[:MOST_NUMBERS]) + more
            yield from wrapped(f"{numbers} {said}" if numbered else said, rest=INDENT)


def of_sender(client: Client, behaviours: Sequence[ClientBehaviour]) -> str:
    """What the client that asked does, in one sentence; empty where the answer does not tell."""
    if not behaviours:
        return ""
    found = of_client(behaviours, client.eras)
    if not found:
        return f"{client.name}: what it does is not known"
    parts = [_differing(found, words) for words in (_retries, _blocks, _sees, _costs)]
    return f"{client.name}: {'; '.join(filter(None, parts))}"


def of_everyone(behaviours: Sequence[ClientBehaviour]) -> Iterator[str]:
    """What PawWork and OpenCode do, a line for each; nothing where the answer does not tell."""
    for program in dict.fromkeys(release.program for release in RELEASES.values()):
        eras = [era for era, release in RELEASES.items() if release.program == program]
        found = of_client(behaviours, eras)
        if found:
            yield f"{program} {_differing(found, _in_short, before=True)}"


def _differing(
    found: Mapping[str, ClientBehaviour],
    words: Callable[[ClientBehaviour], str],
    *,
    before: bool = False,
) -> str:
    """One part in words: once where all releases agree, else for each that differs."""
    said: dict[str, list[str]] = {}
    for text, eras in groupby(found, lambda era: words(found[era])):
        said.setdefault(text, []).append(releases_of(list(eras)))
    if before:
        return "; ".join(f"{', '.join(names)}: {text}" for text, names in said.items())
    if len(said) == 1:
        return next(iter(said))
    return ", or ".join(f"{text or 'not'} ({', '.join(names)})" for text, names in said.items())


def _in_short(one: ClientBehaviour) -> str:
    return _blocks(one) or _how_often(one)


def _how_often(one: ClientBehaviour) -> str:
    if not one.retried:
        return "not retried"
    if one.honours_retry_after:
        wait = "the wait" if one.delay_s is None else duration(one.delay_s)
        return f"retried after {wait}, as the answer says"
    if one.retries is None:
        return "retried without end"
    return "retried once" if one.retries == 1 else f"retried {one.retries} times"


def _retries(one: ClientBehaviour) -> str:
    if not one.retried or one.honours_retry_after:
        return _how_often(one)
    ignored = ", retry-after ignored" if one.honours_retry_after is False else ""
    return f"{_how_often(one)} after {_delays(one)}{ignored}"


def _delays(one: ClientBehaviour) -> str:
    if not one.delay_s:
        return "no wait"
    shown = min(one.retries or MOST_DELAYS, MOST_DELAYS)
    texts = [
        f"{low:g}" if low == high else f"{low:g}-{high:g}"
        for low, high in map(one.delay, range(1, shown + 1))
    ]
    more = "" if shown == one.retries else " and so on"
    return f"{', '.join(texts)} s{more}"


def _blocks(one: ClientBehaviour) -> str:
    return "the conversation is blocked" if one.blocks else ""


def _sees(one: ClientBehaviour) -> str:
    return f"the user sees {USER_SEES[one.user_sees]}"


def _costs(one: ClientBehaviour) -> str:
    main = "requests without end" if one.main_calls is None else counted(one.main_calls, "request")
    return f"a prompt costs {main}, and {one.title_calls} for a title"
