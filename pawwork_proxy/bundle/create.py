"""Builds a bundle, has it checked, and only then gives it its name.

`assemble` makes the members in memory; `write` puts them into a private temporary file beside the
target, searches it for this machine's own secrets, has `verification.verify` look at the file in a
process of its own, and renames it. Without that process's consent there is no bundle.
Invariant: whatever fails, no file is left; a refusal names place and rule, never what was found.
"""

import contextlib
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

import pawwork_proxy
from pawwork_proxy.bundle.archive import Member, zip_bytes
from pawwork_proxy.bundle.own_secrets import OwnSecret, search
from pawwork_proxy.bundle.refusal import refusal
from pawwork_proxy.bundle.sealing import ENDING, Seal
from pawwork_proxy.bundle.selection import LineOf, Part, Record, count_that_fits, newest
from pawwork_proxy.bundle.support_view import support_rows
from pawwork_proxy.errors import BundleError, ConfigurationError
from pawwork_proxy.model.base import line_of
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
    Window,
    content_hash,
)
from pawwork_proxy.verification.leak_rules import RULES_VERSION
from pawwork_proxy.verification.scan import Finding, Scan
from pawwork_proxy.verification.verify import Verification

DEFAULT_LIMIT = 5 * 1024 * 1024
VERIFY_WITHIN_S = 1800.0  # only a hang takes that long
_MARGIN = 0.98  # aim below the limit: how well the rest compresses is not known before
_CHECKS: tuple[CheckName, ...] = ("limits", "hashes", "schema", "own-rules", "known-secrets")
_FLAGS = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True)
class Assembled:
    """A bundle in memory, not yet checked."""

    manifest: Manifest
    summary: Summary
    members: tuple[Member, ...]
    data: bytes
    """The zip."""
    samples: tuple[bytes, ...]
    """The newest record of each outcome, exactly as it is in there."""
    words: tuple[str, ...]
    """Names of installs and networks: the only words in it that a person chose."""
    parts: tuple[Part, ...] = ()
    """What the captures in it were made of, in their order."""

    @property
    def content_hash(self) -> str:
        """What both sides compare."""
        return content_hash((member.name, member.sha256) for member in self.members)


def assemble(
    parts: Sequence[Part],
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
    total = sum(len(part.records) for part in parts)
    count = count_that_fits(parts, limit)
    while count:
        kept = parts if count == total else newest(parts, count)
        built = _build(parts, kept, platform, created_at, limit, unlinkable)
        if len(built.data) <= limit:
            return built
        # The manifest has its size too, and what compresses how well is not known before.
        count = min(count - 1, int(count * limit / len(built.data) * _MARGIN))
    raise ConfigurationError(
        f"not one record fits into {limit} bytes", "allow more with --max-size"
    )


def _build(
    parts: Sequence[Part],
    kept: Sequence[Part],
    platform: Platform,
    created_at: datetime,
    limit: int,
    unlinkable: LineOf | None,
) -> Assembled:
    records = [record for part in kept for record in part.records]
    summary = Summary(rows=support_rows(one.row for one in records if one.row is not None))
    members = [
        Member(README, (README_TEXT.encode(),)),
        Member(SUMMARY, ((unlinkable or line_of)(summary),)),
        *(
            Member(f"captures/{number:04}.jsonl", part.pieces(), len(part.records))
            for number, part in enumerate(kept, start=1)
        ),
    ]
    members.sort(key=lambda member: member.name)
    manifest = Manifest(
        bundle_id=content_hash((member.name, member.sha256) for member in members)[:16],
        created_at=created_at.replace(second=0, microsecond=0),
        tool_version=pawwork_proxy.__version__,
        os=platform.os,
        arch=platform.arch,
        python=".".join(platform.python.split(".")[:2]),
        simulated=any(part.simulated for part in kept),
        unlinkable=unlinkable is not None,
        records=len(records),
        window=Window(
            first=min(record.at for record in records), last=max(record.at for record in records)
        ),
        outcomes=dict(sorted(Counter(one.outcome for one in records if one.outcome).items())),
        suppressed=dict(
            sorted(Counter(one.suppressed for one in records if one.suppressed).items())
        ),
        lost=sum(part.lost for part in kept),
        observed_in_part=sum(one.observed_in_part for one in records) or None,
        damaged_lines=sum(part.damaged for part in parts),
        redacted=_redacted(records),
        cut=_cut(parts, kept, limit),
        files=tuple(
            BundledFile(name=one.name, size=one.size, sha256=one.sha256, records=one.records)
            for one in members
        ),
        checks=tuple(Check(name=name, version=RULES_VERSION) for name in _CHECKS),
    )
    members.insert(0, Member(MANIFEST, (line_of(manifest),)))
    words = tuple(sorted({word for part in kept for word in part.words}))
    return Assembled(
        manifest,
        summary,
        tuple(members),
        zip_bytes(members),
        _samples(records),
        words,
        tuple(kept),
    )


def _redacted(records: Sequence[Record]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in records:
        for rule, count in record.redactions:
            counts[rule] += count
    return dict(sorted(counts.items()))


def _cut(parts: Sequence[Part], kept: Sequence[Part], limit: int) -> Cut | None:
    staying = {id(record) for part in kept for record in part.records}
    gone = [one.at for part in parts for one in part.records if id(one) not in staying]
    return Cut(records=len(gone), up_to=max(gone), limit_bytes=limit) if gone else None


def _samples(records: Sequence[Record]) -> tuple[bytes, ...]:
    newest: dict[str, Record] = {}
    for record in sorted(records, key=lambda one: (one.at, one.seq)):
        newest[str(record.outcome or record.suppressed or "interrupted")] = record
    return tuple(newest[kind].line for kind in sorted(newest))


def bundle_name(created_at: datetime) -> str:
    """A name that says when and nothing else; its digits are random."""
    return f"pawwork-support-{created_at:%Y-%m-%d}-{secrets.token_hex(4)}.zip"


def refuse_unshowable(bundle: Assembled, own: Sequence[OwnSecret]) -> None:
    """Check the lines that a preview shows, before it shows them; raises BundleError."""
    shown = {*bundle.samples, *(member.pieces[0] for member in bundle.members)}
    for member in bundle.members:
        if member.name == README:
            continue
        pieces = tuple(piece if piece in shown else b"\n" for piece in member.pieces)
        scan = Scan()
        for number, piece in enumerate(pieces, start=1):
            _refuse(scan.line(member.name, number, piece.decode()), bundle)
        _refuse(search(own, [Member(member.name, pieces)]), bundle)


def write(
    bundle: Assembled,
    folder: Path,
    own: Sequence[OwnSecret],
    say: Callable[[str], None] = lambda _: None,
    seal: Seal | None = None,
) -> Path:
    """Check the bundle as a finished file and put it into `folder`; `say` is told each step.

    A folder that is missing is made, and stays only with the bundle in it.

    With `seal` it is encrypted once it is checked, and only that is kept. Raises BundleError, and
    leaves no file, when any check finds something or any step fails.
    """
    kept = False
    is_new = not folder.exists()
    target = folder / bundle_name(bundle.manifest.created_at)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    sealed = draft.with_name(draft.name + ENDING)
    try:
        say("writing")
        folder.mkdir(parents=True, exist_ok=True)
        _write_draft(draft, bundle.data)
        say("searching for this machine's own secrets")
        _refuse(search(own, bundle.members), bundle)
        say("checking the finished file in a separate process")
        _require_consent(verified_apart(draft), bundle)
        if seal is not None:
            say("encrypting")
            _write_draft(sealed, seal(bundle.data))
            target = target.with_name(target.name + ENDING)
        os.replace(sealed if seal else draft, target)  # noqa: PTH105  as the rules for files say
        _sync_folder(folder)
        kept = True
    except OSError as error:
        raise BundleError(
            f"the bundle cannot be written into {folder}: {type(error).__name__}",
            "choose a folder you may write to with --out",
        ) from None
    finally:
        for path in (draft, sealed) if kept else (draft, sealed, target):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if is_new and not kept:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return target


def _write_draft(draft: Path, data: bytes) -> None:
    with os.fdopen(os.open(draft, _FLAGS, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable where folders can be synced."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def verified_apart(path: Path) -> Verification:
    """What `verification.verify` says of a file, in a process that knows nothing but the file."""
    source = str(Path(pawwork_proxy.__file__).resolve().parent.parent)
    try:
        finished = subprocess.run(  # noqa: S603  this very Python and our own module
            [sys.executable, "-P", "-m", "pawwork_proxy.verification.verify", str(path.absolute())],
            env=os.environ | {"PYTHONPATH": source},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERIFY_WITHIN_S,
            check=False,
        )
        result = Verification.model_validate_json(finished.stdout)
    except (OSError, subprocess.SubprocessError, ValidationError) as error:
        raise BundleError(
            f"the finished bundle could not be checked: {type(error).__name__}",
            "nothing was written; try again",
        ) from None
    if result.ok is not (finished.returncode == 0):
        raise BundleError("the check of the finished bundle contradicts itself")
    return result


def _require_consent(result: Verification, bundle: Assembled) -> None:
    """Positive proof: this very content was looked at, and nothing was found."""
    _refuse(next(iter(result.findings), None), bundle)
    if not result.ok or result.content_hash != bundle.content_hash:
        raise BundleError("the check of the finished bundle did not see what was built")


def _refuse(finding: Finding | None, bundle: Assembled) -> None:
    if finding is not None:
        raise refusal(finding, bundle.parts)
