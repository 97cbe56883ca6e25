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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pawwork_proxy.errors import BundleError
from pawwork_proxy.logs import guard_stderr
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import LINE, End, Header, Opened, Stub
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.manifest import (
    MANIFEST,
    README,
    README_TEXT,
    SUMMARY,
    Manifest,
    Summary,
    content_hash,
)
from pawwork_proxy.verification.finding import Finding
from pawwork_proxy.verification.opening import Refused, checked_archive
from pawwork_proxy.verification.scan import Scan

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


class _Stop(Exception):
    """Ends a check that has found enough."""


def verify(path: Path, progress: Progress = lambda *_: None) -> Verification:
    """Everything that is wrong with the bundle at `path`, as far as it is safe to look."""
    findings: list[Finding] = []
    try:
        with checked_archive(path) as archive:
            return _Inspection(archive, findings, progress).run()
    except Refused as refused:
        return Verification(ok=False, findings=(*findings, refused.finding))


class _Inspection:
    """One pass over the members of an archive that is within its limits."""

    def __init__(
        self, archive: zipfile.ZipFile, findings: list[Finding], progress: Progress
    ) -> None:
        self._archive = archive
        self._findings = findings
        self._progress = progress
        self._scan = Scan()
        self._digests: dict[str, str] = {}
        self._records: dict[str, int] = {}
        self._outcomes: Counter[str] = Counter()
        self._suppressed: Counter[str] = Counter()
        self._in_part = 0
        self._simulated = False
        self._done = 0
        self._total = sum(info.file_size for info in archive.infolist())

    def run(self) -> Verification:
        """Inspect every member, then compare with the manifest."""
        manifest: Manifest | None = None
        try:
            for info in self._archive.infolist():
                if info.filename == MANIFEST:
                    manifest = self._document(MANIFEST, Manifest)
                elif info.filename == SUMMARY:
                    self._document(SUMMARY, Summary)
                elif info.filename == README:
                    if self._whole(README) != README_TEXT.encode():
                        self._found("foreign_text", README)
                else:
                    self._capture(info.filename)
            if manifest is not None:
                self._compare(manifest)
        except _Stop:
            pass
        return Verification(
            ok=not self._findings,
            content_hash=content_hash(self._digests.items()) if not self._findings else None,
            findings=tuple(self._findings),
            manifest=None if self._findings else manifest,
        )

    def _found(self, rule: str, member: str, line: int | None = None) -> None:
        self._findings.append(Finding(rule=rule, member=member, line=line))
        if len(self._findings) >= MOST_FINDINGS:
            raise _Stop

    def _whole(self, member: str) -> bytes:
        data = self._archive.read(member)
        self._digests[member] = hashlib.sha256(data).hexdigest()
        self._records[member] = 0
        self._advance(len(data))
        return data

    def _document(self, member: str, schema: type[_Document]) -> _Document | None:
        """A JSON member of a closed schema, scanned like any record."""
        data = self._whole(member)
        try:
            document = schema.model_validate_json(data)
        except ValidationError:
            self._found("schema", member)
            return None
        if line_of(document) != data:
            self._found("not_canonical", member)
        self._scan_line(member, 1, data)
        return document

    def _capture(self, member: str) -> None:
        digest = hashlib.sha256()
        records = 0
        ended = False
        number = 0
        for number, raw in enumerate(self._lines(member), start=1):
            digest.update(raw)
            try:
                line = LINE.validate_json(raw)
            except ValidationError:
                self._found("schema", member, number)
                continue
            if (number == 1) is not isinstance(line, Header) or ended:
                self._found("order_of_lines", member, number)
            if line_of(line) != raw and not _says_the_same(raw):
                self._found("not_canonical", member, number)
            self._scan_line(member, number, raw)
            records += isinstance(line, Exchange | Stub | Opened)
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
            self._found("empty_member", member)
        self._digests[member] = digest.hexdigest()
        self._records[member] = records

    def _lines(self, member: str) -> Iterator[bytes]:
        with self._archive.open(member) as stream:
            while raw := stream.readline(LONGEST_LINE):
                if not raw.endswith(b"\n"):
                    raise Refused("line_too_long" if len(raw) == LONGEST_LINE else "torn", member)
                self._advance(len(raw))
                yield raw

    def _scan_line(self, member: str, number: int, raw: bytes) -> None:
        try:
            finding = self._scan.line(member, number, raw.decode())
        except ValueError:  # no UTF-8, or an escape that JSON does not know
            self._found("schema", member, number)
            return
        if finding is not None:
            self._found(finding.rule, finding.member, finding.line)

    def _advance(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._total)

    def _compare(self, manifest: Manifest) -> None:
        """Members and manifest match one to one, and its counts are what was counted here."""
        listed = {file.name: file for file in manifest.files}
        present = {name for name in self._digests if name != MANIFEST}
        if len(listed) != len(manifest.files):
            self._found("listed_twice", MANIFEST)
        for name in sorted(listed.keys() - present):
            self._found("member_missing", name)
        for name in sorted(present - listed.keys()):
            self._found("member_not_listed", name)
        for name in sorted(present & listed.keys()):
            file = listed[name]
            if file.sha256 != self._digests[name]:
                self._found("hash_differs", name)
            elif file.size != self._archive.getinfo(name).file_size:
                self._found("size_differs", name)
            elif file.records != self._records[name]:
                self._found("count_differs", name)
        counted = (
            sum(self._records.values()), self._outcomes, self._suppressed, self._in_part,
            self._simulated,
        )  # fmt: skip
        stated = (
            manifest.records, Counter(manifest.outcomes), Counter(manifest.suppressed),
            manifest.observed_in_part or 0, manifest.simulated,
        )  # fmt: skip
        if counted != stated:
            self._found("count_differs", MANIFEST)


def _says_the_same(raw: bytes) -> bool:
    """Whether a line that another version wrote differently hides nothing, such as a name twice."""
    twice = False

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        twice = twice or len({name for name, _ in pairs}) != len(pairs)
        return dict(pairs)

    json.loads(raw, object_pairs_hook=unique)
    return not twice


def main(arguments: list[str]) -> int:
    """Verify the one file named, print the result as JSON; 0 or BundleError's exit code."""
    result = verify(Path(arguments[0]))
    sys.stdout.write(result.model_dump_json(exclude_none=True) + "\n")
    return 0 if result.ok else BundleError.exit_code


if __name__ == "__main__":
    guard_stderr()
    sys.exit(main(sys.argv[1:]))
