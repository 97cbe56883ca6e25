"""Runs pip: shows how far it is, and turns its failures into advice.

Standard library only. Invariant: what pip prints goes to a log file inside the environment; only
package names, counts and our own advice are shown, since its lines may name private mirrors.
"""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from scripts._messages import SetupError, say


class Failure(NamedTuple):
    """What pip prints when something is wrong, and what to do about it."""

    id: str
    signs: tuple[str, ...]
    hint: str
    example: str


# First match wins. The network's rows come before "no such version", which pip prints as well
# whenever it cannot reach an index.
FAILURES = (
    Failure(
        "disk-full",
        ("No space left on device", "[Errno 28]", "[WinError 112]"),
        "free about 600 MB of disk and try again",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    ),
    Failure(
        "hash",
        ("DO NOT MATCH THE HASHES",),
        "the package source serves other files than the lock file names; check the mirror in use",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
    ),
    Failure(
        "certificate",
        ("CERTIFICATE_VERIFY_FAILED", "SSLError"),
        "the connection's certificate is not trusted; name your CA file in PIP_CERT",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] ...",
    ),
    Failure(
        "proxy",
        ("ProxyError", "407 Proxy Authentication"),
        "the proxy in HTTPS_PROXY refuses; check its address and password",
        "WARNING: Retrying ... ProxyError('Cannot connect to proxy.', ...)",
    ),
    Failure(
        "offline",
        (
            "NewConnectionError",
            "NameResolutionError",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "Failed to establish a new connection",
            "Connection refused",
            "Max retries exceeded",
            "(from versions: none)",
        ),
        "the package index gives no answer: go online once, or set HTTPS_PROXY or "
        "PIP_INDEX_URL to a way that works here, then start again",
        "Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)'",
    ),
    Failure(
        "no-such-version",
        ("No matching distribution found",),
        "the package index in use lacks a version that the lock file names; try another index "
        "(PIP_INDEX_URL) or another Python (--python 3.12)",
        "ERROR: No matching distribution found for structlog==26.1.0",
    ),
    Failure(
        "compiler",
        ("Failed building wheel", "Failed to build", "Microsoft Visual C++"),
        "a package has no ready build for this Python and machine; try --python 3.12",
        "ERROR: Failed building wheel for pylsqpack",
    ),
)

# Settings that send packages elsewhere than into the environment, or add to what is installed.
_FOREIGN_SETTINGS = frozenset(
    {
        "PYTHONHOME",
        "PYTHONPATH",
        "__PYVENV_LAUNCHER__",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_REQUIREMENT",
        "PIP_EDITABLE",
        "PIP_LOG",
    }
)

_SHOW_EVERY = 20


def pip_install(python: Path, what: Path, log: Path, place: str) -> None:
    """Install a lock file, or the project in the folder `what`, with the pip of `python`.

    `log` receives pip's output, `place` is the environment's name for messages. Raises SetupError.
    """
    lock = what.is_file()
    arguments = (
        ["--require-hashes", "--requirement", str(what)]
        if lock
        else ["--no-build-isolation", "--no-index", "--editable", str(what)]
    )
    command = [str(python), "-I", "-m", "pip", "install", "--no-deps", "--no-input"]
    command += ["--progress-bar=off", "--disable-pip-version-check", *arguments]
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN_SETTINGS}
    process = subprocess.Popen(
        command,
        env=kept | {"PIP_USER": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    assert process.stdout is not None
    lines: list[str] = []
    progress = _Progress(_pinned(what) if lock else 0)
    try:
        with log.open("w", encoding="utf-8") as file:
            for line in process.stdout:
                file.write(line)
                lines.append(line)
                progress.see(line)
    except BaseException:
        process.terminate()
        raise
    finally:
        process.stdout.close()
        process.wait()
    if process.returncode:
        raise SetupError(
            f"installing {'the dependencies' if lock else 'pawwork-proxy itself'} failed",
            f"{advice(''.join(lines))} (pip's own words: {place}/{log.name})",
        )


def advice(output: str) -> str:
    """What to do about the failure that pip's output tells of."""
    for failure in FAILURES:
        if any(sign in output for sign in failure.signs):
            return failure.hint
    return "read pip's own words, mend what they name, and start again"


class _Progress:
    """Counts packages in pip's output and says now and then how many are there."""

    def __init__(self, named: int) -> None:
        self._expected = named
        self._seen = 0

    def see(self, line: str) -> None:
        if not self._expected:
            return
        if line.startswith("Ignoring "):
            self._expected -= 1
        elif line.startswith(("Collecting ", "Processing ", "Requirement already")):
            self._seen += 1
            if self._seen % _SHOW_EVERY == 0:
                say(f"fetching packages: {self._seen} of {self._expected}")
        elif line.startswith("Installing collected packages"):
            say(f"fetched; unpacking {self._expected} packages")


def _pinned(lock: Path) -> int:
    lines = lock.read_text(encoding="utf-8").splitlines()
    return sum("==" in line and line[:1].isalnum() for line in lines)
