"""Members → the bytes of a zip: equal members give equal bytes.

Invariant: no name, date, attribute or comment in the archive comes from this machine.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

from pawwork_proxy.bundle.manifest import MANIFEST

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PRIVATE_FILE = 0o100600 << 16
_UNIX = 3
COMPRESSION_LEVEL = 6


class Member(NamedTuple):
    """A file of the bundle; `records` is what the manifest counts in it."""

    name: str
    data: bytes
    records: int

    @property
    def sha256(self) -> str:
        """Digest of the content, in hex."""
        return hashlib.sha256(self.data).hexdigest()


def zip_bytes(members: Sequence[Member]) -> bytes:
    """The archive of `members`: the manifest first, the others by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=COMPRESSION_LEVEL) as archive:
        for member in sorted(members, key=lambda one: (one.name != MANIFEST, one.name)):
            info = zipfile.ZipInfo(member.name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _PRIVATE_FILE
            archive.writestr(info, member.data)
    return buffer.getvalue()
