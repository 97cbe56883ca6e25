"""Opens a bundle from anybody: every limit is checked before anything is unpacked.

The archive must be exactly what `bundle create` writes: members one after the other from the first
byte on, then the central directory, then its end record, and nothing before, between or behind.
Dates, attributes and versions are the fixed ones: whatever could vary could carry something.
Invariant: names that are not ours are never repeated, written to disk or used as paths.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from pawwork_proxy.errors import BundleError
from pawwork_proxy.model.manifest import CAPTURE_MEMBER, MANIFEST, MOST_CAPTURES, README, SUMMARY
from pawwork_proxy.verification.findings import Finding

MIB = 1024 * 1024
MOST_MEMBERS = MOST_CAPTURES + 3
LARGEST_FILE = 64 * MIB
LARGEST_MEMBER = 512 * MIB
LARGEST_TOTAL = 768 * MIB
LARGEST_DOCUMENT = 4 * MIB
"""Of manifest, summary and README."""
HIGHEST_RATIO = 150  # records of ours compress less; a decompression bomb far more
RATIO_FREE = MIB
"""Below this size any ratio is harmless."""

_END = struct.Struct("<4s4H2LH")
_AGE = b"age-encryption.org/"  # how a file begins that age has encrypted
_LOCAL = struct.Struct("<4s5H3L2H")
_CHUNK = 256 * 1024
_LINK, _KIND = 0o120000, 0o170000
_VERSION = 20  # of the zip format that deflate needs
_UNIX = 3
_PRIVATE_FILE = 0o100600 << 16
_EPOCH, _DOS_DATE = (1980, 1, 1, 0, 0, 0), 33


class Refused(BundleError):
    """The archive breaks a limit; `finding` says which."""

    def __init__(self, rule: str, member: str = "archive") -> None:
        super().__init__(rule, "ask for a new bundle, made by 'pawwork-proxy bundle create'")
        self.finding = Finding(rule=rule, member=member)


@contextmanager
def opened_bundle(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive of `path` once it is within every limit.

    Raises Refused, naming rule and place, when it is not, or cannot be read.
    """
    try:
        with _opened(path) as archive:
            yield archive
    except Refused as refused:
        finding = refused.finding
        refused.message = f"{path.name} is refused: {finding.rule} ({finding.place})"
        raise


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with ExitStack() as stack:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Refused("no_regular_file")  # opening a pipe would wait for its writer
            stream = stack.enter_context(path.open("rb"))
            directory, number = _frame(stream)
            archive = stack.enter_context(zipfile.ZipFile(stream))
            if len(archive.infolist()) != number:
                raise Refused("foreign_archive")
            _check_members(stream, archive.infolist(), directory)
        except OSError:
            raise Refused("unreadable") from None
        except (zipfile.BadZipFile, EOFError, struct.error):
            raise Refused("damaged_archive") from None
        except (RuntimeError, ValueError):
            raise Refused("foreign_archive") from None
        try:
            yield archive
        except (zipfile.BadZipFile, EOFError, zlib.error):  # met while a member is unpacked
            raise Refused("damaged_archive") from None


def is_sealed(path: Path) -> bool:
    """Whether a file is encrypted with age, whatever its name says."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as stream:
            return stream.read(len(_AGE)) == _AGE
    except OSError:
        return False


def _frame(stream: BinaryIO) -> tuple[int, int]:
    """Where the central directory starts, and how many members it has; in bounded memory."""
    size = stream.seek(0, 2)
    if size > LARGEST_FILE:
        raise Refused("file_too_large")
    if size < _END.size:
        raise Refused("not_a_bundle")
    stream.seek(0)
    if stream.read(len(_AGE)) == _AGE:
        raise Refused("encrypted_file")
    stream.seek(size - _END.size)
    signature, disk, start_disk, here, total, length, start, comment = _END.unpack(stream.read())
    stream.seek(0)
    if signature != b"PK\5\6" or comment or stream.read(4) != b"PK\3\4":
        raise Refused("data_around_the_archive")
    if disk or start_disk or here != total:
        raise Refused("foreign_archive")
    if total > MOST_MEMBERS:
        raise Refused("too_many_members")
    if start + length != size - _END.size:
        raise Refused("data_around_the_archive")
    return int(start), int(total)


def _check_members(stream: BinaryIO, infos: list[zipfile.ZipInfo], directory: int) -> None:
    names: set[str] = set()
    total = 0
    for number, info in enumerate(infos, start=1):
        ours = is_member_name(info.orig_filename)
        label = info.orig_filename if ours else f"member {number}"
        for broken, rule in (
            (_is_path_trick(info.orig_filename), "path_trick"),
            ((info.external_attr >> 16) & _KIND == _LINK, "link"),
            (info.filename.casefold() in names, "duplicate_member"),
            (not ours or info.filename != info.orig_filename, "foreign_member"),
            (info.flag_bits & 1, "encrypted_member"),
            (info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits, "foreign_archive"),
            (not _is_plain(info), "foreign_metadata"),
            (info.extra or info.comment, "data_around_the_archive"),
            (info.file_size > _largest(info.filename), "member_too_large"),
            (_ratio(info) > HIGHEST_RATIO, "compression_ratio"),
        ):
            if broken:
                raise Refused(rule, label)
        names.add(info.filename.casefold())
        total += info.file_size
    if total > LARGEST_TOTAL:
        raise Refused("total_too_large")
    if not infos or infos[0].filename != MANIFEST:
        raise Refused("manifest_is_not_first")
    _check_layout(stream, infos, directory)


def _check_layout(stream: BinaryIO, infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Members lie end to end and their local headers agree with the directory."""
    expected = 0
    for info in infos:
        if info.header_offset != expected:
            raise Refused("data_around_the_archive", info.filename)
        stream.seek(expected)
        name = info.filename.encode()
        header = _LOCAL.pack(
            b"PK\3\4", _VERSION, info.flag_bits, info.compress_type, 0, _DOS_DATE, info.CRC,
            info.compress_size, info.file_size, len(name), 0,
        ) + name  # fmt: skip
        if stream.read(len(header)) != header:
            raise Refused("headers_disagree", info.filename)
        expected += len(header) + info.compress_size
    if expected != directory:
        raise Refused("data_around_the_archive")


def check_stream(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Refuse a member whose compressed bytes hold more than its content.

    Who unpacks a member stops where it should be complete, and sees nothing of what follows.
    """
    stream = archive.fp
    assert stream is not None
    stream.seek(info.header_offset + _LOCAL.size + len(info.filename))
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    data, left, size = b"", info.compress_size, 0
    while not unpacker.eof and size <= info.file_size:
        if not data:
            data = stream.read(min(_CHUNK, left))
            left -= len(data)
        made = unpacker.decompress(data, _CHUNK)
        data = unpacker.unconsumed_tail
        size += len(made)
        if not (made or data):
            break
    if left or unpacker.unused_data or size > info.file_size:
        raise Refused("data_around_the_archive", info.filename)
    if not unpacker.eof:
        raise Refused("damaged_archive", info.filename)


def _is_plain(info: zipfile.ZipInfo) -> bool:
    """Whether a member's metadata is what `bundle.assembly` writes for every one of them."""
    return (
        info.date_time == _EPOCH
        and info.create_system == _UNIX
        and info.create_version == info.extract_version == _VERSION
        and (info.external_attr, info.internal_attr) == (_PRIVATE_FILE, 0)
        and (info.reserved, info.volume) == (0, 0)
    )


def is_member_name(name: str) -> bool:
    """Whether a bundle may have a member of that name."""
    return name in (MANIFEST, README, SUMMARY) or CAPTURE_MEMBER.fullmatch(name) is not None


def _is_path_trick(name: str) -> bool:
    """Absolute, climbing, of another system, or a folder; such names are written by attackers."""
    return (
        name.startswith(("/", "~"))
        or name.endswith("/")
        or any(sign in name for sign in "\\:\0")
        or any(part in ("", ".", "..") for part in name.split("/"))
    )


def _largest(name: str) -> int:
    return LARGEST_MEMBER if name.startswith("captures/") else LARGEST_DOCUMENT


def _ratio(info: zipfile.ZipInfo) -> float:
    return 0 if info.file_size <= RATIO_FREE else info.file_size / max(1, info.compress_size)
