"""Logging of our own events; called by entry points only.

Invariant: a log line holds an event name and numbers. Exceptions appear as their type and the
place in our code; foreign texts (paths, bodies, messages of other libraries) never.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog


def configure_logging() -> None:
    """Console lines on stderr for our loggers; uncaught exceptions reduced to type and place."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # asyncio reports task exceptions with their text: same rule for it.
    logging.getLogger("asyncio").addFilter(_strip)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def place_of(error: BaseException) -> str:
    """`module:line` of the innermost frame of ours, without any text of the exception."""
    ours = [
        f"{frame.f_globals.get('__name__')}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith("pawwork_proxy")
    ]
    return ours[-1] if ours else "outside"


def loop_exception_handler(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For `loop.set_exception_handler`: type and place only."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        _uncaught(type(error), error, error.__traceback__)


def _uncaught(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().error("internal_error", type=kind.__name__, place=place_of(error))


def _strip(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    record.msg = "asyncio_error"
    record.args = ()
    if error is not None:
        record.msg = f"asyncio_error type={type(error).__name__} place={place_of(error)}"
    record.exc_info = None
    record.exc_text = None
    return True
