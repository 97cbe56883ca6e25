"""What the rules look at: which senses a response's errors have, from whom, in which place.

Invariant: a pure function of `Signals`, so that better tables improve old captures. A part is
computed when it is first asked for, and nothing else changes by asking.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pawwork_proxy.facts.errors import FAILED, GOOGLE_STATUSES, Sense, word_sense
from pawwork_proxy.facts.wordings import OTHER, OWN, SENSES, UNNAMED
from pawwork_proxy.model.signals import ErrorFact, ErrorPlace, Failure, Signals

_TYPED = frozenset({"type", "code", "bracket"})
_DECIDING = frozenset(
    {
        Sense.FREE_LIMIT, Sense.GO_LIMIT, Sense.BLACK_LIMIT, Sense.RATE, Sense.OVERLOAD,
        Sense.NO_PROVIDER, Sense.ACCOUNT_QUOTA, Sense.CREDITS, Sense.FUNDS, Sense.MONTHLY_LIMIT,
        Sense.USER_LIMIT, Sense.REGION, Sense.CONTEXT, Sense.CONTENT_POLICY, Sense.DATA_POLICY,
        Sense.AUTH_MISSING, Sense.AUTH_INVALID, Sense.AUTH_BLOCKED, Sense.MODEL,
    }
)  # fmt: skip
"""Types and codes that say what it is; others name the shape of a failure only."""
_AUTH = frozenset({Sense.AUTH_MISSING, Sense.AUTH_INVALID, Sense.AUTH_BLOCKED})
_BESIDE_TYPES = frozenset({Sense.GATE, Sense.ENTITLEMENT, Sense.NEUTRAL, Sense.OPAQUE})
_STREAM_PLACES = frozenset({ErrorPlace.STREAM_FIRST, ErrorPlace.STREAM_LATER})


class Clue(NamedTuple):
    """One word or sentence of a response that has a sense."""

    source: str
    """`message`, `type`, `code`, `bracket` or `status`."""
    sense: Sense
    place: str
    """Where it stood: `body.type`, `stream_first.message`."""


@dataclass(frozen=True)
class Clues:
    """One response as the rules see it."""

    signals: Signals

    @property
    def client_saw(self) -> Failure | None:
        """How the transport failed as the client knows it."""
        transport = self.signals.transport
        if transport is not None and self.signals.broken_off_here:
            return Failure.RESET
        return transport.failure if transport else None

    @cached_property
    def found(self) -> tuple[Clue, ...]:
        """All clues, messages first; the evidence of an outcome lists places in this order."""
        return tuple(
            Clue(source, sense, f"{fact.place}.{source}")
            for source, read in _SOURCES
            for fact in self.signals.errors
            for sense in read(fact)
            if sense is not None
        )

    @cached_property
    def types(self) -> frozenset[Sense]:
        """The senses of error types."""
        return frozenset(clue.sense for clue in self.found if clue.source == "type")

    @cached_property
    def named(self) -> frozenset[Sense]:
        """The senses of types, codes, bracketed codes, Google statuses and a failed finish."""
        failed = FAILED.get(self.signals.failed_finish or "")
        names = frozenset(clue.sense for clue in self.found if clue.source != "message")
        return names if failed is None else names | {failed}

    @cached_property
    def said(self) -> frozenset[Sense]:
        """The senses of messages; a type or code that decides is never outvoted by a sentence."""
        typed = frozenset(clue.sense for clue in self.found if clue.source in _TYPED) & _DECIDING
        if not typed:
            return self.heard
        beside = _BESIDE_TYPES | (_AUTH if typed & _AUTH else frozenset())
        if typed <= {Sense.RATE}:  # gateways relay Zen's own sentence under a type of theirs
            beside |= {Sense.FREE_LIMIT}
        return self.heard & (typed | beside)

    @cached_property
    def heard(self) -> frozenset[Sense]:
        """The senses of messages, whatever the types say: a client listens to words only."""
        return frozenset(clue.sense for clue in self.found if clue.source == "message")

    @cached_property
    def stated(self) -> frozenset[Sense]:
        """The senses of everything together."""
        return self.named | self.said

    @cached_property
    def phrases(self) -> frozenset[str]:
        """Ids of all phrases, also of those that mean something only beside others."""
        return frozenset(phrase for fact in self.signals.errors for phrase in fact.phrases)

    def places_of(self, senses: Iterable[Sense]) -> list[str]:
        """The places of all clues that have one of these senses."""
        found = self.found
        return [clue.place for sense in sorted(senses) for clue in found if clue.sense == sense]

    @cached_property
    def provider(self) -> str | None:
        """The relayed provider: the innermost name, a third party's before the service's own."""
        given = [fact.provider for fact in self.signals.errors if fact.provider]
        foreign = [name for name in given if name not in OWN and name != UNNAMED]
        return (foreign or given)[-1] if given else None

    @property
    def third_party(self) -> bool:
        """Whether a provider speaks that is not OpenCode's own service."""
        return self.provider is not None and self.provider not in OWN

    @cached_property
    def behind(self) -> bool:
        """Whether somebody behind the first service is quoted, by a bracketed or vendor's code."""
        return self.third_party or any(
            fact.bracket or fact.wrapper == "upstream_error" or _has_vendor_code(fact)
            or (fact.wrapper and fact.inner_status)
            for fact in self.signals.errors
        )  # fmt: skip

    @cached_property
    def relayed(self) -> bool:
        """Whether the response went through a relay that left its mark."""
        return self.provider is not None or any(
            fact.wrapper or fact.bracket for fact in self.signals.errors
        )

    @property
    def status(self) -> int | None:
        """The HTTP status, else the one that a line names."""
        signals = self.signals
        return signals.status if signals.status is not None else signals.text_status

    @cached_property
    def inner(self) -> int | None:
        """The innermost status that the body itself states."""
        inner = [fact.inner_status for fact in self.signals.errors if fact.inner_status]
        return inner[-1] if inner else None

    @property
    def deciding(self) -> int | None:
        """The status to go by: the inner one, else the outer one."""
        return self.inner if self.inner is not None else self.status

    @property
    def good(self) -> bool:
        """Whether the status is a 2xx, or there is none at all."""
        return self.signals.status is None or 200 <= self.signals.status < 300

    @property
    def ended_well(self) -> bool:
        """Whether a stream showed its end: by finish reason, closing marker or cost trailer."""
        return self.signals.finish_seen or self.signals.done_marker or self.signals.cost_seen

    @property
    def in_stream(self) -> bool:
        """Whether the error came as an event of a stream."""
        return any(fact.place in _STREAM_PLACES for fact in self.signals.errors)

    @property
    def longest_wait(self) -> float:
        """The longest wait that a header names, in seconds."""
        hints = self.signals.retry_hints
        waits = [hint.seconds for hint in hints if hint.place.startswith("retry-after")]
        return max(waits, default=0.0)


def _of_word(word: str | None, stem: str | None) -> tuple[Sense | None]:
    """The sense of a word of the vocabulary; of an unknown one, what its parts mean."""
    if word is None:
        return (None,)
    if word == OTHER:
        return (Sense(stem) if stem else None,)
    return (word_sense(word),)


_SOURCES: tuple[tuple[str, Callable[[ErrorFact], Iterable[Sense | None]]], ...] = (
    ("message", lambda fact: map(SENSES.get, fact.phrases)),
    ("type", lambda fact: _of_word(fact.type, fact.type_stem)),
    ("code", lambda fact: _of_word(fact.code, fact.code_stem)),
    ("bracket", lambda fact: _of_word(fact.bracket, fact.bracket_stem)),
    ("status", lambda fact: (GOOGLE_STATUSES.get(fact.google_status or ""),)),
)


def _has_vendor_code(fact: ErrorFact) -> bool:
    return fact.code is not None and (fact.code.isdigit() or fact.code.startswith("minimax:"))
