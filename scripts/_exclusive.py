"""Lets one process at a time work on an environment.

Standard library only. The operating system holds the lock, so it ends with its process, however
that dies; the empty lock file stays.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts._messages import say

_PAUSE_S = 0.2


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock at `path`, after waiting for whoever holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            say("waiting for another set-up of the same environment")
            while not _try_lock(descriptor):
                time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
