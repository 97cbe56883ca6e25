"""Private files of this user: keys, ids, certificates.

Invariants: folders 0700, files 0600, no symbolic link is followed, and a file appears whole or not
at all. On Windows the user profile's own access list protects them.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from pawwork_proxy.errors import ConfigurationError, reason_of

HOME_VARIABLE = "PAWWORK_PROXY_HOME"
_MAX_BYTES = 1024 * 1024


def private_home() -> Path:
    """The folder for everything private, made when missing."""
    return private_folder(private_place())


def private_place() -> Path:
    """Where that folder is: $PAWWORK_PROXY_HOME or the system's. Nothing is made or mended."""
    named = os.environ.get(HOME_VARIABLE)
    path = Path(named) if named else platformdirs.user_data_path("pawwork-proxy", appauthor=False)
    return path.expanduser().absolute()


def private_folder(path: Path) -> Path:
    """`path` as a folder only its owner can enter; ConfigurationError when that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            f"cannot use {path} as a private folder: {reason_of(error)}",
            f"set {HOME_VARIABLE} to a folder you own",
        ) from None
    return path


def read_private(path: Path) -> bytes | None:
    """Contents of a private file, or None when there is none.

    Raises ConfigurationError for a link, something that is no file, or one that cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_private) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "a pipe, a socket or a device")
            if os.name == "posix" and status.st_mode & 0o077:
                os.fchmod(file.fileno(), 0o600)
            return file.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from None


def _open_private(path: str, _: int) -> int:
    """Follows no link, and waits for nobody at the other end of a pipe."""
    names = ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
    return os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in names))


def write_private(path: Path, data: bytes) -> None:
    """Put a file in place, replacing what was there; ConfigurationError when that fails."""
    with _draft(path, data) as draft:
        draft.replace(path)


def create_private(path: Path, make: Callable[[], bytes]) -> bytes:
    """Contents of a private file, made once: whoever comes first wins, also between processes."""
    found = read_private(path)
    if found is not None:
        return found
    data = make()
    with _draft(path, data) as draft:
        try:
            # A hard link refuses an existing target, on every system we run on.
            os.link(draft, path)
        except FileExistsError:
            return read_private(path) or data
    return data


def remove_private(path: Path, content: bytes) -> None:
    """Remove a private file if it still has this content: another process may have replaced it."""
    taken = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.replace(taken)
        if read_private(taken) != content:
            with contextlib.suppress(FileExistsError):
                os.link(taken, path)
        taken.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(path, error) from None


def write_new(path: Path, data: bytes) -> None:
    """Write and sync a file of mode 0600; OSError when there is one already, or a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _draft(path: Path, data: bytes) -> Iterator[Path]:
    """A written and synced temporary file in the target's folder, gone afterwards."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        write_new(draft, data)
        yield draft
    except OSError as error:
        raise _unusable(path, error) from None
    finally:
        with contextlib.suppress(OSError):  # a file system that is read-only, for one
            draft.unlink()


def _unusable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot use the private file {path}: {reason_of(error)}",
        "check its owner and permissions, or move it away",
    )
