"""Finds, and where it can installs, the tools beside Python that some tests need.

Invariant: a tool counts only after it was started and told its version.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from scripts._bootstrap import ROOT, exclusive

CLIENT_MANIFEST = ROOT / "tests" / "end_to_end" / "client" / "package.json"
"""Names the npm client and its exact version. No npm lock beside it: npm writes the address of
whatever registry it used into one."""

CLIENT_FOLDER = ROOT / ".tools" / "npm"

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)

_INSTALL_LIMIT_S = 600


class Missing(NamedTuple):
    """A tool that is not there, and how to get it."""

    what: str
    remedy: str


def find_chromium(environment: Mapping[str, str]) -> str | Missing:
    """Path of a Chromium or Chrome."""
    named = environment.get("PAWWORK_TEST_CHROMIUM")
    for name in [named] if named else CHROMIUM_NAMES:
        path = shutil.which(name, path=environment.get("PATH"))
        if path:
            return path
    return Missing(
        f"no Chromium at {named}" if named else "no Chromium or Chrome found",
        "on Debian: apt-get install chromium; or set PAWWORK_TEST_CHROMIUM",
    )


def find_client(environment: Mapping[str, str]) -> str | Missing:
    """Path of the real client's program, installed by npm into the checkout where needed."""
    package, version = client_wanted()
    named = environment.get("PAWWORK_TEST_CLIENT")
    if named:
        if _version_of(named) == version:
            return named
        return Missing(f"{named} is no {package} {version}", "correct PAWWORK_TEST_CLIENT")
    CLIENT_FOLDER.mkdir(parents=True, exist_ok=True)
    with exclusive(CLIENT_FOLDER):
        found = _installed_client(version)
        if found:
            return found
        npm = shutil.which("npm", path=environment.get("PATH"))
        if npm is None:
            return Missing(f"npm is not there to install {package}", "install Node.js with npm")
        problem = _install(npm)
        found = _installed_client(version)
    if found:
        return found
    return Missing(
        f"{package} {version} could not be installed by npm{problem}",
        "go online and start again; npm's own words: .tools/npm/install.log",
    )


def find_program(alias: str, environment: Mapping[str, str]) -> str | Missing:
    """Path of a runtime or an older client that the manifest names among its optional packages."""
    with exclusive(CLIENT_FOLDER):
        found = _installed_program(alias)
        if found is None and _differs(CLIENT_FOLDER / CLIENT_MANIFEST.name):
            npm = shutil.which("npm", path=environment.get("PATH"))
            if npm is not None:
                _install(npm)
                found = _installed_program(alias)
    what = f"{alias} could not be installed by npm"
    return found or Missing(what, "it is there for Linux on x64; else go online and start again")


def _installed_program(alias: str) -> str | None:
    folder = CLIENT_FOLDER / "node_modules" / alias / "bin"
    return next(
        (str(folder / name) for name in ("bun", "node", "opencode") if (folder / name).exists()),
        None,
    )


def _differs(installed: Path) -> bool:
    return not installed.exists() or installed.read_bytes() != CLIENT_MANIFEST.read_bytes()


def client_wanted(manifest: Path = CLIENT_MANIFEST) -> tuple[str, str]:
    """Name and exact version of the client that the manifest asks for."""
    ((package, version),) = json.loads(manifest.read_text(encoding="utf-8"))["dependencies"].items()
    return package, version


def client_programs(folder: Path) -> Iterable[Path]:
    """The client's programs for this machine's kind, as npm laid them down.

    The package `opencode-ai` itself holds a launcher that its install script puts right. npm 11
    runs no such scripts unasked; the platform packages hold the program without any.
    """
    programs = folder.glob("node_modules/opencode-*/bin/opencode*")
    return sorted(path for path in programs if path.name in {"opencode", "opencode.exe"})


def _installed_client(version: str) -> str | None:
    for program in client_programs(CLIENT_FOLDER):
        if program.parent.parent.name != "opencode-ai" and _version_of(str(program)) == version:
            return str(program)
    return None


def _version_of(program: str) -> str | None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        places = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home)
        places |= {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
        try:
            answer = subprocess.run(
                [program, "--version"],
                env={**os.environ, **places},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _install(npm: str) -> str:
    shutil.copyfile(CLIENT_MANIFEST, CLIENT_FOLDER / "package.json")
    command = [npm, "install", "--prefix", str(CLIENT_FOLDER), "--no-package-lock"]
    command += ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    with (CLIENT_FOLDER / "install.log").open("w", encoding="utf-8") as log:
        try:
            answer = subprocess.run(
                command,
                cwd=CLIENT_FOLDER,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=_INSTALL_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f" within {_INSTALL_LIMIT_S // 60} minutes"
    return f" (exit code {answer.returncode})" if answer.returncode else ""
