"""The ranges of numbers and times that a record may hold, as types: a field has one of these.

What lies outside was not measured by us, so a line with such a value is no record, and nothing
behind the reader need fear an overflow. Invariant: whoever measures keeps within the range
(`bounded_moment`, `bounded_ms`, `moment_or_none`), so no line of ours is ever refused for it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)
"""Any two moments between these, their difference and a duration can be added without overflow."""
LONGEST_MS = 10 * 86_400_000.0
"""Ten days: a stream ends with the run that records it, and nobody's run or answer lasts longer."""
LONGEST_WAIT_S = 366 * 86_400.0
"""A year: no limit has a longer period."""
LARGEST_COUNT = 2**53 - 1
"""The largest integer that every reader of JSON keeps exactly."""
HIGHEST_STATUS = 999

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
"""A number of things, a size, a sequence number."""
Status = Annotated[int, Field(ge=0, le=HIGHEST_STATUS)]
"""An HTTP status: three digits."""
Port = Annotated[int, Field(ge=0, le=65535)]
Milliseconds = Annotated[float, Field(ge=0, le=LONGEST_MS)]
"""A duration that we measured."""
WaitSeconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)]
WaitMilliseconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S * 1000)]
"""A wait that a server asked for."""
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]
"""A time with its zone; we write UTC."""


def bounded_ms(value: float) -> float:
    """A measured duration, within the range: wall clocks are set back, and machines sleep."""
    return min(max(value, 0.0), LONGEST_MS)


def bounded_moment(moment: datetime) -> datetime:
    """A time of this machine's clock, within the range."""
    return min(max(moment, EARLIEST), LATEST)


def moment_or_none(moment: datetime) -> datetime | None:
    """A time that somebody else stated, if it is one that can be."""
    return moment if EARLIEST <= moment <= LATEST else None


def later(moment: datetime, seconds: float) -> datetime | None:
    """`seconds` after a moment within the range; None where that leads out of it."""
    return moment_or_none(moment + timedelta(seconds=seconds))
