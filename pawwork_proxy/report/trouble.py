"""Where each install stands at the end of what was read: refused since when, by what, until when.

A limit may go by network, by kind of key, by plan: what is answered elsewhere ends no refusal.
Invariant: the order in which exchanges are read makes no difference; success ends what was before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from pawwork_proxy.facts.clients import sender_of
from pawwork_proxy.model.outcome import Family, Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.advice import Advice, advice
from pawwork_proxy.report.language import Language, paragraph
from pawwork_proxy.report.moments import moment


@dataclass
class Trouble:
    """One install's last failure, and what is needed to tell since when there are any."""

    failed: ExchangeView
    """The last one."""
    answered_at: datetime | None = None
    """When a request was last answered."""
    failures: list[datetime] = field(default_factory=list)

    @property
    def since(self) -> datetime | None:
        """The first failure after which nothing was answered; None where the last was answered."""
        after = [at for at in self.failures if self.answered_at is None or at > self.answered_at]
        return min(after, default=None)

    def advice(self, language: Language, zone: tzinfo = UTC) -> Advice:
        """What is told of the last failure."""
        outcome = classify(self.failed.signals)
        return advice(outcome, sender_of(self.failed.request), language, zone)


class Troubles:
    """Where the installs stand."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._failed: dict[tuple[str | None, ...], Trouble] = {}
        self._answered: dict[tuple[str | None, ...], datetime] = {}

    def add(self, exchange: ExchangeView, outcome: Outcome) -> None:
        """Take an exchange."""
        context, at = exchange.context, exchange.timing.started_at
        where = (context.install_id, context.network, exchange.request.tier, exchange.auth.kind)
        if outcome.family is Family.OK:
            self._answered[where] = max(at, self._answered.get(where, at))
            return
        found = self._failed.setdefault(where, Trouble(exchange))
        found.failures.append(at)
        if at >= found.failed.timing.started_at:
            found.failed = exchange

    def all(self) -> list[Trouble]:
        """Those of which a request failed: who is refused still before others, latest first."""
        for where, one in self._failed.items():
            one.answered_at = self._answered.get(where)
        return sorted(
            self._failed.values(),
            key=lambda one: (one.since is not None, one.failed.timing.started_at),
            reverse=True,
        )


def trouble_words(one: Trouble, name: str, language: Language, zone: tzinfo) -> str:
    """A paragraph: since when, what it means, with which key, until when, what the client does."""
    return paragraph(_sentences(one, name, language, zone))


def _sentences(one: Trouble, name: str, language: Language, zone: tzinfo) -> Iterator[str]:
    say = language.say
    told = one.advice(language, zone)
    failed = one.failed
    network = failed.context.network
    who = say("{install} on network {network}", install=name, network=network) if network else name
    if one.since:
        time = moment(one.since, language, zone)
        yield say("Since {time}, {install} gets no answer.", install=who, time=time)
    else:
        at = moment(failed.timing.started_at, language, zone)
        time = moment(one.answered_at or failed.timing.started_at, language, zone)
        yield say("{install} was answered at {time}.", install=who, time=time)
        yield say("Before that, at {time}, a request failed:", time=at)
    yield told.meaning
    yield _key(failed, language)
    if one.since:
        yield told.ends
        yield from told.client


def _key(exchange: ExchangeView, language: Language) -> str:
    text = language.text
    if exchange.auth.kind in ("none", "public"):
        return text("Key: none.")
    match exchange.auth_source.source:
        case "env":
            return text("Key: the user's own, from the environment.")
        case "config":
            return text("Key: the user's own, from the client's configuration.")
        case "saved":
            return text("Key: the user's own, saved by the client.")
    return text("Key: the user's own.")
