"""Reads the SQLite databases of clients as they stand on disk, without locking or touching them.

SQLite itself would have to write beside a database in order to read what its client has not moved
into it yet (the write-ahead log), and a client may wait for a lock. So the log's pages are put in
place in memory, or, for what is too large, the database is read as if nobody could change it.
"""

import os
import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pawwork_proxy.clients.client_files import read_regular

LARGEST_IN_MEMORY = 64 * 1024 * 1024
_MOST_STEPS = 5_000_000  # of SQLite's machine: some tenths of a second
_LOG_HEAD = struct.Struct(">8I")
_FRAME_HEAD = struct.Struct(">6I")
_MAGIC = 0x377F0682


def rows_of(path: Path, query: str, parameters: Sequence[str] = ()) -> list[tuple[object, ...]]:
    """What a query finds; nothing where there is no database, or none of its tables.

    Raises OSError or ValueError when there is one that cannot be read or understood.
    """
    if not path.is_file():
        if path.exists():
            raise ValueError("no regular file")
        return []
    try:
        with closing(_opened(path)) as database:
            database.set_progress_handler(lambda: 1, _MOST_STEPS)
            return database.execute(query, parameters).fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error) or "no such column" in str(error):
            return []
        raise ValueError(type(error).__name__) from None


def _opened(path: Path) -> sqlite3.Connection:
    log = path.with_name(f"{path.name}-wal")
    log_bytes = log.stat().st_size if log.is_file() else 0
    if log_bytes and log_bytes + path.stat().st_size <= LARGEST_IN_MEMORY:
        # The log first: what is moved into the database meanwhile is in the log as well.
        logged = read_regular(log, LARGEST_IN_MEMORY)
        whole = with_log(read_regular(path, LARGEST_IN_MEMORY), logged)
        database = sqlite3.connect(":memory:")
        database.deserialize(whole)
        return database
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def with_log(database: bytes, log: bytes) -> bytes:
    """A database with the pages of its write-ahead log in place, up to the last whole change.

    Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    """
    pages = bytearray(database)
    if len(log) >= _LOG_HEAD.size:
        magic, _, page_size, _, *salts = _LOG_HEAD.unpack_from(log)[:6]
        if magic & ~1 != _MAGIC or not 512 <= page_size <= 65536:
            raise ValueError("no write-ahead log")
        changed: dict[int, int] = {}
        frame = _FRAME_HEAD.size + page_size
        for start in range(_LOG_HEAD.size, len(log) - frame + 1, frame):
            number, size_after, *frame_salts = _FRAME_HEAD.unpack_from(log, start)[:4]
            if frame_salts != salts:  # left over from before the log began anew
                break
            changed[number] = start + _FRAME_HEAD.size
            if size_after:
                _place(pages, changed, log, page_size, size_after)
                changed = {}
    if pages:
        pages[18:20] = b"\x01\x01"  # the form of a database without a log
    return bytes(pages)


def _place(
    pages: bytearray, changed: dict[int, int], log: bytes, page_size: int, size_after: int
) -> None:
    """Put the pages of one change in place; `size_after` is how many pages there are then."""
    size = min(size_after * page_size, LARGEST_IN_MEMORY)
    pages.extend(bytes(max(0, size - len(pages))))
    del pages[size:]
    for number, start in changed.items():
        at = (number - 1) * page_size
        if 0 <= at < size:
            pages[at : at + page_size] = log[start : start + page_size]


def stamp_of(path: Path) -> tuple[int, ...] | None:
    """What changes when a file or its log does: times, numbers, sizes; None when there is none."""
    stamp: list[int] = []
    for file in (path, path.with_name(f"{path.name}-wal")) if path.suffix == ".db" else (path,):
        try:
            status = os.stat(file)  # noqa: PTH116  called for every place, every second
        except OSError:
            continue
        stamp += (status.st_mtime_ns, status.st_ino, status.st_size)
    return tuple(stamp) or None
