"""How long to wait, from wherever a response says so: headers, fields of the body, its text.

Invariant: a wait is never negative and never longer than the client can wait (2 147 483 647 ms);
it has milliseconds, a moment has seconds: finer digits are nobody's wait.
The order of trust is the client's: `retry-after-ms`, `retry-after` in seconds, then as a date.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from pawwork_proxy.model.numbers import moment_or_none
from pawwork_proxy.model.signals import RetryHint

MAX_WAIT_S = 2_147_483.647
LONGEST_DATE = 64
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(
    # Ids, paths and percent-encoded texts are full of digits and letters: a duration stands alone,
    # and is not one that has passed.
    r"(?<![A-Za-z0-9_.:%/\\-])(?<!took )(?<!out after )(?<!elapsed )(\d{1,6}(?:\.\d+)?)"
    r"\s?(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)"
    r"(?![A-Za-z0-9_%-])(?!\s*(?:usage|limit|quota|window))",
    re.IGNORECASE,
)
_JOIN = re.compile(r"^[\s,]*(?:and\s+)?$", re.IGNORECASE)
_WAIT_KEYS: tuple[tuple[str, int], ...] = (
    ("retry_after_ms", 1000), ("retryAfterMs", 1000), ("retry-after-ms", 1000),
    ("retry_after", 1), ("retryAfter", 1), ("retry_after_seconds", 1), ("retryAfterSeconds", 1),
    ("resets_in_seconds", 1), ("retry_after_s", 1), ("reset_in_seconds", 1),
)  # fmt: skip
"""Field, and how many of its units are a second."""
_GOOGLE_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_EARLIEST, _LATEST = 1_000_000_000, 4_102_444_800
"""Seconds since 1970 of 2001-09-09 and 2100-01-01: other numbers are no moments."""
_RESET_KEYS = ("resets_at", "resetsAt", "reset_at", "resetAt", "resets")


def http_date(value: str) -> datetime | None:
    """An HTTP-date as UTC, or None."""
    return _http_date(value) if len(value) <= LONGEST_DATE else _parsed_date(value)


def _parsed_date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        return _in_utc(parsedate_to_datetime(value.strip()))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


_http_date = lru_cache(maxsize=256)(_parsed_date)
"""Servers write the same second many times over, and reading a date takes as long as judging."""


def header_hints(headers: dict[str, str], date: datetime | None) -> list[RetryHint]:
    """The waits that headers name; a date counts from the server's own `date`."""
    hints: list[RetryHint] = []
    if (ms := _number(headers.get("retry-after-ms"))) is not None:
        hints.append(_hint("retry-after-ms", ms / 1000))
    value = headers.get("retry-after")
    if value is None:
        return hints
    if (seconds := _number(value)) is not None:
        hints.append(_hint("retry-after", seconds))
    elif (moment := http_date(value)) is not None:
        wait = (moment - date).total_seconds() if date is not None else 0.0
        hints.append(_hint("retry-after date", wait, moment))
    return hints


def body_hints(value: dict[str, object]) -> list[RetryHint]:
    """The waits that fields of an error object name, and the headers quoted in it."""
    hints: list[RetryHint] = []
    for key, a_second in _WAIT_KEYS:
        if key in value and (wait := _number(value[key])) is not None:
            hints.append(_hint("body", wait / a_second))
    delay = value.get("retryDelay")
    if isinstance(delay, str) and (match := _GOOGLE_DELAY.fullmatch(delay)):
        hints.append(_hint("body", float(match.group(1))))
    for key in _RESET_KEYS:
        if key in value and (moment := _moment(value[key])) is not None:
            hints.append(RetryHint(place="body date", seconds=0.0, at=moment))
    for key in ("responseHeaders", "response_headers", "headers"):
        quoted = value.get(key)
        if isinstance(quoted, dict):
            lower = {str(name).lower(): str(text) for name, text in list(quoted.items())[:64]}
            hints += header_hints(lower, http_date(lower.get("date", "")))
    return hints


def text_hints(text: str) -> list[RetryHint]:
    """The last wait that a message names in words (`Resets in 4hr 59min`): a last resort."""
    text = text[:1200]
    total = 0.0
    end = -1
    for match in _DURATION.finditer(text):
        seconds = float(match.group(1)) * _UNITS[match.group(2)[0].lower()]
        joined = end >= 0 and _JOIN.match(text[end : match.start()]) is not None
        total = total + seconds if joined else seconds
        end = match.end()
    return [_hint("text", total)] if end >= 0 else []


def _hint(place: str, seconds: float, at: datetime | None = None) -> RetryHint:
    return RetryHint(place=place, seconds=round(min(max(seconds, 0.0), MAX_WAIT_S), 3), at=at)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _in_utc(moment: datetime) -> datetime | None:
    """A stated time; without a zone it is UTC. None when no record may hold it."""
    return moment_or_none(
        moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    )


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, str) and "T" in value[:32]:
            return _in_utc(datetime.fromisoformat(value[:40]).replace(microsecond=0))
        if isinstance(value, int | float):
            seconds = int(value / 1000 if value > 1e11 else value)
            if _EARLIEST < seconds < _LATEST:
                return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
    return None
