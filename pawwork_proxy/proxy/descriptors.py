"""File descriptors: as many as the system lets us have, and a word when they are used up."""

import asyncio
import contextlib
import encodings.idna  # noqa: F401  asyncio loads it with the first connection, if it still can
import sys
from typing import Any

from pawwork_proxy.logs import load_logger, say
from pawwork_proxy.recording.flows import OUT_OF_DESCRIPTORS

ENOUGH = 8192
"""A connection of a client takes two, its own and one to the server; macOS starts with 256."""


def raise_limit() -> None:
    """Raise the soft limit, as far as the hard one allows.

    Where few are left, what has to be said when they are used up is loaded while it can be.
    """
    if sys.platform == "win32":  # has no such limit
        return
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS allows less than its hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    if soft != resource.RLIM_INFINITY and soft < ENOUGH:
        load_logger()


class Word:
    """Says once that there are no descriptors left; clients that come then have to wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._said = False
        loop.set_exception_handler(self._on_exception)

    def say(self) -> None:
        """Say it, if it was not said before."""
        if not self._said:
            self._said = True
            say("out_of_file_descriptors", remedy="ulimit_-n_4096")

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in OUT_OF_DESCRIPTORS:
            self.say()
        else:
            loop.default_exception_handler(context)
