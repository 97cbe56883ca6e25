"""Periods of the server's rules: which one holds at a moment."""

from datetime import datetime

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows

BEFORE = "before V1"


class ServerEra(Fact):
    """A period of the server's rules; without `since` it cannot be told by time."""

    id: str = Field(alias="name")
    since: datetime | None = None
    enforced: str
    """Who enforces the free limit, and how."""
    daily: bool
    """Whether the server's own free limit is known to be a daily one."""


SERVER_ERAS = rows(ServerEra, "server_eras", "era")
"""Earliest first."""
DAILY = frozenset(era.id for era in SERVER_ERAS if era.daily)


def server_era(moment: datetime) -> str:
    """Id of the era that holds at a moment by the server's clock."""
    begun = [era.id for era in SERVER_ERAS if era.since is not None and era.since <= moment]
    return begun[-1] if begun else BEFORE
