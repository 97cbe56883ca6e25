"""Logging of our own events, and the rule that all other ways to stderr are brought under.

Invariant: a line holds an event name and numbers. Exceptions appear as their type and the place in
our code; what other libraries log or warn of appears as who spoke and in which line, since their
texts quote paths, bodies and keys. Writing a line never raises, whether anybody reads it or not.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import traceback
import warnings
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    import structlog

MOST_FOREIGN = 50
"""Places of other libraries that are reported at most; a peer could make them speak for ever."""


def guard_stderr() -> None:
    """Bring under the rule: foreign loggers, warnings, and whatever nobody catches.

    asyncio reports to a logger, too: failed tasks and callbacks are among the foreign messages.
    """
    root = logging.getLogger()
    if not any(isinstance(handler, _Foreign) for handler in root.handlers):
        root.addHandler(_Foreign(logging.WARNING))
    warnings.showwarning = _warning
    sys.excepthook = _uncaught
    sys.unraisablehook = _uncaught_elsewhere
    threading.excepthook = _uncaught_elsewhere


def mute_other_handlers() -> None:
    """Let only us print what is logged, in a program that has displays of its own."""
    root = logging.getLogger()
    root.setLevel(logging.WARNING)  # what is less is not even made: nobody would print it
    for handler in root.handlers:
        if not isinstance(handler, _Foreign):
            handler.addFilter(lambda _: False)


def say(event: str, **facts: str | int) -> None:
    """Write a line on an event of ours; `facts` are numbers and words of our own, never texts.

    Today's stderr is written to; where it is gone, nobody is told: traffic must not end with a
    terminal.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        load_logger().info(event, **facts)


@cache
def load_logger() -> structlog.typing.FilteringBoundLogger:
    """Writes one `event=... name=value` line; loaded with the first event, most runs have none."""
    import structlog  # noqa: PLC0415

    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(file=cast(TextIO, _Stderr())),
        processors=[structlog.processors.LogfmtRenderer(key_order=["event"], drop_missing=True)],
    )
    return logger


class _Stderr:
    """Whatever stderr is at the moment: it may have been replaced or closed since the start."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def place_of(error: BaseException) -> str:
    """`module:line` of the innermost frame of ours, without any text of the exception."""
    ours = [
        f"{frame.f_globals.get('__name__')}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith("pawwork_proxy")
    ]
    return ours[-1] if ours else "outside"


class _Foreign(logging.Handler):
    """Says that another library logged something, once for each place in its code."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._said: set[tuple[str, int]] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Library, line and severity; an exception as its type and our place."""
        name = record.name.partition(".")[0]
        source = name if name in sys.modules else "other"
        if (source, record.lineno) in self._said or len(self._said) >= MOST_FOREIGN:
            return
        self._said.add((source, record.lineno))
        error = record.exc_info[1] if record.exc_info else None
        what = {"type": type(error).__name__, "place": place_of(error)} if error else {}
        say("foreign_message", source=source, line=record.lineno, severity=record.levelno, **what)


def _warning(
    message: Warning | str,  # noqa: ARG001  never looked at
    category: type[Warning],
    filename: str,  # noqa: ARG001  the names are the hook's own
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    known = category.__name__ if category.__module__ == "builtins" else "other"
    say("warning", type=known, line=lineno)


def _uncaught(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        say("internal_error", type=kind.__name__, place=place_of(error))


def _uncaught_elsewhere(args: Any) -> None:
    """In a thread or a finalizer; both hooks get the same three names."""
    _uncaught(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
