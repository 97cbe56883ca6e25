"""The ranges of numbers and times that a record may hold, as types: a field has one of these.

A value outside its range was not measured by this tool, so a line that holds one is no record, and
no code behind the reader can meet an overflow.
Invariant: whoever measures keeps within the range (`bounded_count`, `bounded_moment`, `bounded_ms`,
`moment_or_none`), so no line of ours is ever refused for it.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)
"""Any two moments between these, their difference and a duration can be added without overflow."""
LONGEST_MS = 10 * 86_400_000.0
"""Ten days: a stream ends with the run that records it, and no run and no response lasts longer."""
LONGEST_WAIT_S = 366 * 86_400.0
"""A year: no limit has a longer period."""
LARGEST_COUNT = 2**31 - 1
"""Two gigabytes, or one request a second for 68 years; a card or telephone number is larger."""
HIGHEST_STATUS = 999
HIGHEST_EXIT = 255
LARGEST_FACTOR = 10.0
HIGHEST_COST = 10_000.0
COST_DECIMALS = 6
HOTTEST = 100.0
TEMPERATURE_DECIMALS = 2


def _at_most(decimals: int) -> AfterValidator:
    def check(value: float) -> float:
        if round(value, decimals) != value:
            raise ValueError("too many decimals")
        return value

    return AfterValidator(check)


def _no_count_of_seconds(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise ValueError("no time in ISO 8601")


Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT, strict=True)]
"""A number of things, a size, a sequence number."""
Status = Annotated[int, Field(ge=0, le=HIGHEST_STATUS, strict=True)]
"""An HTTP status: three digits."""
Port = Annotated[int, Field(ge=0, le=65535, strict=True)]
CodePoint = Annotated[int, Field(ge=0, le=0xFFFF, strict=True)]
"""A number that a public list of a protocol gives a meaning, such as a cipher suite's."""
ExitCode = Annotated[int, Field(ge=0, le=HIGHEST_EXIT, strict=True)]
"""How a program said that it ended."""
Milliseconds = Annotated[float, Field(ge=0, le=LONGEST_MS, strict=True)]
"""A duration that we measured."""
WaitSeconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S, strict=True)]
WaitMilliseconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S * 1000, strict=True)]
"""A wait that a server asked for."""
Factor = Annotated[float, Field(ge=0, le=LARGEST_FACTOR, strict=True)]
"""By what a wait is multiplied."""
Cost = Annotated[float, Field(ge=0, le=HIGHEST_COST, strict=True), _at_most(COST_DECIMALS)]
"""Dollars."""
Temperature = Annotated[
    float, Field(ge=-HOTTEST, le=HOTTEST, strict=True), _at_most(TEMPERATURE_DECIMALS)
]
Moment = Annotated[
    AwareDatetime, Field(ge=EARLIEST, le=LATEST), BeforeValidator(_no_count_of_seconds)
]
"""A time with its zone, as text in a file; we write UTC."""


def bounded_count(value: int) -> int:
    """A number that we counted, within the range: whatever is larger is as large as can be."""
    return min(value, LARGEST_COUNT)


def bounded_ms(value: float | None) -> float | None:
    """A measured duration, within the range: wall clocks are set back, and machines sleep.

    It has three decimals: the clock is no more exact.
    """
    return None if value is None else round(min(max(value, 0.0), LONGEST_MS), 3)


def bounded_moment(moment: datetime) -> datetime:
    """A time of this machine's clock, within the range."""
    return min(max(moment, EARLIEST), LATEST)


def moment_or_none(moment: datetime) -> datetime | None:
    """A time that somebody else stated, if it is one that can be."""
    return moment if EARLIEST <= moment <= LATEST else None


def later(moment: datetime, seconds: float) -> datetime | None:
    """`seconds` after a moment within the range; None where that leads out of it."""
    return moment_or_none(moment + timedelta(seconds=seconds))
