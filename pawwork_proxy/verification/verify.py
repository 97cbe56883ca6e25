"""Checks a bundle as a stranger would: limits, hashes, schema, scan. Runs on its own.

`python -m pawwork_proxy.verification.verify FILE` prints one JSON object and exits 0 or 4. `bundle
create` runs it in a process of its own on the finished file and hands nothing out without its
consent; the receiver runs it again.
Invariant: imports no recorder, no proxy and nothing of redaction; findings hold no content.
"""

import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pawwork_proxy.errors import BundleError
from pawwork_proxy.logs import guard_stderr
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import LINE, End, Header, Opened, Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection
from pawwork_proxy.model.manifest import (
    MANIFEST,
    README,
    README_TEXT,
    SUMMARY,
    Manifest,
    Summary,
    content_hash,
)
from pawwork_proxy.verification.opening import Refused, opened_bundle
from pawwork_proxy.verification.scan import Finding, Scan

MOST_FINDINGS = 20
LONGEST_LINE = 4 * 1024 * 1024
"""As in a capture; a longer line is no record of ours."""

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""
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
        self.digests: dict[str, str] = {}
        self._archive = archive
        self._progress = progress
        self._scan = Scan()
        self._records: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._suppressed: Counter[str] = Counter()
        self._in_part = 0
        self._simulated = False
        self._done = 0
        self._total = sum(info.file_size for info in archive.infolist())

    def findings(self) -> Iterator[Finding]:
        """What is wrong with any member, then what the manifest says otherwise."""
        for info in self._archive.infolist():
            if info.filename == MANIFEST:
                self.manifest = yield from self._document(MANIFEST, Manifest)
            elif info.filename == SUMMARY:
                yield from self._document(SUMMARY, Summary)
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
            if line_of(line) != raw and not _says_the_same(raw):
                yield Finding(rule="not_canonical", member=member, line=number)
            yield from self._scanned(member, number, raw)
            self._records[member] += isinstance(line, Exchange | Stub | Opened | Connection)
            ended = isinstance(line, End)
            match line:
                case Exchange():
                    self._outcomes[line.outcome.kind] += 1
                    self._in_part += line.signals.unobserved is not None
                case Stub():
                    self._suppressed[line.reason] += 1
                case Header():
                    self._simulated |= line.simulated
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
        counted = (
            self._records.total(), self._outcomes, self._suppressed, self._in_part,
            self._simulated,
        )  # fmt: skip
        stated = (
            manifest.records, Counter(manifest.outcomes), Counter(manifest.suppressed),
            manifest.observed_in_part or 0, manifest.simulated,
        )  # fmt: skip
        if counted != stated:
            yield Finding(rule="count_differs", member=MANIFEST)


def _says_the_same(raw: bytes) -> bool:
    """Whether a line that another version wrote differently hides nothing, such as a name twice."""
    objects: list[list[tuple[str, object]]] = []
    json.loads(raw, object_pairs_hook=objects.append)
    return all(len(dict(pairs)) == len(pairs) for pairs in objects)


def main(arguments: list[str]) -> int:
    """Verify the one file named, print the result as JSON; 0 or BundleError's exit code."""
    result = verify(Path(arguments[0]))
    sys.stdout.write(result.model_dump_json(exclude_none=True) + "\n")
    return 0 if result.ok else BundleError.exit_code


if __name__ == "__main__":
    guard_stderr()
    sys.exit(main(sys.argv[1:]))
