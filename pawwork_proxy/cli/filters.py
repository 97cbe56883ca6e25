"""The filters of `show`, and what is said where nothing fits them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.unmatched import unmatched


@dataclass
class Filters:
    """What the user asked for; empty means all."""

    installs: Sequence[str]
    outcomes: Sequence[str]
    models: Sequence[str]
    since: datetime | None
    until: datetime | None
    taken: int = 0
    """How many exchanges fitted."""
    _installs: set[str] = field(default_factory=set)
    _outcomes: set[str] = field(default_factory=set)
    _models: set[str | None] = field(default_factory=set)
    _times: list[datetime] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.installs or self.outcomes or self.models or self.since or self.until)

    def take(self, exchange: ExchangeView, outcome: Outcome) -> bool:
        """Whether an exchange is asked for."""
        at = exchange.timing.started_at
        self._installs.add(exchange.context.install)
        self._outcomes.add(str(outcome.kind))
        self._models.add(exchange.request.model)
        self._times = [min([at, *self._times]), max([at, *self._times])]
        fits = (
            (not self.installs or exchange.context.install in self.installs)
            and (not self.outcomes or outcome.kind in self.outcomes)
            and (not self.models or exchange.request.model in self.models)
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
        )
        self.taken += fits
        return fits

    def remarks(self, language: Language = ENGLISH) -> Iterator[str]:
        """What fits nothing of all that was read."""
        said = [
            *unmatched("--install", self.installs, self._installs, language),
            *unmatched("--outcome", self.outcomes, self._outcomes, language),
            *unmatched("--model", self.models, self._models, language),
        ]
        yield from said
        if self and not self.taken and not said:
            if not self._times:
                yield language.text("no exchange fits all filters together.")
                return
            first, last = (f"{at:%Y-%m-%d %H:%M}" for at in self._times)
            yield language.say(
                "no exchange fits all filters together; what was read began between {first} and "
                "{last} UTC.",
                first=first,
                last=last,
            )
