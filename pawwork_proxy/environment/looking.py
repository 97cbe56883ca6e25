"""What is at a path, as far as this user may look.

Before Python 3.14 `Path.is_file`, `is_dir` and `exists` raise where a folder on the way is closed
to the user, as one that `sudo` has made in their home. A client of that user sees nothing there
either.
"""

import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a regular file is there, or a link to one."""
    return _is(stat.S_ISREG, path)


def is_folder(path: Path) -> bool:
    """Whether a folder is there, or a link to one."""
    return _is(stat.S_ISDIR, path)


def is_there(path: Path) -> bool:
    """Whether anything is there; a link that leads nowhere is nothing."""
    return _is(lambda _: True, path)


def _is(kind: Callable[[int], bool], path: Path) -> bool:
    with suppress(OSError, ValueError):  # ValueError: a name that no system allows
        return kind(path.stat().st_mode)
    return False
