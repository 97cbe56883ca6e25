"""What `run` notes in the private folder while it listens, so that `doctor` finds it.

Invariant: the note of a process that has ended is removed by whoever reads it; that one which lives
still listens is for the reader to ask.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from pawwork_proxy import __version__
from pawwork_proxy.environment.private_files import read_private, write_private

_FOLDER = "running"


@dataclass(frozen=True)
class NotedRun:
    """A run of the proxy, as it has noted itself."""

    pid: int
    version: str
    mitmproxy: str
    installs: Mapping[str, int]
    """The port of each install."""
    capture: str
    upstream: str
    """Host and port that requests go to."""
    via: str | None = None
    """Address of the chained proxy, without its password."""
    via_password: bool = False
    """Whether it is given one."""


def this_run(
    installs: Mapping[str, int], capture: Path, upstream: str, via: str | None, *, password: bool
) -> NotedRun:
    """The note of a run in this process."""
    return NotedRun(
        pid=os.getpid(),
        version=__version__,
        mitmproxy=mitmproxy_version(),
        installs=installs,
        capture=str(capture),
        upstream=upstream,
        via=via,
        via_password=password,
    )


def mitmproxy_version() -> str:
    """The installed mitmproxy's version, without loading it."""
    return version("mitmproxy")


@contextmanager
def noted(home: Path, run: NotedRun) -> Iterator[None]:
    """The note of a run in the private folder `home`, while the block lasts."""
    note = home / _FOLDER / f"{run.pid}.json"
    write_private(note, json.dumps(asdict(run)).encode())
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def noted_runs(home: Path) -> tuple[NotedRun, ...]:
    """The notes of this user's runs whose process lives."""
    found = []
    for note in sorted((home / _FOLDER).glob("*.json")):
        if not (note.stem.isdecimal() and psutil.pid_exists(int(note.stem))):
            note.unlink(missing_ok=True)
            continue
        try:
            found.append(NotedRun(**json.loads(read_private(note) or b"")))
        except (ValueError, TypeError):
            continue  # of another version of this tool
    return tuple(found)
