"""What a run has counted, and who follows it live."""

from collections import Counter
from dataclasses import dataclass, field

from pawwork_proxy.model.capture import StubReason
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.redaction.taint_gate import Hit


@dataclass
class Counts:
    """What a run has counted so far."""

    opened: int = 0
    recorded: int = 0
    connections: int = 0
    """Those whose bytes passed untouched."""
    passed_by: int = 0
    refused: int = 0
    answered_here: int = 0
    """Model calls that were answered by us, as the user asked."""
    distrusted: int = 0
    """Clients that turned down our certificate."""
    tap_failures: int = 0
    """How often looking at the traffic failed."""
    stubs: Counter[StubReason] = field(default_factory=Counter)
    records_withheld: Counter[Hit] = field(default_factory=Counter)
    """Why stubs were written in place of records that could be made."""
    values_withheld: Counter[Hit] = field(default_factory=Counter)
    """Why values were taken out of records that were written without them."""
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def in_flight(self) -> int:
        """Exchanges that are open now."""
        return self.opened - self.recorded - self.stubs.total()


class Watcher:
    """Someone who follows a run live; this one looks at nothing."""

    def attach(self, counts: Counts) -> None:
        """The counters to follow."""

    def recorded(self, exchange: Exchange) -> None:
        """An exchange is over and its record is made."""

    def changed(self, lost: int) -> None:
        """A counter moved; `lost` is the number of records that could not be written."""

    def turned_down(self, install: str, *, certainly: bool) -> None:
        """A client connected and asked nothing: it distrusts our certificate, or may do so."""

    def close(self) -> None:
        """The run is over."""
