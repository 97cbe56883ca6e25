"""Files at addresses: objects of `s3://BUCKET/KEY`, and what `https://` names.

Each is fetched once into a private folder that lives as long as this process. Invariants: only the
server that the user named is asked, over TLS that is verified, and no redirect of a web server is
followed; credentials are those of the environment; no message holds a query, which may be a
signature, or a text of a server.
"""

import atexit
import os
import re
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache, partial
from itertools import count, takewhile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pawwork_proxy.errors import CaptureFormatError, ConfigurationError

if TYPE_CHECKING:
    from obstore.store import S3Store

MOST_BYTES = 4 * 2**30
"""Of one file."""
PATIENCE_S = 60
"""For a server that says nothing."""
_CHUNK_BYTES = 2**20
_ADDRESS = re.compile(r"(s3|https?):/+(.+)", re.DOTALL)
_PATTERN = re.compile(r"[*?[]")
_LIBRARIES = ("builtins", "http", "obstore", "socket", "ssl", "urllib")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_REASONS = {
    "EOFError": "it was cut off",
    "FileNotFoundError": "there is nothing",
    "PermissionDeniedError": "access is denied",
    "SSLCertVerificationError": "nobody whom this machine trusts has signed its certificate",
    "UnauthenticatedError": "access is denied",
}
_number = count(1)


class Remote(NamedTuple):
    """A file that is not here yet: its name for people, and the bytes of it."""

    shown: Path
    pieces: Callable[[], Iterable[bytes]]


class Found(NamedTuple):
    """What is at an address, and whether the address is a folder, of which nobody named a file."""

    files: Sequence[Remote]
    folder: bool = False


def address_of(path: Path) -> str | None:
    """The address that a path is, if it is one: a path has a single slash where two were typed."""
    match = _ADDRESS.fullmatch(path.as_posix())
    return f"{match[1]}://{match[2]}" if match else None


def found_at(address: str) -> Found:
    """What is at an address: a file, the objects of a pattern, or all of a folder; unread.

    A folder is an address in object storage whose last part has no ending. Raises
    CaptureFormatError when the server cannot be asked, ConfigurationError without the extra.
    """
    scheme, _, rest = address.partition("://")
    if scheme == "s3":
        bucket, _, key = rest.partition("/")
        return _in_bucket(bucket, key)
    shown = Path(address.partition("?")[0])
    if scheme == "http":
        raise CaptureFormatError(
            f"{address.partition('?')[0]} is fetched over TLS only", "begin the address with https"
        )
    return Found([Remote(shown, partial(_downloaded, address))])


def fetch(remote: Remote) -> Path:
    """The file in the private folder. Raises CaptureFormatError when it cannot be fetched."""
    name = re.sub(r"[^\w.-]", "_", remote.shown.name)
    path = _folder() / str(next(_number)) / name
    path.parent.mkdir()
    size = 0
    with path.open("wb") as file:
        for piece in _named(remote.shown, remote.pieces):
            size += len(piece)
            if size > MOST_BYTES:
                raise CaptureFormatError(
                    f"{_address(remote.shown)} is larger than {MOST_BYTES >> 20} MiB",
                    "fetch it yourself, and name the file",
                )
            file.write(piece)
    return path


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="pawwork-remote-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _named(shown: Path, asked: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """What a server gives; whatever goes wrong is said in our words."""
    try:
        yield from asked()
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise CaptureFormatError(
            f"cannot fetch {_address(shown)}: {_reason(error)}",
            "check the address, the network and the credentials",
        ) from None


def _address(shown: Path) -> str:
    """An address as it was given: a path keeps one of two slashes."""
    return shown.as_posix().replace(":/", "://", 1)


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None)  # of urllib
    if isinstance(reason, BaseException):
        error = reason
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return f"the server answered {code}"
    return _REASONS.get(type(error).__name__, "the server cannot be reached, or fails")


def _downloaded(address: str) -> Iterator[bytes]:
    from urllib.error import HTTPError  # noqa: PLC0415
    from urllib.request import HTTPRedirectHandler, HTTPSHandler, build_opener  # noqa: PLC0415

    import certifi  # noqa: PLC0415

    class Stay(HTTPRedirectHandler):
        """Goes nowhere else: a redirect is an answer like any other that is no file."""

        def redirect_request(self, *_: object) -> None:
            return None

    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    opener = build_opener(HTTPSHandler(context=trusted), Stay)
    try:
        answer = opener.open(address, timeout=PATIENCE_S)
    except HTTPError as error:
        error.close()  # it holds the connection
        raise
    with answer:
        yield from iter(lambda: answer.read(_CHUNK_BYTES), b"")
        if answer.length:
            raise EOFError


def _in_bucket(bucket: str, key: str) -> Found:
    store = _store(bucket)

    def remote(name: str) -> Remote:
        return Remote(Path(f"s3://{bucket}/{name}"), lambda: _object(store, name))

    pattern = key.split("/")
    if not _PATTERN.search(key) and PurePosixPath(key).suffix:
        return Found([remote(key)])
    fixed = list(takewhile(lambda part: not _PATTERN.search(part), pattern))
    shown = Path(f"s3://{bucket}/{key}")
    names = sorted(_named(shown, lambda: _listed(store, "/".join(fixed).strip("/"))))
    if not _PATTERN.search(key):
        return Found([remote(name) for name in names], folder=True)
    return Found([remote(name) for name in names if _matches(name.split("/"), pattern)])


def _store(bucket: str) -> "S3Store":
    try:
        from obstore.store import S3Store  # noqa: PLC0415  an optional extra
    except ImportError:
        raise ConfigurationError(
            "object storage (s3://) is read with obstore, which is not installed",
            "start it with 'scripts/run.py --with lake', or install the extra "
            "(pip install 'pawwork-proxy[lake]'), or fetch the files yourself",
        ) from None
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
    return S3Store(
        bucket,
        # Who has no key asks as anybody: else services of clouds would be asked for one.
        skip_signature="AWS_ACCESS_KEY_ID" not in os.environ,
        client_options={
            "allow_http": endpoint in _LOOPBACK,
            "timeout": timedelta(hours=1),  # for the whole of a file
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=PATIENCE_S)},
    )


def _listed(store: "S3Store", prefix: str) -> Iterator[str]:
    import obstore  # noqa: PLC0415

    for several in obstore.list(store, prefix or None, chunk_size=1000):
        yield from (meta["path"] for meta in several)


def _object(store: "S3Store", key: str) -> Iterator[bytes]:
    import obstore  # noqa: PLC0415

    yield from obstore.get(store, key).stream(_CHUNK_BYTES)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a pattern means a key; in it `**` is any folders, at the end anything below."""
    if not pattern:
        return not parts
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(_matches(parts[at:], rest or ["*"]) for at in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], first) and _matches(parts[1:], rest)
