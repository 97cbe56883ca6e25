"""How much of a free quota was used, as far as captures tell.

Values only: `report` puts them into words.
"""

from datetime import datetime
from typing import NamedTuple

from pawwork_proxy.model.verdict import Rhythm


class Usage(NamedTuple):
    """The requests from one network address to one group of models."""

    network: str | None
    """The user's label."""
    address_known: bool
    models: tuple[str, ...]
    used: int
    """Own requests that were answered in this window."""
    cut_off_at: int | None
    """After how many own requests the last refusal came, at this address or else at an earlier one
    of the network; None: never refused."""
    cut_off_on: datetime | None
    left: int | None
    """About how many are left; None: not known."""
    refused_until: datetime | None
    """What the last refusal said, where that is still to come."""


class Usages(NamedTuple):
    """Where everybody stands at one moment."""

    at: datetime
    rhythm: Rhythm
    since: datetime
    """When this window began."""
    resets_at: datetime | None
    """When it ends; None: there is no such moment."""
    simulated: bool
    rows: tuple[Usage, ...]
    """The busiest first."""
