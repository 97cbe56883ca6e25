"""Captures packed by gzip or Zstandard, read without unpacking them to disk.

Invariant: memory holds one buffer and what the packing itself needs, whatever a file unpacks to.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pawwork_proxy.captures.reader import opened_capture
from pawwork_proxy.errors import CaptureFormatError
from pawwork_proxy.wire.zstd import zstd

_BUFFER_BYTES = 8 * 2**20
"""Going back beyond it unpacks from the beginning; records that overlap in time lie closer."""

PACKED: Mapping[str, Callable[[BinaryIO], io.BufferedIOBase]] = {
    ".gz": lambda packed: gzip.GzipFile(fileobj=packed),
    ".zst": zstd.ZstdFile,
}
"""By the end of a file's name: what unpacks it as it is read."""


@contextmanager
def opened_packed(path: Path, shown: Path) -> Iterator[BinaryIO]:
    """The capture in the packed file at `path`; messages name it as `shown`.

    Raises CaptureFormatError when it cannot be read, also where damage is met only later.
    """
    with opened_capture(path) as packed:
        try:
            with (
                PACKED[path.suffix.lower()](packed) as unpacking,
                io.BufferedReader(unpacking, _BUFFER_BYTES) as stream,
            ):
                yield stream
        except (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError):
            raise CaptureFormatError(
                f"{shown} cannot be unpacked: it is damaged or cut off",
                "pack the capture again, or give it as it was written",
            ) from None
