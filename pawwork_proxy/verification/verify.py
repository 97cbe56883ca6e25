"""Checks a bundle as a stranger would: limits, hashes, schema, scan. Runs on its own.

`python -m pawwork_proxy.verification.verify FILE` prints one JSON object and exits 0 or 4. `bundle
create` runs it in a process of its own on the finished file and hands nothing out without its
consent; the receiver runs it again.
Invariant: imports no recorder, no proxy and nothing of redaction; findings hold no content.
"""

import hashlib
import sys
import zipfile
from collections import Counter
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from pawwork_proxy.errors import BundleError
from pawwork_proxy.logs import guard_stderr
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import LINE, CaptureLine, End, Header
from pawwork_proxy.model.manifest import (
    MANIFEST,
    README,
    README_TEXT,
    SUMMARY,
    Manifest,
    Summary,
    content_hash,
)
from pawwork_proxy.verification.findings import Finding, Progress
from pawwork_proxy.verification.opening import Refused, check_stream, opened_bundle
from pawwork_proxy.verification.scan import Scan
from pawwork_proxy.verification.tally import Tally

MOST_FINDINGS = 20
LONGEST_LINE = 4 * 1024 * 1024
"""As in a capture; a longer line is no record of ours."""

_Document = TypeVar("_Document", Manifest, Summary)


class Verification(Noun):
    """The result of a verification; `manifest` is None when there is none to trust."""

    ok: bool
    content_hash: str | None = None
    findings: tuple[Finding, ...] = ()
    manifest: Manifest | None = None


def verify(path: Path, progress: Progress = lambda *_: None) -> Verification:
    """Everything that is wrong with the bundle at `path`, as far as it is safe to look."""
    findings: list[Finding] = []
    try:
        with opened_bundle(path) as archive:
            inspection = _Inspection(archive, progress)
            for finding in islice(inspection.findings(), MOST_FINDINGS):
                findings.append(finding)
    except Refused as refused:
        findings.append(refused.finding)
    if findings:
        return Verification(ok=False, findings=tuple(findings))
    hashed = content_hash(inspection.digests.items())
    return Verification(ok=True, content_hash=hashed, manifest=inspection.manifest)


class _Inspection:
    """One pass over the members of an archive that is within its limits."""

    def __init__(self, archive: zipfile.ZipFile, progress: Progress) -> None:
        self.manifest: Manifest | None = None
        self.summary: Summary | None = None
        self.digests: dict[str, str] = {}
        self._archive = archive
        self._progress = progress
        self._scan = Scan()
        self._records: Counter[str] = Counter()
        self._tally = Tally()
        self._done = 0
        self._total = sum(info.file_size for info in archive.infolist())

    def findings(self) -> Iterator[Finding]:
        """What is wrong with any member, then what the manifest says otherwise."""
        for info in self._archive.infolist():
            check_stream(self._archive, info)
            if info.filename == MANIFEST:
                self.manifest = yield from self._document(MANIFEST, Manifest)
            elif info.filename == SUMMARY:
                self.summary = yield from self._document(SUMMARY, Summary)
            elif info.filename == README:
                if self._whole(README) != README_TEXT.encode():
                    yield Finding(rule="foreign_text", member=README)
            else:
                yield from self._capture(info.filename)
        if self.manifest is not None:
            yield from self._compared_with(self.manifest)

    def _whole(self, member: str) -> bytes:
        data = self._archive.read(member)
        self.digests[member] = hashlib.sha256(data).hexdigest()
        self._advance(len(data))
        return data

    def _document(
        self, member: str, schema: type[_Document]
    ) -> Generator[Finding, None, _Document | None]:
        """A JSON member of a closed schema, scanned like any record."""
        data = self._whole(member)
        try:
            document = schema.model_validate_json(data)
        except ValidationError:
            yield Finding(rule="schema", member=member)
            return None
        if line_of(document) != data:
            yield Finding(rule="not_canonical", member=member)
        yield from self._scanned(member, 1, data)
        return document

    def _capture(self, member: str) -> Iterator[Finding]:
        digest = hashlib.sha256()
        ended = False
        number = 0
        for number, raw in enumerate(self._lines(member), start=1):
            digest.update(raw)
            try:
                line = LINE.validate_json(raw)
            except ValidationError:
                yield Finding(rule="schema", member=member, line=number)
                continue
            if (number == 1) is not isinstance(line, Header) or ended:
                yield Finding(rule="order_of_lines", member=member, line=number)
            if line_of(line) != raw and not _says_the_same(raw, line):
                yield Finding(rule="not_canonical", member=member, line=number)
            yield from self._scanned(member, number, raw)
            before = self._tally.records
            self._tally.add(line)
            self._records[member] += self._tally.records - before
            ended = isinstance(line, End)
        if number == 0:
            yield Finding(rule="empty_member", member=member)
        self.digests[member] = digest.hexdigest()

    def _lines(self, member: str) -> Iterator[bytes]:
        with self._archive.open(member) as stream:
            while raw := stream.readline(LONGEST_LINE):
                if not raw.endswith(b"\n"):
                    raise Refused("line_too_long" if len(raw) == LONGEST_LINE else "torn", member)
                self._advance(len(raw))
                yield raw

    def _scanned(self, member: str, number: int, raw: bytes) -> Iterator[Finding]:
        try:
            finding = self._scan.line(member, number, raw.decode())
        except ValueError:  # no UTF-8, or an escape that JSON does not know
            finding = Finding(rule="schema", member=member, line=number)
        if finding is not None:
            yield finding

    def _advance(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._total)

    def _compared_with(self, manifest: Manifest) -> Iterator[Finding]:
        """Members and manifest match one to one, and its counts are what was counted here."""
        listed = {file.name: file for file in manifest.files}
        present = self.digests.keys() - {MANIFEST}
        if len(listed) != len(manifest.files):
            yield Finding(rule="listed_twice", member=MANIFEST)
        for name in sorted(listed.keys() - present):
            yield Finding(rule="member_missing", member=name)
        for name in sorted(present - listed.keys()):
            yield Finding(rule="member_not_listed", member=name)
        for name in sorted(present & listed.keys()):
            file = listed[name]
            if file.sha256 != self.digests[name]:
                yield Finding(rule="hash_differs", member=name)
            elif file.size != self._archive.getinfo(name).file_size:
                yield Finding(rule="size_differs", member=name)
            elif file.records != self._records[name]:
                yield Finding(rule="count_differs", member=name)
        size = sum(info.compress_size for info in self._archive.infolist())
        for field in self._tally.wrong_in_manifest(manifest, size):
            yield Finding(rule=f"wrong_{field}", member=MANIFEST)
        if manifest.bundle_id != content_hash(self._members())[:16]:
            yield Finding(rule="wrong_bundle_id", member=MANIFEST)
        if self.summary and not self._tally.agrees(self.summary, manifest.tool_version):
            yield Finding(rule="wrong_rows", member=SUMMARY)

    def _members(self) -> Iterator[tuple[str, str]]:
        return ((name, digest) for name, digest in self.digests.items() if name != MANIFEST)


def _says_the_same(raw: bytes, line: CaptureLine) -> bool:
    """Whether a line that another version wrote differently hides nothing.

    White space, escapes and a name twice are gone once it is written again as it was read; what it
    spells out beyond our own line of it can only be empty.
    """
    read = from_json(raw)
    return to_json(read) + b"\n" == raw and _agree(read, from_json(line_of(line)))


def _agree(theirs: object, ours: object) -> bool:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return all(_agree(value, ours.get(name)) for name, value in theirs.items())
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(_agree, theirs, ours))
    return theirs == ours or (ours is None and not theirs)


def main(arguments: list[str]) -> int:
    """Verify the one file named, print the result as JSON; 0 or BundleError's exit code."""
    result = verify(Path(arguments[0]))
    sys.stdout.write(result.model_dump_json(exclude_none=True) + "\n")
    return 0 if result.ok else BundleError.exit_code


if __name__ == "__main__":
    guard_stderr()
    sys.exit(main(sys.argv[1:]))
