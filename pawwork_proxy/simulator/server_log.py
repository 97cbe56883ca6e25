"""What the HTTP library may say: it logs tracebacks with bytes of requests, we only type and place.

Invariant: nothing a client sent reaches a log through this logger.
"""

import logging

from aiohttp.http_exceptions import HttpProcessingError

from pawwork_proxy.logs import place_of, say


def silenced_logger() -> logging.Logger:
    """For `web.Server(logger=...)`: our own failures by type and place, bad requests not at all."""
    logger = logging.getLogger("pawwork_proxy.simulator.http")
    logger.propagate = False
    logger.addFilter(_only_type_and_place)
    return logger


def _only_type_and_place(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, HttpProcessingError):
        say("simulator_failed", type=type(error).__name__, place=place_of(error))
    return False
