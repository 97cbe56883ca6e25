"""Captures wherever they are: files, packed or not, folders, patterns, addresses, inside bundles.

Invariants: nothing of a bundle is read before `bundle.verify` has found it in order, and nothing is
unpacked to disk. What cannot be read never hides the rest: it is left out and named, and is an
error only when nothing is left; every command goes by `Unreadable` and `nothing_left`. Each capture
counts once: every command that counts or lists exchanges takes its captures through `each_once`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn, TypeVar

from pawwork_proxy.captures.completeness import MOST_NAMED, counted, named
from pawwork_proxy.captures.files import (
    ARCHIVES,
    PART,
    archives_in,
    is_nothing,
    is_read,
    source_files,
)
from pawwork_proxy.captures.lines import read_view
from pawwork_proxy.captures.packed import PACKED, opened_packed
from pawwork_proxy.captures.reader import Lines, cannot_read, opened_capture, view_capture
from pawwork_proxy.captures.remote import address_of, fetch, found_at
from pawwork_proxy.errors import BundleError, CaptureFormatError, PawworkProxyError
from pawwork_proxy.model.capture import Header
from pawwork_proxy.model.manifest import CAPTURE_MEMBER
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.verification.findings import Progress
from pawwork_proxy.verification.opening import is_sealed, opened_bundle

_Made = TypeVar("_Made")
DECRYPT = "age -d -i KEYFILE FILE.zip.age > FILE.zip"
"""What opens a sealed bundle for whom it was sealed."""


class CaptureSource(NamedTuple):
    """One capture to read: its name for people, its size, and how to open it."""

    path: Path
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]
    part: Path | None = None
    """The file, if it is a part of a data set: `captures.lake` reads it, and opening it fails."""


class Unreadable(NamedTuple):
    """A source that is left out, and why."""

    path: Path
    error: PawworkProxyError

    @property
    def reason(self) -> str:
        """Why, without the file's name: files with the same trouble have the same reason."""
        words = self.error.message.removesuffix(f" at {self.path}")
        for name in (str(self.path), self.path.name):
            words = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "it", words, count=1)
        return words


def each_readable(
    sources: Iterable[CaptureSource],
    read: Callable[[CaptureSource], _Made],
    remarks: list[str],
    language: Language = ENGLISH,
) -> Iterator[_Made]:
    """What `read` makes of each source that can be read; `remarks` says at the end what cannot.

    Raises what `nothing_left` says when there is none.
    """
    unreadable: list[Unreadable] = []
    found = False
    for source in sources:
        try:
            made = read(source)
        except PawworkProxyError as error:
            unreadable.append(Unreadable(source.path, error))
        else:
            found = True
            yield made
    if not found:
        raise nothing_left(unreadable)
    remarks += left_out(unreadable, language)


def left_out(unreadable: Iterable[Unreadable], language: Language = ENGLISH) -> Iterator[str]:
    """File and reason in one line; files that share a reason are counted where they are many."""
    reasons = [(one.path.name, one.reason) for one in unreadable]
    together: dict[str, list[str]] = {}
    for name, reason in reasons:
        together.setdefault(reason, []).append(name)
    for name, reason in reasons:
        names = together[reason]
        if len(names) <= MOST_NAMED:
            yield language.say("{name}: left out, {reason}.", name=name, reason=reason)
        elif name == names[0]:
            yield language.say(
                "{number} files ({names}): left out, {reason}.",
                number=counted(len(names)),
                names=named(names, language),
                reason=reason,
            )


def nothing_left(unreadable: Sequence[Unreadable]) -> PawworkProxyError:
    """The error when no capture could be read: with each file's reason, and what would help.

    Its kind, and so the exit code, is that of the files where they agree.
    """
    errors = [one.error for one in unreadable]
    if len(errors) == 1:
        return errors[0]
    kinds = {type(error) for error in errors}
    hints = {error.hint for error in errors}
    kind = kinds.pop() if len(kinds) == 1 else CaptureFormatError
    return kind(
        "no capture could be read: " + " ".join(left_out(unreadable)),
        hints.pop() if len(hints) == 1 else "give a capture-….jsonl written by 'pawwork-proxy run'",
    )


def capture_sources(
    paths: Iterable[Path], checking: Progress = lambda *_: None
) -> list[CaptureSource]:
    """The captures at `paths`, unread, each once.

    Opening a source says what is wrong with it: CaptureFormatError, also when there is nothing at
    a path, or BundleError for a bundle that is not in order.
    """
    sources: dict[Path, CaptureSource] = {}
    for path in paths:
        for source in _sources(path, checking):
            sources.setdefault(source.path, source)
    return list(sources.values())


def each_once(
    sources: Iterable[CaptureSource], remarks: list[str], language: Language = ENGLISH
) -> list[CaptureSource]:
    """Each capture once: of several copies the one with most exchanges, of equal ones the first.

    Sources that cannot be read stay, so that whoever reads them says why. Only of copies more than
    the header is read.
    """
    same: dict[object, list[CaptureSource]] = {}
    for source in sources:
        same.setdefault(_capture_id(source) or source.path, []).append(source)
    kept: list[CaptureSource] = []
    copies: list[tuple[str, str]] = []
    for group in same.values():
        fullest = group[0] if len(group) == 1 else max(group, key=_exchanges)
        kept.append(fullest)
        copies += [(one.path.name, fullest.path.name) for one in group if one is not fullest]
    if len(copies) > MOST_NAMED:
        names = named([gone for gone, _ in copies], language)
        number = counted(len(copies))
        remarks.append(
            language.say(
                "{number} files ({names}) are copies, counted once.", number=number, names=names
            )
        )
    else:
        remarks += [
            language.say(
                "{name}: the same capture as {other}, counted once.", name=gone, other=stays
            )
            for gone, stays in copies
        ]
    return kept


def header_of(source: CaptureSource) -> Header | None:
    """The header of a capture; None where there is none. Raises as opening the source does."""
    with source.open() as stream:
        lines = Lines(stream, source.path, read_view)
        return next((line for line in lines if isinstance(line, Header)), None)


def _capture_id(source: CaptureSource) -> str | None:
    try:
        header = header_of(source)
    except PawworkProxyError:
        return None
    return header.capture_id if header else None


def _exchanges(source: CaptureSource) -> int:
    with source.open() as stream:
        return view_capture(source.path, stream).count


def _sources(path: Path, checking: Progress) -> Iterator[CaptureSource]:
    address = address_of(path)
    if address is not None:
        yield from _remote(address, path, checking)
        return
    files = source_files(path)
    passed_over = [file for file in archives_in(path) if file not in files]
    for file in files:
        yield from _in_file(file, file, checking)
    yield from map(_not_named_as_bundle, passed_over)
    if not files and not passed_over:
        yield _nothing_at(path)


def _remote(address: str, path: Path, checking: Progress) -> Iterator[CaptureSource]:
    """What is at an address, fetched; in a folder, what would be read of one here."""
    try:
        found, folder = found_at(address)
    except PawworkProxyError as error:
        yield _refused(path, error)
        return
    nothing = True
    for remote in found:
        shown = remote.shown
        known = not folder or is_read(shown)
        if not known and not shown.match(ARCHIVES):
            continue
        nothing = False
        if not known:
            yield _not_named_as_bundle(shown)
            continue
        try:
            file = fetch(remote)
        except CaptureFormatError as error:
            yield _refused(shown, error)
        else:
            yield from _in_file(file, shown, checking)
    if nothing:
        yield _nothing_at(path)


def _in_file(file: Path, shown: Path, checking: Progress) -> Iterator[CaptureSource]:
    """What is in a file that people call `shown`."""
    if is_sealed(file):
        sealed = f"{shown} is sealed: it can be read only once it is decrypted"
        yield _refused(shown, BundleError(sealed, DECRYPT))
    elif shown.suffix.lower() == ".zip":
        yield from _in_bundle(file, shown, checking)
    else:
        yield _on_disk(file, shown)


def _not_named_as_bundle(path: Path) -> CaptureSource:
    error = CaptureFormatError(
        f"{path} is not named as a support bundle (pawwork-support-….zip)",
        "name the file itself to have it read all the same",
    )
    return _refused(path, error)


def _nothing_at(path: Path) -> CaptureSource:
    error = CaptureFormatError(
        f"there is no capture at {path}", "name a capture, a folder of captures, or a bundle"
    )
    try:
        next(path.iterdir(), None)
    except OSError as closed:
        error = error if is_nothing(closed) else cannot_read(path, closed)
    return _refused(path, error)


def _on_disk(file: Path, shown: Path) -> CaptureSource:
    try:
        size = file.stat().st_size
    except OSError:
        size = 0  # opening it says what is wrong
    ending = shown.suffix.lower()
    if ending == PART:
        unfit = CaptureFormatError(
            f"{shown} is a part of a data set, which has no records",
            "only compare, report and status read data sets",
        )
        return _refused(shown, unfit)._replace(size=size, part=file)
    if ending in PACKED:
        return CaptureSource(shown, size, lambda: opened_packed(file, shown))
    return CaptureSource(shown, size, lambda: opened_capture(file))


def _refused(path: Path, error: PawworkProxyError) -> CaptureSource:
    def refuse() -> NoReturn:
        raise error

    return CaptureSource(path, 0, refuse)


def _in_bundle(path: Path, shown: Path, checking: Progress) -> list[CaptureSource]:
    """The captures of a bundle, by its name: each bundle calls its own by the same numbers."""
    from pawwork_proxy.verification.verify import verify  # noqa: PLC0415  slow to load

    findings = verify(path, checking).findings
    if findings:
        refusal = BundleError(
            f"{shown.name} is refused: {findings[0].rule} ({findings[0].place})",
            "see all findings with 'pawwork-proxy bundle verify', and ask for a new bundle",
        )
        return [_refused(shown, refusal)]
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

    if len(members) == 1:
        return [CaptureSource(shown, size, opener(name)) for name, size in members]
    return [
        CaptureSource(
            shown.with_name(f"{shown.name}:{name.rpartition('/')[2]}"), size, opener(name)
        )
        for name, size in members
    ]
