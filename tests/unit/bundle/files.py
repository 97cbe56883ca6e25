"""Captures on disk, bundles in memory, and archives that nobody should accept."""

import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pawwork_proxy.bundle.assembly import Assembled, Member, assemble, zip_bytes
from pawwork_proxy.bundle.selection import Choice, choose
from pawwork_proxy.bundle.support_view import SupportRows, meeting_of
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import End
from pawwork_proxy.model.context import Platform
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.manifest import (
    MANIFEST,
    README,
    README_TEXT,
    SUMMARY,
    BundledFile,
    Manifest,
    Summary,
    content_hash,
)
from pawwork_proxy.model.support import Meeting
from pawwork_proxy.outcomes.rules import judge
from tests.unit.builders import NOON, exchange, header

CREATED = datetime(2026, 11, 25, 9, 30, 41, tzinfo=UTC)
PLATFORM = Platform(os="linux", os_release="6.1", arch="x86_64", python="3.13.0")
END = End(at=NOON, exchanges=1, reason="finished")


def at(minutes: float) -> Timing:
    return Timing(started_at=NOON + timedelta(minutes=minutes), total_ms=12.5)


def saying(model: str, seq: int = 1) -> Exchange:
    """A record that holds `model`, whatever it is, where a model id belongs."""
    plain = exchange(seq)
    return plain.model_copy(update={"request": plain.request.model_copy(update={"model": model})})


def written(path: Path, *nouns: Noun) -> Path:
    path.write_bytes(b"".join(map(line_of, nouns)))
    return path


def capture(folder: Path, *nouns: Noun, **changes: Any) -> Path:
    """A capture of these lines with a header and an end."""
    lines = nouns or (exchange(),)
    return written(folder / "capture-x.jsonl", header(**changes), *lines, END)


def assembled(paths: Iterable[Path], choice: Choice | None = None, **options: Any) -> Assembled:
    parts = choose(capture_sources(paths), choice or Choice())
    return assemble(parts, PLATFORM, CREATED, **options)


def bundle_file(folder: Path, *nouns: Noun, **changes: Any) -> Path:
    """A whole bundle that no check has seen."""
    made = assembled([capture(folder, *nouns, **changes)])
    path = folder / "bundle.zip"
    path.write_bytes(made.data)
    return path


def forged(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with other members, and a manifest that agrees with them."""
    with zipfile.ZipFile(path) as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    change(data)
    manifest = Manifest.model_validate_json(data.pop(MANIFEST))
    records = {file.name: file.records for file in manifest.files}
    members = [Member(name, (content,), records.get(name, 0)) for name, content in data.items()]
    files = tuple(
        BundledFile(name=one.name, size=one.size, sha256=one.sha256, records=one.records)
        for one in members
    )
    bundle_id = content_hash((one.name, one.sha256) for one in members)[:16]
    agreed = manifest.model_copy(update={"files": files, "bundle_id": bundle_id})
    path.write_bytes(zip_bytes([Member(MANIFEST, (line_of(agreed),)), *members]))
    return path


def support_rows(exchanges: Iterable[Exchange]) -> tuple[Meeting, ...]:
    """The support view of these exchanges."""
    together = SupportRows[Meeting]()
    for one in exchanges:
        together.add(meeting_of(one, judge(one.signals), header()))
    return together.rows()


def raw_zip(path: Path, members: Sequence[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    """An archive whose metadata is ours, but for members given as a whole."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(plain_info(name) if isinstance(name, str) else name, data)
    return path


def plain_info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o100600 << 16
    return info


MEMBERS = [
    (README, README_TEXT.encode()),
    (SUMMARY, line_of(Summary(rows=()))),
    ("captures/0001.jsonl", line_of(header()) + line_of(exchange())),
]
