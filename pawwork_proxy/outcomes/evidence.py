"""Signals turned into what rules ask about: which senses, from whom, in how strong a place.

Invariant: a pure function of `Signals`, so that better tables improve old captures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from pawwork_proxy.facts.errors import GOOGLE_STATUSES, Sense, word_sense
from pawwork_proxy.facts.finish_reasons import FAILED
from pawwork_proxy.facts.phrases import SENSES
from pawwork_proxy.facts.providers import OWN
from pawwork_proxy.model.signals import ErrorFact, ErrorPlace, Signals


def _sense(word: str | None, stem: str | None) -> Sense | None:
    if word is None:
        return None
    if word == "other":
        return Sense(stem) if stem else None
    return word_sense(word)


@dataclass(frozen=True)
class Evidence:
    """One answer as the rules see it."""

    s: Signals
    places: dict[Sense, list[str]] = field(default_factory=dict)

    @cached_property
    def types(self) -> frozenset[Sense]:
        """What the types say."""
        return self._senses("type", lambda e: _sense(e.type, e.type_stem))

    @cached_property
    def codes(self) -> frozenset[Sense]:
        """What codes, bracketed codes, Google statuses and a failed finish say."""
        return (
            self._senses("code", lambda e: _sense(e.code, e.code_stem))
            | self._senses("bracket", lambda e: _sense(e.bracket, e.bracket_stem))
            | self._senses("status", lambda e: GOOGLE_STATUSES.get(e.google_status or ""))
            | frozenset(filter(None, [FAILED.get(self.s.failed_finish or "")]))
        )

    def _senses(self, name: str, read: Callable[[ErrorFact], Sense | None]) -> frozenset[Sense]:
        found = set()
        for fact in self.s.errors:
            sense = read(fact)
            if sense is not None:
                found.add(sense)
                self.places.setdefault(sense, []).append(f"{fact.place}.{name}")
        return frozenset(found)

    @cached_property
    def phrases(self) -> frozenset[str]:
        """Ids of all phrases."""
        return frozenset(phrase for fact in self.s.errors for phrase in fact.phrases)

    @cached_property
    def says(self) -> frozenset[Sense]:
        """What the messages say."""
        found = set()
        for fact in self.s.errors:
            for phrase in fact.phrases:
                sense = SENSES.get(phrase)
                if sense is not None:
                    found.add(sense)
                    self.places.setdefault(sense, []).append(f"{fact.place}.message")
        return frozenset(found)

    @cached_property
    def words(self) -> frozenset[Sense]:
        """What types and codes say."""
        return self.types | self.codes

    @cached_property
    def any(self) -> frozenset[Sense]:
        """What anything says."""
        return self.words | self.says

    @cached_property
    def provider(self) -> str | None:
        """The relayed provider, innermost last word."""
        named = [fact.provider for fact in self.s.errors if fact.provider]
        foreign = [name for name in named if name not in OWN and name != "unnamed"]
        named = foreign or named
        return named[-1] if named else None

    @property
    def third_party(self) -> bool:
        """A provider that is not OpenCode's own service speaks."""
        return self.provider is not None and self.provider not in OWN

    @cached_property
    def behind(self) -> bool:
        """Somebody behind the first service is quoted: a bracketed or a vendor's own code."""
        return self.third_party or any(
            fact.bracket or fact.wrapper == "upstream_error" or _vendor_code(fact)
            or (fact.wrapper and fact.inner_status)
            for fact in self.s.errors
        )  # fmt: skip

    @cached_property
    def relayed(self) -> bool:
        """The answer went through a relay that left its mark."""
        return self.provider is not None or any(
            fact.wrapper or fact.bracket for fact in self.s.errors
        )

    @property
    def status(self) -> int | None:
        """The HTTP status, else the one that a line names."""
        return self.s.status if self.s.status is not None else self.s.text_status

    @cached_property
    def inner(self) -> int | None:
        """The innermost status that the body itself states."""
        inner = [fact.inner_status for fact in self.s.errors if fact.inner_status]
        return inner[-1] if inner else None

    @property
    def deciding(self) -> int | None:
        """The status to go by: the inner one, else the outer one."""
        return self.inner if self.inner is not None else self.status

    @property
    def good(self) -> bool:
        """A 2xx, or no status at all."""
        return self.s.status is None or 200 <= self.s.status < 300

    @property
    def ended_well(self) -> bool:
        """A stream showed its end: finish reason, closing marker, or the cost trailer."""
        return self.s.finish_seen or self.s.done_marker or self.s.cost_seen

    @property
    def in_stream(self) -> bool:
        """The error came as an event."""
        return any(
            fact.place in (ErrorPlace.STREAM_FIRST, ErrorPlace.STREAM_LATER)
            for fact in self.s.errors
        )

    @property
    def longest_wait(self) -> float:
        """The longest wait that a header names, in seconds."""
        waits = [h.seconds for h in self.s.retry_hints if h.place.startswith("retry-after")]
        return max(waits, default=0.0)


def _vendor_code(fact: ErrorFact) -> bool:
    return fact.code is not None and (fact.code.isdigit() or fact.code.startswith("minimax:"))
