"""One line of a capture: what it holds, or what is wrong with it.

A line is read in one of two ways: as the whole record, held against the schema (`read_line`), or as
the light view of it (`read_view`), which costs a tenth. Invariant: reading never raises for what a
line holds; whatever the light view cannot take is judged by the schema.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec
from pydantic import ValidationError

from pawwork_proxy.model.capture import LINE, End, Header, Line, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.numbers import EARLIEST, LATEST
from pawwork_proxy.model.outcome import Outcome
from pawwork_proxy.model.signals import Signals
from pawwork_proxy.model.view import ExchangeView, OpenedView, SignalsView, view_of
from pawwork_proxy.outcomes.rules import judge

MAX_LINE_BYTES = 4 * 1024 * 1024
"""Our longest record is some tens of kilobytes; a longer line is no line of ours."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{")

Reason = Literal[
    "torn",
    "not_json",
    "not_a_record",
    "too_long",
    "utf_16",
    "before_header",
    "repeated",
    "another_capture",
]
"""`repeated`: there is a record of that number already; `another_capture`: a second header, and
all lines behind it."""


@dataclass(frozen=True)
class Damage:
    """A line that could not be read or used; `number` counts from 1."""

    number: int
    reason: Reason


Viewed = ExchangeView | OpenedView | Header | Stub | Note | End
Reading = Callable[[bytes, int], Line | Viewed | Damage]
"""Turns the bytes of a line and its number into what a reader needs."""

_FIRST_YEAR, _NO_YEAR = EARLIEST.year, LATEST.year
_decode: Callable[[bytes], ExchangeView | OpenedView] = msgspec.json.Decoder(
    ExchangeView | OpenedView
).decode


def read_line(raw: bytes, number: int) -> Line | Damage:
    """One line as the schema has it; `number` is its place in the file."""
    if is_overlong(raw):
        return Damage(number, "too_long")
    if number == 1 and raw.startswith(_UTF_16):
        return Damage(number, "utf_16")
    try:
        return LINE.validate_json(raw)
    except ValidationError as error:
        if error.errors(include_input=False, include_url=False)[0]["type"] != "json_invalid":
            return Damage(number, "not_a_record")
        return Damage(number, "not_json" if raw.endswith(b"\n") else "torn")


def read_view(raw: bytes, number: int) -> Viewed | Damage:
    """One line as its light view: types, closed lists and ranges hold, and signals can be judged.

    Fields that nobody reads there are not looked at, and neither is the form of a text.
    """
    try:
        view = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # A line of another kind, a damaged one, or one that only the schema understands.
        line = read_line(raw, number)
        if isinstance(line, Exchange):
            return view_of(line)
        return OpenedView(line.seq, line.at, line.install) if isinstance(line, Opened) else line
    if isinstance(view, OpenedView):
        possible = _FIRST_YEAR <= view.at.year < _NO_YEAR
        return view if possible else Damage(number, "not_a_record")
    started, response, signals = view.timing.started_at, view.response, view.signals
    date = (response and response.date) or started
    if (
        _FIRST_YEAR <= started.year < _NO_YEAR
        and _FIRST_YEAR <= date.year < _NO_YEAR
        and (not signals.has_words or _can_be_judged(signals))
    ):
        return view
    return Damage(number, "not_a_record")


def is_overlong(raw: bytes) -> bool:
    """Whether bytes are the beginning of a line that is longer than any of ours."""
    return len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")


@lru_cache(maxsize=1024)
def outcome_of(signals: SignalsView) -> Outcome:
    """What signals come to by the rules of this version.

    Raises ValidationError where they hold a text of no known form.
    """
    return judge(Signals.model_validate(msgspec.to_builtins(signals, builtin_types=(datetime,))))


def _can_be_judged(signals: SignalsView) -> bool:
    try:
        outcome_of(signals)
    except ValidationError:
        return False
    return True
