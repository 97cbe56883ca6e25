"""Chosen parts → a bundle in memory: members, manifest, and the bytes of a zip.

Equal parts give equal bytes. Nothing is checked here; `bundle.create` does that.
Invariant: no name, date, attribute or comment in the archive comes from this machine.
"""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

import pawwork_proxy
from pawwork_proxy.bundle.selection import (
    COMPRESSION_LEVEL,
    ChosenCapture,
    LineOf,
    Record,
    count_that_fits,
    newest,
)
from pawwork_proxy.bundle.support_view import SupportRows
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import StubReason
from pawwork_proxy.model.context import Platform
from pawwork_proxy.model.manifest import (
    MANIFEST,
    MOST_CAPTURES,
    README,
    README_TEXT,
    SUMMARY,
    BundledFile,
    Check,
    CheckName,
    Cut,
    Manifest,
    Summary,
    SupportRow,
    Window,
    content_hash,
)
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.verification.leak_rules import RULES_VERSION

DEFAULT_LIMIT = 5 * 1024 * 1024
_MARGIN = 0.98  # aim below the limit: how well the rest compresses is not known before
_Kind = TypeVar("_Kind", Kind, StubReason)
_CHECKS: tuple[CheckName, ...] = ("limits", "hashes", "schema", "own-rules", "known-secrets")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PRIVATE_FILE = 0o100600 << 16  # a regular file with mode 0600, where a zip keeps Unix modes
_UNIX = 3  # the system whose modes these are


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


@dataclass(frozen=True)
class Assembled:
    """A bundle in memory, not yet checked."""

    manifest: Manifest
    members: tuple[Member, ...]
    data: bytes
    """The zip."""
    samples: tuple[bytes, ...]
    """The newest record of each outcome, exactly as it is in there."""
    parts: tuple[ChosenCapture, ...]
    """What the captures in it were made of, in their order."""

    @property
    def content_hash(self) -> str:
        """What both sides compare."""
        return content_hash((member.name, member.sha256) for member in self.members)

    @property
    def words(self) -> list[str]:
        """Names of installs and networks: the only words in it that a person chose."""
        return sorted({word for part in self.parts for word in part.words()})


def assemble(
    parts: Sequence[ChosenCapture],
    platform: Platform,
    created_at: datetime,
    limit: int = DEFAULT_LIMIT,
    unlinkable: LineOf | None = None,
) -> Assembled:
    """The bundle of `parts`, cut to `limit` bytes of zip; equal arguments give equal bytes.

    `unlinkable` is what wrote the lines of the parts, unless that was the ordinary way.
    Raises ConfigurationError when there is nothing to put in or no record fits.
    """
    if not parts:
        raise ConfigurationError(
            "no record is chosen", "widen the time, the installs or the outcomes"
        )
    if len(parts) > MOST_CAPTURES:
        raise ConfigurationError(
            f"a bundle holds {MOST_CAPTURES} captures at most", "choose by time with --since"
        )
    count = count_that_fits(parts, limit)
    while count:
        built = _build(parts, newest(parts, count), platform, created_at, limit, unlinkable)
        if len(built.data) <= limit:
            return built
        # The manifest has its size too, and what compresses how well is not known before.
        count = min(count - 1, int(count * limit / len(built.data) * _MARGIN))
    raise ConfigurationError(
        f"not one record fits into {limit} bytes", "allow more with --max-size"
    )


def _build(
    parts: Sequence[ChosenCapture],
    kept: Sequence[ChosenCapture],
    platform: Platform,
    created_at: datetime,
    limit: int,
    unlinkable: LineOf | None,
) -> Assembled:
    records = [record for part in kept for record in part.records]
    together = SupportRows[SupportRow]()
    for record in records:
        if record.row is not None:
            together.add(record.row)
    summary = Summary(rows=together.rows())
    members = [  # by name; the manifest goes before them
        Member(README, (README_TEXT.encode(),)),
        *(
            Member(f"captures/{number:04}.jsonl", part.pieces(), len(part.records))
            for number, part in enumerate(kept, start=1)
        ),
        Member(SUMMARY, ((unlinkable or line_of)(summary),)),
    ]
    redacted: Counter[str] = Counter()
    for record in records:
        for rule, count in record.redactions:
            redacted[rule] += count
    manifest = Manifest(
        bundle_id=content_hash((member.name, member.sha256) for member in members)[:16],
        created_at=created_at.replace(second=0, microsecond=0),
        tool_version=pawwork_proxy.__version__,
        os=platform.os,
        arch=platform.arch,
        python=".".join(platform.python.split(".")[:2]),
        simulated=any(part.header.simulated for part in kept),
        unlinkable=unlinkable is not None,
        records=len(records),
        window=Window(
            first=min(record.at for record in records), last=max(record.at for record in records)
        ),
        outcomes=_counted(one.outcome for one in records),
        suppressed=_counted(one.suppressed for one in records),
        lost=sum(part.lost for part in kept),
        observed_in_part=sum(one.observed_in_part for one in records) or None,
        damaged_lines=sum(part.damaged for part in parts),
        redacted=dict(sorted(redacted.items())),
        cut=_cut(parts, kept, limit),
        files=tuple(
            BundledFile(name=one.name, size=one.size, sha256=one.sha256, records=one.records)
            for one in members
        ),
        checks=tuple(Check(name=name, version=RULES_VERSION) for name in _CHECKS),
    )
    members.insert(0, Member(MANIFEST, (line_of(manifest),)))
    return Assembled(manifest, tuple(members), zip_bytes(members), _samples(records), tuple(kept))


def _counted(kinds: Iterable[_Kind | None]) -> dict[_Kind, int]:
    """How often each is there, by name."""
    return dict(sorted(Counter(kind for kind in kinds if kind).items()))


def _cut(parts: Sequence[ChosenCapture], kept: Sequence[ChosenCapture], limit: int) -> Cut | None:
    staying = {id(record) for part in kept for record in part.records}
    gone = [one.at for part in parts for one in part.records if id(one) not in staying]
    return Cut(records=len(gone), up_to=max(gone), limit_bytes=limit) if gone else None


def _samples(records: Sequence[Record]) -> tuple[bytes, ...]:
    newest: dict[str, Record] = {}
    for record in sorted(records, key=lambda one: (one.at, one.seq)):
        bare = "interrupted" if record.seq else "connection"
        newest[str(record.outcome or record.suppressed or bare)] = record
    return tuple(newest[kind].line for kind in sorted(newest))


def zip_bytes(members: Sequence[Member]) -> bytes:
    """The archive of `members`, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=COMPRESSION_LEVEL) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _PRIVATE_FILE
            with archive.open(info, "w") as stream:
                for piece in member.pieces:
                    stream.write(piece)
    return buffer.getvalue()
