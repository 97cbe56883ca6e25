"""What a comparison is made from: observations, the captures, what is missing.

Invariant: whatever could not be read or used is said in `remarks`, in words; nothing is skipped
silently.
"""

from datetime import datetime

from pawwork_proxy.model.base import Noun
from pawwork_proxy.model.observation import Observation


class CaptureSummary(Noun):
    """One capture: where it came from and how complete it is."""

    name: str
    """The file's name, without its folder."""
    capture_id: str
    study_id: str
    tool_version: str
    started_at: datetime
    network: str | None = None
    installs: tuple[str, ...] = ()
    simulated: bool = False
    answers: str | None = None
    """What model calls were answered with in place of the server; None: nothing."""
    exchanges: int = 0
    under_way: int = 0
    """Exchanges that had begun when the run stopped."""
    withheld: int = 0
    lost: int = 0
    in_part: int = 0
    """Exchanges of which only part was observed."""
    failed_taps: int = 0
    """Looks at the traffic that failed, by the run's own count."""
    damaged: int = 0
    damaged_lines: str = ""
    """Which, and what is wrong with them; of many the first few."""
    joined: int = 0
    """Lines of another capture behind it in the same file, all left out."""
    connections: int = 0
    """On the tunnel route: seen from outside, their exchanges unknown."""
    handshake: str | None = None
    """How the handshake that the server saw differs from the client's; None where it does not, or
    where nothing is known of ours."""
    ended: bool = False
    aggregated: bool = False
    """Admissions that agree were counted together instead of one by one."""
    complete: bool = False
    """Whether it lacks nothing: `captures.completeness` has the list."""


class ComparisonInput(Noun):
    """Everything a comparison or a report is made from."""

    captures: tuple[CaptureSummary, ...]
    observations: tuple[Observation, ...]
    unrecorded: tuple[Observation, ...] = ()
    """Stand for requests that passed and left no record (lost, withheld, under way, left out of a
    bundle): nothing is known of them but when they can have been, and `count` says how many."""
    remarks: tuple[str, ...] = ()
