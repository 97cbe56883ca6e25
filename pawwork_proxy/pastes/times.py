"""The times at which things were written: of log lines, of fields of a document.

Invariant: a time without a zone is taken as it stands, since whose zone it was is not known.
"""

import re
from datetime import UTC, datetime, timedelta

_TIME = re.compile(
    r"(20\d\d-[01]\d-[0-3]\d)[T ]([0-2]\d:[0-5]\d(?::[0-5]\d)?)(?:[.,]\d{1,9})?"
    r"(Z|[+-]\d\d:?\d\d)?"
)
_HEAD = 200
_EARLIEST, _LATEST = 1_000_000_000, 4_102_444_800


def time_in(text: str) -> datetime | None:
    """The time at the beginning of an entry."""
    match = _TIME.search(text[:_HEAD])
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")
    except ValueError:
        return None


def moment_of(value: object) -> datetime | None:
    """A stated time: ISO, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return time_in(value) if len(value) < 64 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = value / 1000 if value > _LATEST else value
    if _EARLIEST < seconds < _LATEST:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(seconds))
    return None
