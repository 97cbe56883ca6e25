"""Appends lines to one capture file.

Invariants: one `write` call per line, so a kill tears at most the last line; the file is 0600 and
never an existing one or a link; `append` never raises. A line that cannot be written is counted,
and the count is itself written as soon as writing works again.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pawwork_proxy.errors import ConfigurationError, reason_of
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import Header, Note, NoteEvent

_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


def capture_name(started_at: datetime, capture_id: str) -> str:
    """File name that sorts by start time and says nothing about the machine."""
    return f"capture-{started_at:%Y%m%dT%H%M%SZ}-{capture_id[-8:]}.jsonl"


def _keep_out_of_git(folder: Path) -> None:
    """Have git ignore a folder that is there for captures alone; any other stays as it is."""
    with contextlib.suppress(OSError):
        if all(path.name.startswith("capture-") for path in folder.iterdir()):
            with os.fdopen(os.open(folder / ".gitignore", _FLAGS, 0o600), "wb") as file:
                file.write(b"*\n")


class CaptureWriter:
    """The one writer of a run's capture; `lost` counts lines that never reached the file."""

    def __init__(self, folder: Path, header: Header, clock: Callable[[], datetime]) -> None:
        """Create the file and write its header; ConfigurationError when the folder is unusable."""
        self.path = folder / capture_name(header.started_at, header.capture_id)
        self.lost = 0
        self._unreported = 0
        self._clock = clock
        self._torn = False
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _keep_out_of_git(folder)
            self._fd = os.open(self.path, _FLAGS, 0o600)
            os.write(self._fd, line_of(header))
        except OSError as error:
            raise ConfigurationError(
                f"cannot write a capture into {folder}: {reason_of(error)}",
                "choose a folder you may write to with --captures FOLDER",
            ) from None

    def append(self, line: bytes, weight: int = 1) -> bool:
        """Write one line; False when it is lost (`weight` says how many exchanges that loses)."""
        if self._unreported and not self._report_loss():
            self.lose(weight)
            return False
        if self._write(line, look=weight > 0):
            return True
        self.lose(weight)
        return False

    def append_all(self, lines: Sequence[tuple[bytes, int]]) -> bool:
        """Write several lines, each with its weight, at once if that can be; False if one is lost.

        Where that fails each gets its own try, unless parts of them are in the file and stay there.
        """
        if len(lines) > 1 and not self._unreported:
            if self._write(b"".join([line for line, _ in lines])):
                return True
            if self._torn:
                self.lose(sum(weight for _, weight in lines))
                return False
        kept = [self.append(line, weight) for line, weight in lines]
        return all(kept)

    def on_disk(self) -> None:
        """What a request waits for whose line was appended last: nothing, it is written."""

    def note(self, event: NoteEvent, count: int) -> bool:
        """Write how often something happened to the run; False when that is lost."""
        return self._write(line_of(Note(at=self._clock(), event=event, count=count)))

    def close(self, end: Noun) -> None:
        """Write the end line and make it durable; closing twice is harmless."""
        if self._fd < 0:
            return
        self.append(line_of(end), weight=0)
        with contextlib.suppress(OSError):  # a full or vanished disk: `lost` has said it
            os.fsync(self._fd)
        with contextlib.suppress(OSError):  # a disk on the network may say so only here
            os.close(self._fd)
        self._fd = -1

    def lose(self, weight: int) -> None:
        """Count exchanges that have no line; the capture says so as soon as it can be written."""
        self.lost += weight
        self._unreported += weight

    def _report_loss(self) -> bool:
        if not self.note("records_lost", self._unreported):
            return False
        self._unreported = 0
        return True

    def _write(self, line: bytes, *, look: bool = True) -> bool:
        """One write, whole or undone: a part that went out is cut off again.

        `look`: first see whether the file is still there; once for each record is enough.
        """
        try:
            if look and os.fstat(self._fd).st_nlink == 0:
                self._restore()
            whole = b"\n" + line if self._torn else line
            written = os.write(self._fd, whole)
        except OSError:
            return False
        if written == len(whole):
            self._torn = False
            return True
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError:
            self._torn = True
        return False

    def _restore(self) -> None:
        """Somebody removed the file under us: put what it held back in its place.

        On POSIX the open descriptor still reads the removed file. OSError when the place cannot
        be written (yet); the next line tries again.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        fresh = os.open(draft, _FLAGS, 0o600)
        try:
            with os.fdopen(os.dup(self._fd), "rb") as old, os.fdopen(os.dup(fresh), "wb") as new:
                old.seek(0)
                shutil.copyfileobj(old, new)
            draft.replace(self.path)
        except OSError:
            os.close(fresh)
            draft.unlink(missing_ok=True)
            raise
        os.close(self._fd)
        self._fd = fresh
