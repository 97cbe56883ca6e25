"""How long to wait, from wherever a response says so: headers, fields of the body, its text.

Invariant: a wait is never negative and never longer than the client can wait (2 147 483 647 ms);
it has milliseconds, a moment has seconds: finer digits are nobody's wait.
The order of trust is the client's: `retry-after-ms`, `retry-after` in seconds, then as a date.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from pawwork_proxy.facts.waits import CUES, UNITS, unit_seconds
from pawwork_proxy.model.numbers import later, moment_or_none
from pawwork_proxy.model.signals import RetryHint

MAX_WAIT_S = 2_147_483.647
LONGEST_DATE = 64
_UNIT = "|".join(f"(?:{unit.says})" for unit in UNITS)
_DURATION = re.compile(
    # Ids are full of digits and letters, and `%20` is a blank: a duration stands alone.
    rf"(?<![A-Za-z0-9_.:%#/-])(?:\d{{1,9}}(?:\.\d{{1,9}})?\s?(?:{_UNIT})(?![a-z_-])"
    r"(?:[\s,]*(?:and\s+)?(?=\d))?)+(?!\s?(?:usage|limit|quota|window))",
    re.IGNORECASE,
)
_AMOUNTS = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,9}})?)\s?({_UNIT})(?![a-z])", re.IGNORECASE)
_ROUNDED = re.compile(
    r"(?:~|≈|\babout|\bapprox\w*\.?|\baround|\broughly|约|約|大约)\s*$", re.IGNORECASE
)
_BEFORE = re.compile(rf"(?:{CUES['before']})[\s~≈:=\"'(]*(?:约|約|大约|about )?\s*$", re.IGNORECASE)
_BEHIND = re.compile(rf"\s*(?:{CUES['behind']})", re.IGNORECASE)
_PAST = re.compile(rf"(?:{CUES['past']})[\s~]*$", re.IGNORECASE)
_MOMENT = re.compile(
    r"(?:reset|again|until|retry|available|重置)[^.\n]{0,24}?"
    r"(20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::[0-5]\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"\s*\+?\d{1,15}(?:\.\d*)?(?:e\+?\d{1,3})?\s*", re.ASCII | re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_NEARBY = 40
"""Characters before a duration that are looked at."""
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
            date = http_date(lower.get("date", ""))
            hints += [_dated(hint, date) for hint in header_hints(lower, date)]
    return hints


def text_hints(text: str) -> list[RetryHint]:
    """The last wait that a message names in words (`Resets in 4hr 59min`): a last resort.

    A rounded figure (`~2 days`) yields to an exact one.
    """
    text = text[:1200]
    if _DIGIT.search(text) is None:
        return []
    exact: float | None = None
    rounded: float | None = None
    for match in _DURATION.finditer(text):
        before = text[max(0, match.start() - _NEARBY) : match.start()]
        if _PAST.search(before) or not (_BEFORE.search(before) or _BEHIND.match(text, match.end())):
            continue
        amounts = _AMOUNTS.findall(match[0])
        seconds = sum(float(number) * unit_seconds(unit) for number, unit in amounts)
        if _ROUNDED.search(before):
            rounded = seconds
        else:
            exact = seconds
    wait = rounded if exact is None else exact
    hints = [] if wait is None else [_hint("text", wait)]
    stated = _MOMENT.search(text)
    moment = _moment(stated[1].replace(" ", "T")) if stated else None
    if moment is not None:
        hints.append(RetryHint(place="body date", seconds=0.0, at=moment))
    return hints


def _hint(place: str, seconds: float, at: datetime | None = None) -> RetryHint:
    return RetryHint(place=place, seconds=round(min(max(seconds, 0.0), MAX_WAIT_S), 3), at=at)


def _dated(hint: RetryHint, date: datetime | None) -> RetryHint:
    """A quoted wait counts from the date that is quoted beside it."""
    if date is None or hint.at is not None:
        return hint
    return hint.model_copy(update={"at": later(date, hint.seconds)})


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except OverflowError:
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
