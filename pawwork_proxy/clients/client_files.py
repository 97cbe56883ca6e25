"""Reads files of clients: regular ones only, up to a size, without ever waiting for anybody."""

import os
import stat
from pathlib import Path

LARGEST_FILE = 1024 * 1024


def read_regular(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The content of a file; none where there is no file.

    Raises OSError when it cannot be read, ValueError when it is no regular file (a pipe's reader
    would wait for its writer) or longer than `largest` bytes.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("no regular file")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError("too long")
    return content
