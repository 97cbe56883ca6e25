"""Removes captures that are older than a limit, when a run begins.

Invariant: only files that bear the name of a capture of ours, in the very folder, are removed; a
link, a folder and what cannot be removed stay.
"""

import contextlib
import re
import stat
from datetime import datetime
from pathlib import Path

from pawwork_proxy.environment.looking import is_folder

KEEP_DAYS = 90
"""The default: longer than any study takes, and short enough that old captures do not pile up."""
_NAME = re.compile(r"capture-\d{8}T\d{6}Z-[0-9a-f]{8}\.jsonl")


def remove_expired(folder: Path, now: datetime, keep_days: int = KEEP_DAYS) -> int:
    """Remove captures last written more than `keep_days` ago; how many. 0 days keeps all."""
    if keep_days <= 0:
        return 0
    limit = now.timestamp() - keep_days * 86400
    removed = 0
    for path in folder.glob("capture-*.jsonl") if is_folder(folder) else ():
        with contextlib.suppress(OSError):
            status = path.lstat()
            if (
                _NAME.fullmatch(path.name)
                and stat.S_ISREG(status.st_mode)
                and status.st_mtime < limit
            ):
                path.unlink()
                removed += 1
    return removed
