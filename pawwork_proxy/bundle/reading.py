"""Captures wherever they are: files, folders, patterns, and inside bundles.

Invariant: nothing of a bundle is read before `bundle.verify` has found it in order, and nothing is
unpacked to disk.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

from pawwork_proxy.bundle.manifest import CAPTURE_MEMBER
from pawwork_proxy.bundle.opening import opened_bundle
from pawwork_proxy.bundle.verify import Progress, verify
from pawwork_proxy.capture_file.reader import Capture, capture_from
from pawwork_proxy.errors import BundleError, CaptureFormatError

_CAPTURES, _BUNDLES = "*.jsonl", "pawwork-support-*.zip"


class CaptureSource(NamedTuple):
    """One capture to read: its name for people, its size, and how to open it."""

    path: Path
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]
    plain: bool = False
    """It is the file at `path` itself, so that others may read it by its name."""


def read_captures(paths: Iterable[Path], checking: Progress = lambda *_: None) -> list[Capture]:
    """The captures at `paths`: files, folders of them, patterns (`*.jsonl`), bundles (`.zip`).

    `checking` is told how far the check of a bundle is. Raises CaptureFormatError when a path names
    nothing readable, BundleError when a bundle is not in order.
    """
    captures = []
    for source in capture_sources(paths, checking):
        with source.open() as stream:
            captures.append(capture_from(source.path, stream))
    return captures


def capture_sources(
    paths: Iterable[Path], checking: Progress = lambda *_: None
) -> list[CaptureSource]:
    """The captures at `paths`, unread, each once.

    Raises CaptureFormatError when a path names nothing. Opening a source says what is wrong with
    it: CaptureFormatError, or BundleError for a bundle that is not in order.
    """
    sources: dict[Path, CaptureSource] = {}
    for path in paths:
        for file in _files(path):
            found = _in_bundle(file, checking) if _is_bundle(file) else [_on_disk(file)]
            sources |= {source.path: source for source in found}
    return list(sources.values())


def _is_bundle(file: Path) -> bool:
    return file.suffix.lower() == ".zip"


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(path.glob(_CAPTURES)) + sorted(path.glob(_BUNDLES))
    elif path.exists():
        files = [path]
    else:  # Windows' shells leave patterns to us
        files = [Path(name) for name in sorted(glob.glob(str(path)))]  # noqa: PTH207  may be absolute
    if not files:
        raise CaptureFormatError(
            f"there is no capture at {path}", "name a capture, a folder of captures, or a bundle"
        )
    return files


def _on_disk(path: Path) -> CaptureSource:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        try:
            with path.open("rb") as stream:
                yield stream
        except OSError as error:
            raise CaptureFormatError(
                f"cannot read {path}: {type(error).__name__}",
                "check the path and its permissions",
            ) from None

    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # opening it says what is wrong
    return CaptureSource(path, size, opened, plain=True)


def _in_bundle(path: Path, checking: Progress) -> list[CaptureSource]:
    findings = verify(path, checking).findings
    if findings:

        def refused() -> NoReturn:
            raise BundleError(
                f"{path.name} is refused: {findings[0].rule} ({findings[0].place})",
                "see all findings with 'pawwork-proxy bundle verify', and ask for a new bundle",
            )

        return [CaptureSource(path, 0, refused)]
    with opened_bundle(path) as archive:
        members = [
            (info.filename, info.file_size)
            for info in archive.infolist()
            if CAPTURE_MEMBER.fullmatch(info.filename)
        ]

    def opener(name: str) -> Callable[[], AbstractContextManager[BinaryIO]]:
        @contextmanager
        def opened() -> Iterator[BinaryIO]:
            with opened_bundle(path) as archive, archive.open(name) as stream:
                yield stream  # type: ignore[misc]  # a binary reader in all that is used of it

        return opened

    return [CaptureSource(path / name, size, opener(name)) for name, size in members]
