"""Which files are read of a path: itself, or what is in a folder, or what a pattern means."""

import errno
import glob
from pathlib import Path

from pawwork_proxy.captures.packed import PACKED
from pawwork_proxy.environment.looking import is_folder

SAMPLES = "samples"
"""The folder of simulated captures that a checkout has among the user's own."""
ARCHIVES = "*.zip"
PART = ".parquet"
_CAPTURES = "*.jsonl"
_READ = (
    (_CAPTURES, *(f"{_CAPTURES}{ending}" for ending in PACKED)),
    ("pawwork-support-*.zip",),
    (f"part-*{PART}",),
)
"""What is read of a folder, in this order."""


def source_files(path: Path) -> list[Path]:
    """The files that are read of a path on this machine: itself, or in a folder or pattern."""
    if is_folder(path):
        return _in_folder(path)
    try:
        path.stat()
    except OSError as error:
        if is_nothing(error):
            return _matching(path)
    return [path]  # whoever opens it says what is wrong


def is_nothing(error: OSError) -> bool:
    """Whether a look at a path failed because nothing is there; Windows allows no `*` in a name."""
    return error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EINVAL}


def capture_files(path: Path) -> list[Path]:
    """The capture files in a folder and below it; anything else is taken for one."""
    return _below(path, _CAPTURES) if is_folder(path) else [path]


def archives_in(path: Path) -> list[Path]:
    """The `.zip` files in a folder and below it, bundles or not."""
    return _below(path, ARCHIVES) if is_folder(path) else []


def is_read(file: Path) -> bool:
    """Whether a file of this name is read of a folder."""
    return any(file.match(pattern) for together in _READ for pattern in together)


def _in_folder(folder: Path) -> list[Path]:
    return [file for together in _READ for file in _below(folder, *together)]


def _below(folder: Path, *patterns: str) -> list[Path]:
    """Files in a folder, then those in folders below; the samples are meant only where named."""
    found = (
        file
        for pattern in patterns
        for file in folder.rglob(pattern)
        if SAMPLES not in file.relative_to(folder).parts
    )
    return sorted(found, key=lambda file: (len(file.parts), file))


def _matching(pattern: Path) -> list[Path]:
    """The files that a pattern means, which Windows' shells leave to us; `**` is any folders.

    Where it means only folders, what is in them.
    """
    names = glob.glob(str(pattern), recursive=True)  # noqa: PTH207  may be absolute
    found = sorted(map(Path, names))
    files = [path for path in found if not is_folder(path)]
    return files or [file for folder in found for file in _in_folder(folder)]
