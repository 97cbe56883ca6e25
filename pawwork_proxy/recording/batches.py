"""Exchanges that are over and wait for their records, which under load are made several at a time.

Invariant: whatever is put in line is made, once, as soon as its facts are there.
"""

from collections.abc import Callable, Sequence

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.ongoing import Ongoing, UpstreamFacts

BATCH_S = 0.05
"""Making records one after another, while their code is in the processor's caches, takes half the
time of making each between two events of the traffic. A kill in between leaves `opened` lines: so
it is done under load alone; after a silence as long as this a record is made at once."""
MANY_OPEN = 4
"""With so many other exchanges under way there is load, however long ago a record was made."""
MOST_WAITING = 64  # so many finished exchanges are recorded at once, without waiting

Finished = tuple[Ongoing, Ending, UpstreamFacts]  # an exchange that is over, and how


class Batches:
    """Decides when records are made."""

    def __init__(
        self,
        is_ready: Callable[[Ongoing], bool | None],
        make: Callable[[Sequence[Finished]], None],
        later: Callable[[float, Callable[[], None]], object],
        monotonic: Callable[[], float],
    ) -> None:
        self.waiting: list[Finished] = []
        self._is_ready = is_ready
        self._make = make
        self._later = later
        self._monotonic = monotonic
        self._is_due = False
        self._made: float | None = None
        """When records were made last."""

    def add(self, item: Finished, under_way: int) -> None:
        """Put an exchange in line while so many others are under way."""
        self.waiting.append(item)
        ready = self._is_ready(item[0])
        if not self._is_due:
            self._make_in(0.0 if ready and self._is_idle(under_way) else BATCH_S)
        elif len(self.waiting) == MOST_WAITING:
            self.make()

    def make(self, *, all_of_them: bool = False) -> None:
        """Make the records whose facts are all there; the others wait for the next batch."""
        waiting, self.waiting = self.waiting, []
        self._made = self._monotonic()
        ready: list[Finished] = []
        for item in waiting:
            known = all_of_them or self._is_ready(item[0])
            (self.waiting if known is False else ready).append(item)
        self._make(ready)
        if self.waiting and not self._is_due:
            self._make_in(BATCH_S)

    def _make_in(self, seconds: float) -> None:
        """Make records then; one call is due at a time, however many exchanges wait."""
        self._is_due = True
        self._later(seconds, self._make_due)

    def _make_due(self) -> None:
        self._is_due = False
        self.make()

    def _is_idle(self, under_way: int) -> bool:
        if under_way >= MANY_OPEN:  # a busy machine's clock says nothing
            return False
        now, before = self._monotonic(), self._made
        return before is None or now - before > BATCH_S
