"""Members → the bytes of a zip: equal members give equal bytes.

Invariant: no name, date, attribute or comment in the archive comes from this machine.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pawwork_proxy.model.manifest import MANIFEST

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PRIVATE_FILE = 0o100600 << 16  # a regular file with mode 0600, where a zip keeps Unix modes
_UNIX = 3  # the system whose modes these are
COMPRESSION_LEVEL = 6


@dataclass(frozen=True)
class Member:
    """A file of the bundle, in pieces; `records` is what the manifest counts in it."""

    name: str
    pieces: tuple[bytes, ...]
    """Whole lines each, so that nobody need hold the file twice."""
    records: int = 0

    @cached_property
    def size(self) -> int:
        """Bytes of the content."""
        return sum(map(len, self.pieces))

    @cached_property
    def sha256(self) -> str:
        """Digest of the content, in hex."""
        digest = hashlib.sha256()
        for piece in self.pieces:
            digest.update(piece)
        return digest.hexdigest()


def zip_bytes(members: Sequence[Member]) -> bytes:
    """The archive of `members`: the manifest first, the others by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=COMPRESSION_LEVEL) as archive:
        for member in sorted(members, key=lambda one: (one.name != MANIFEST, one.name)):
            info = zipfile.ZipInfo(member.name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _PRIVATE_FILE
            with archive.open(info, "w") as stream:
                for piece in member.pieces:
                    stream.write(piece)
    return buffer.getvalue()
