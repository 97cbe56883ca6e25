"""The response of a simulated world to one model call, before any bytes are made of it."""

from dataclasses import dataclass

from pawwork_proxy.simulator.faults import Fault
from pawwork_proxy.simulator.limits import Hold, Pool


@dataclass(frozen=True, slots=True)
class ToCount:
    """What is to be counted when the response is over."""

    free: Hold | None = None
    relayed: Hold | None = None
    keyed: Hold | None = None
    plan: Pool | None = None


NOTHING = ToCount()


@dataclass(frozen=True, slots=True)
class SimulatedResponse:
    """What the server sends for one model call, and why."""

    decision: str
    """`admitted`; that of a refusal (`data/refusals.toml`); or `fault`: no rule refused, but
    provider, edge or transport failed, see `fault`."""
    status: int
    """HTTP status; 0: there is none, the connection is reset."""
    sequence: int
    """Number of the model call, from 1."""
    error_type: str = ""
    message: str = ""
    retry_after: int | None = None
    provider: str = ""
    """Name of the closed service that refused; empty: the response is Zen's own."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Of Go's refusals."""
    fault: Fault | None = None
    hold: Hold | None = None
    """Place in the pool that decided, or would have."""
    to_count: ToCount = NOTHING

    @property
    def admitted(self) -> bool:
        """The request got past every rule: a provider responded, well or badly."""
        return self.decision == "admitted" or (
            self.decision == "fault" and self.fault is not None and self.fault.stage != "edge"
        )
