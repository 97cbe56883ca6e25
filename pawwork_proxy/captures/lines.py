"""One line of a capture: what it holds, or what is wrong with it.

A line is read in one of two ways: as the whole record, held against the schema (`read_line`), or as
the light view of it (`read_view`), which costs a tenth. Invariant: reading never raises for what a
line holds; whatever the light view cannot take is judged by the schema.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import msgspec
from pydantic import ValidationError

from pawwork_proxy.model.capture import LINE, CaptureLine, Opened
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.numbers import EARLIEST, LATEST
from pawwork_proxy.model.signals import Signals
from pawwork_proxy.model.view import (
    ExchangeView,
    OpenedView,
    SignalsView,
    complete,
    replaced,
    view_of,
)
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


Reading = Callable[[bytes, int], CaptureLine | Damage]
"""Turns the bytes of a line and its number into what a reader needs."""

_decode: Callable[[bytes], Any] = msgspec.json.Decoder(ExchangeView | OpenedView).decode


def read_line(raw: bytes, number: int = 0) -> CaptureLine | Damage:
    """One line as the schema has it; `number` is its place in the file, where damage is named."""
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


def read_view(raw: bytes, number: int) -> CaptureLine | Damage:
    """One line; of an exchange and of a request its light view.

    Types, closed lists and ranges hold, and signals can be judged. Fields that nobody reads there
    are not looked at, and neither is the form of a text.
    """
    try:
        view = _decode(raw)
        if type(view) is ExchangeView:
            complete(view)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # A line of another kind, a damaged one, or one that only the schema understands.
        line = read_line(raw, number)
        return view_of(line) if isinstance(line, Exchange | Opened) else line
    if type(view) is OpenedView:
        fits = EARLIEST <= view.at <= LATEST
    else:
        started, response, signals = view.timing.started_at, view.response, view.signals
        date = (response and response.date) or started
        has_texts = signals.errors or signals.retry_hints or signals.edge_markers
        has_texts = has_texts or signals.failed_finish is not None
        fits = (
            EARLIEST <= started <= LATEST
            and EARLIEST <= date <= LATEST
            and (not has_texts or _fit_schema(signals))
        )
    viewed: Exchange | Opened = view
    return viewed if fits else Damage(number, "not_a_record")


def is_overlong(raw: bytes) -> bool:
    """Whether bytes are the beginning of a line that is longer than any of ours."""
    return len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")


outcome_of = lru_cache(maxsize=1024)(judge)
"""What signals come to by the rules of this version; thousands of responses are alike."""


def without_waits(signals: SignalsView) -> SignalsView:
    """Signals without what differs from response to response: when it came, how long to wait."""
    waits = tuple(replaced(hint, seconds=0.0, at=None) for hint in signals.retry_hints)
    return replaced(signals, date=None, retry_hints=waits)  # type: ignore[no-any-return]


def _fit_schema(signals: SignalsView) -> bool:
    """Whether times and texts are as the schema has them: decoding does not check that."""
    moments = (signals.date, *(hint.at for hint in signals.retry_hints))
    return all(one is None or EARLIEST <= one <= LATEST for one in moments) and _texts_fit_schema(
        without_waits(signals)
    )


@lru_cache(maxsize=1024)
def _texts_fit_schema(signals: SignalsView) -> bool:
    try:
        Signals.model_validate(msgspec.to_builtins(signals))
    except ValidationError:
        return False
    return True
