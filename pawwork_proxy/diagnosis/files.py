"""Whether our own files are ours alone, looked at without mending anything."""

import os
import stat
from pathlib import Path


def exposed_private(folder: Path) -> tuple[str, ...]:
    """Our private folder, if others may enter it. It keeps all that is in it."""
    return (str(folder),) if _mode(folder) & 0o077 else ()


def exposed_captures(folder: Path) -> tuple[str, ...]:
    """A folder of captures that others may write, and captures in it that they may read."""
    writable = [folder] if _mode(folder) & 0o022 else []
    entered = _mode(folder) & 0o011
    readable = [path for path in sorted(folder.glob("*.jsonl")) if entered and _mode(path) & 0o077]
    return tuple(map(str, [*writable, *readable]))


def _mode(path: Path) -> int:
    """Who may do what; nobody anything where there is nothing, or access lists say it instead."""
    try:
        return stat.S_IMODE(path.stat().st_mode) if os.name == "posix" else 0
    except OSError:
        return 0
