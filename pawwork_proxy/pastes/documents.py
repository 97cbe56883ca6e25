"""Finds the errors in a JSON document: an error object, an export, a problem report, a list.

Strategy: walk structure in order. A model's or a caller's words are not entered; of a client's
messages only what it says about them. Invariant: each error comes out once, with its own fields.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pawwork_proxy.pastes.times import moment_of
from pawwork_proxy.responses.error_objects import CONTENT_KEYS, error_in
from pawwork_proxy.wire.bounded_json import member

MAX_DEPTH = 40
LOG_KEYS = frozenset(
    {"logTail", "log", "logs", "recentErrors", "stderr", "stdout", "lines", "entries"}
)
"""Keys of problem reports below which lines of a log stand."""
_REPORT_KEYS = frozenset({"session", "messages", "environment", "meta", "rendererDiagnostics"})
_SAID = frozenset({"data", "message", "responseBody", "statusCode", "cause"})
"""Keys of which an error of a client's library has one."""
_CLASS = re.compile(r"\w*Error")
_TIME_KEYS = ("timestamp", "time", "ts", "at", "date", "created_at", "createdAt", "created")


class Part(NamedTuple):
    """One error object, or a text that may report some."""

    value: dict[str, object] | str
    time: datetime | None = None


def parts_of(
    value: object, time: datetime | None = None, depth: int = 0, *, logs: bool = False
) -> Iterator[Part]:
    """The errors of a document and the texts of logs in it, in order."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str) and logs:
        yield Part(value, time)
    elif isinstance(value, list):
        if logs and all(isinstance(line, str) for line in value):
            yield Part("\n".join(value), time)
            return
        for child in value:
            yield from parts_of(child, time, depth + 1, logs=logs)
    elif isinstance(value, dict):
        time = _time_of(value) or time
        if not _REPORT_KEYS.isdisjoint(value) or not _is_error(value):
            yield from _inside(value, time, depth)
        elif isinstance(value.get("error"), str) and value.keys() <= {"error", *_TIME_KEYS}:
            yield Part(str(value["error"]), time)
        else:
            yield Part(value, time)


def _is_error(value: dict[str, object]) -> bool:
    several = value.get("errors")
    if isinstance(several, list) and sum(isinstance(one, dict) for one in several) > 1:
        return False  # each of them is one
    name = value.get("name")
    named = isinstance(name, str) and _CLASS.fullmatch(name) is not None
    return error_in(value) is not None or (named and not _SAID.isdisjoint(value))


def _inside(value: dict[str, object], time: datetime | None, depth: int) -> Iterator[Part]:
    for key, child in value.items():
        if key == "messages":
            for message in child if isinstance(child, list) else ():
                yield from _message(message, time, depth)
        elif key in LOG_KEYS:
            yield from parts_of(child, time, depth + 1, logs=True)
        elif key == "error" and isinstance(child, dict):
            yield Part({"error": child}, time)
        elif key not in CONTENT_KEYS:
            yield from parts_of(child, time, depth + 1)


def _message(message: object, time: datetime | None, depth: int) -> Iterator[Part]:
    """What a client says about one message of a conversation."""
    if not isinstance(message, dict):
        return
    time = _time_of(message) or _time_of(message.get("info")) or time
    for holder in (message, message.get("info")):
        if isinstance(error := member(holder, "error"), dict) and error:
            yield Part({"error": error}, time)
    parts = message.get("parts")
    for part in parts if isinstance(parts, list) else ():
        if member(part, "type") == "retry":
            yield from parts_of(part, time, depth + 2)


def _time_of(value: object) -> datetime | None:
    for key in _TIME_KEYS:
        stated = member(value, key)
        inner = member(stated, "completed") or member(stated, "created") or stated
        if (moment := moment_of(inner)) is not None:
            return moment
    return None
